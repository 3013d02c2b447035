#include "subscription/event_text.hpp"

#include <gtest/gtest.h>

#include <cstdio>
#include <optional>
#include <string>
#include <vector>

#include "eventodb/limits.hpp"
#include "eventodb/stream_name.hpp"
#include "subscription/buffer_pool.hpp"

namespace eventodb::subscription {
namespace {

MessageView example() {
  MessageView message;
  message.stream = "account-123";
  message.type = "Opened";
  message.data = R"({"a":1})";
  message.position = {5};
  message.global_position = {1234};
  message.id = *base::parse_uuid("018f0000-0000-7000-8000-000000000001");
  message.time = {1'700'000'000'250'000};
  return message;
}

std::string chunk(std::string_view text) {
  char size[20];
  std::snprintf(size, sizeof(size), "%zx\r\n", text.size());
  return size + std::string(text) + "\r\n";
}

constexpr std::string_view kPoke =
    "event: poke\ndata: {\"stream\":\"account-123\",\"position\":5,\"globalPosition\":1234}\n\n";
constexpr std::string_view kMessage =
    "event: message\nid: 1234\ndata: [\"018f0000-0000-7000-8000-000000000001\",\"account-123\","
    "\"Opened\",5,1234,{\"a\":1},null,\"2023-11-14T22:13:20.25Z\"]\n\n";

TEST(EventText, RendersAPokeByteForByte) {
  base::ByteBuffer out;
  append_poke(out, example(), Framing::kPlain);
  EXPECT_EQ(out.view(), kPoke);
  out.clear();
  append_poke(out, example(), Framing::kChunked);
  EXPECT_EQ(out.view(), chunk(kPoke));
}

TEST(EventText, RendersAMessageByteForByte) {
  base::ByteBuffer out;
  append_message_event(out, example(), Framing::kPlain);
  EXPECT_EQ(out.view(), kMessage);
  out.clear();
  append_message_event(out, example(), Framing::kChunked);
  EXPECT_EQ(out.view(), chunk(kMessage));
}

TEST(EventText, RendersCommentAndEnd) {
  base::ByteBuffer out;
  append_comment(out, "ready", Framing::kPlain);
  append_end(out, Framing::kPlain);
  EXPECT_EQ(out.view(), ": ready\n\n");
  out.clear();
  append_comment(out, "ready", Framing::kChunked);
  append_end(out, Framing::kChunked);
  EXPECT_EQ(out.view(), "9\r\n: ready\n\n\r\n0\r\n\r\n");
}

TEST(EventText, FramesEventsOfEverySize) {
  for (const std::size_t bytes : {1u, 100u, 4000u, 70'000u, 1'100'000u}) {
    const std::string data = "{\"a\":\"" + std::string(bytes, 'x') + "\"}";
    MessageView message = example();
    message.data = data;
    base::ByteBuffer plain, framed;
    append_message_event(plain, message, Framing::kPlain);
    framed.append("before");
    append_message_event(framed, message, Framing::kChunked);
    EXPECT_EQ(framed.view(), "before" + chunk(plain.view())) << bytes;
  }
}

TEST(EventText, EscapesNamesSoThatAnEventStaysOneLine) {
  MessageView message = example();
  message.stream = "a\n\n-\"\\\r";
  base::ByteBuffer out;
  append_poke(out, message, Framing::kPlain);
  EXPECT_EQ(out.view(),
            "event: poke\ndata: {\"stream\":\"a\\n\\n-\\\"\\\\\\r\",\"position\":5,"
            "\"globalPosition\":1234}\n\n");
}

TEST(SharedEvent, GivesEachFormAsItsOwnRenderer) {
  SharedEvent event;
  event.reset(example());
  base::ByteBuffer out;
  for (int repeat = 0; repeat < 2; ++repeat) {
    event.append_to(out, false, Framing::kChunked);
    EXPECT_EQ(out.view(), chunk(kPoke));
    out.clear();
    event.append_to(out, true, Framing::kChunked);
    EXPECT_EQ(out.view(), chunk(kMessage));
    out.clear();
    event.append_to(out, false, Framing::kPlain);
    EXPECT_EQ(out.view(), kPoke);
    out.clear();
    event.append_to(out, true, Framing::kPlain);
    EXPECT_EQ(out.view(), kMessage);
    out.clear();
  }
}

TEST(SharedEvent, ForgetsThePreviousMessage) {
  SharedEvent event;
  event.reset(example());
  base::ByteBuffer out;
  event.append_to(out, false, Framing::kChunked);
  EXPECT_EQ(event.group_hash(), group_hash_of("account-123"));
  MessageView other = example();
  other.stream = "account";
  event.reset(other);
  EXPECT_EQ(event.group_hash(), std::nullopt);
  out.clear();
  event.append_to(out, false, Framing::kPlain);
  base::ByteBuffer expected;
  append_poke(expected, other, Framing::kPlain);
  EXPECT_EQ(out.view(), expected.view());
}

TEST(BufferPool, GivesMemoryAgain) {
  BufferPool pool;
  auto buffer = pool.take();
  buffer.append("text");
  const char* memory = buffer.data();
  pool.give_back(std::move(buffer));
  EXPECT_GT(pool.spare_bytes(), 0u);
  const auto again = pool.take();
  EXPECT_EQ(again.data(), memory);
  EXPECT_TRUE(again.empty());
  EXPECT_EQ(pool.spare_bytes(), 0u);
}

TEST(BufferPool, KeepsABoundedAmount) {
  BufferPool pool;
  std::vector<base::ByteBuffer> taken;
  for (int i = 0; i < 100; ++i) {
    taken.push_back(pool.take());
    taken.back().reserve(limits::kSubscriberBufferBytes);
  }
  for (auto& buffer : taken) pool.give_back(std::move(buffer));
  EXPECT_LE(pool.spare_bytes(), limits::kSpareEventBytesMax);
  EXPECT_GE(pool.spare_bytes(), limits::kSpareEventBytesMax - limits::kSubscriberBufferBytes);
}

}  // namespace
}  // namespace eventodb::subscription
