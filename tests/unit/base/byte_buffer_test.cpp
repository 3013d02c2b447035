#include "base/byte_buffer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>

namespace eventodb::base {
namespace {

TEST(ByteBuffer, StartsEmptyWithoutMemory) {
  ByteBuffer buffer;
  EXPECT_TRUE(buffer.empty());
  EXPECT_EQ(buffer.capacity(), 0U);
  EXPECT_EQ(buffer.view(), "");
  buffer.append("");
  EXPECT_EQ(buffer.capacity(), 0U);
}

TEST(ByteBuffer, GrowsAndKeepsItsContent) {
  ByteBuffer buffer;
  std::string expected;
  for (int i = 0; i < 3000; ++i) {
    buffer.append(std::to_string(i));
    buffer.append(' ');
    expected += std::to_string(i) + " ";
  }
  EXPECT_EQ(buffer.view(), expected);
}

TEST(ByteBuffer, ClearKeepsTheMemory) {
  ByteBuffer buffer;
  buffer.append(std::string(5000, 'x'));
  const char* memory = buffer.data();
  const std::size_t capacity = buffer.capacity();
  buffer.clear();
  EXPECT_TRUE(buffer.empty());
  buffer.append(std::string(5000, 'y'));
  EXPECT_EQ(buffer.data(), memory);
  EXPECT_EQ(buffer.capacity(), capacity);
}

TEST(ByteBuffer, PaddingBehindTheCapacityIsZero) {
  ByteBuffer buffer(1000);
  std::memset(buffer.prepare(buffer.capacity()), 'x', buffer.capacity());
  buffer.commit(buffer.capacity());
  const char* end = buffer.data() + buffer.size();
  for (std::size_t i = 0; i < ByteBuffer::kPadding; ++i) EXPECT_EQ(end[i], '\0');
}

TEST(ByteBuffer, PreparedBytesCountOnlyWhenCommitted) {
  ByteBuffer buffer;
  std::memcpy(buffer.prepare(10), "0123456789", 10);
  EXPECT_TRUE(buffer.empty());
  buffer.commit(4);
  EXPECT_EQ(buffer.view(), "0123");
  buffer.truncate(2);
  EXPECT_EQ(buffer.view(), "01");
}

TEST(ByteBuffer, ConsumeMovesTheRestToTheFront) {
  ByteBuffer buffer;
  buffer.append("GET /a HTTP");
  buffer.consume(4);
  EXPECT_EQ(buffer.view(), "/a HTTP");
  buffer.consume(0);
  EXPECT_EQ(buffer.view(), "/a HTTP");
  buffer.consume(buffer.size());
  EXPECT_TRUE(buffer.empty());
}

TEST(ByteBuffer, GivesAGiantBack) {
  ByteBuffer buffer(100'000);
  buffer.append('x');
  buffer.shrink_above(1000);
  EXPECT_GE(buffer.capacity(), 100'000U) << "not while it holds something";
  buffer.clear();
  buffer.shrink_above(200'000);
  EXPECT_GE(buffer.capacity(), 100'000U) << "not below the mark";
  buffer.shrink_above(1000);
  EXPECT_EQ(buffer.capacity(), 0U);
  buffer.append("again");
  EXPECT_EQ(buffer.view(), "again");
}

TEST(ByteBuffer, MovesItsMemory) {
  ByteBuffer first;
  first.append("content");
  const char* memory = first.data();
  ByteBuffer second(std::move(first));
  EXPECT_EQ(second.data(), memory);
  ByteBuffer third;
  third = std::move(second);
  EXPECT_EQ(third.view(), "content");
}

}  // namespace
}  // namespace eventodb::base
