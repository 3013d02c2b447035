#include <gtest/gtest.h>

#include <cstring>
#include <string>
#include <vector>

#include "store/log/message_log.hpp"
#include "store/log/spare_memory.hpp"

namespace eventodb::store {
namespace {

TEST(SpareMemory, IsHandedOutAgainToObjectsOfAboutTheSameSize) {
  SpareMemory spares;
  void* first = spares.take(100);
  void* other = spares.take(300);
  spares.give(first, 100);
  spares.give(other, 300);
  EXPECT_EQ(spares.bytes(), 128U + 320U);
  EXPECT_EQ(spares.take(128), first);
  EXPECT_EQ(spares.take(257), other);
  EXPECT_EQ(spares.bytes(), 0U);
  std::memset(first, 'x', 128);
  std::memset(other, 'x', 257);
  spares.give(first, 128);
  spares.give(other, 257);
}

TEST(SpareMemory, KeepsNeitherMuchNorLargeObjects) {
  SpareMemory spares;
  std::vector<void*> many;
  for (int i = 0; i < 10'000; ++i) many.push_back(spares.take(200));
  for (void* memory : many) spares.give(memory, 200);
  EXPECT_GT(spares.bytes(), 16U * 1024);
  EXPECT_LE(spares.bytes(), 32U * 1024);
  const std::size_t before = spares.bytes();
  spares.give(spares.take(5'000), 5'000);
  EXPECT_EQ(spares.bytes(), before);
}

}  // namespace
}  // namespace eventodb::store
