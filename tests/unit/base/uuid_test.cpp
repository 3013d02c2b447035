#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

namespace eventodb::base {
namespace {

std::string text_of(const Uuid& id) {
  std::string text(kUuidTextBytes, '?');
  format_uuid(id, text.data());
  return text;
}

TEST(Uuid, ReadsBothCasesAndWritesLowerCase) {
  const auto id = parse_uuid("0190A8F1-7C3e-7ABC-9def-0123456789AB");
  ASSERT_TRUE(id.has_value());
  EXPECT_EQ(text_of(*id), "0190a8f1-7c3e-7abc-9def-0123456789ab");
  EXPECT_EQ(id->bytes[0], 0x01);
  EXPECT_EQ(id->bytes[15], 0xab);
}

TEST(Uuid, RefusesEveryOtherForm) {
  for (const auto* text :
       {"", "0190a8f1", "0190a8f17c3e7abc9def0123456789ab",
        "{0190a8f1-7c3e-7abc-9def-0123456789ab}", "urn:uuid:0190a8f1-7c3e-7abc-9def-0123456789ab",
        "0190a8f1-7c3e-7abc-9def-0123456789a", "0190a8f1-7c3e-7abc-9def-0123456789abc",
        "0190a8f1-7c3e-7abc-9def-0123456789ag", "0190a8f1-7c3e-7abc-9def_0123456789ab",
        "0190a8f-17c3e-7abc-9def-0123456789ab", "0190a8f1-7c3e-7abc-9def- 123456789ab",
        "------------------------------------"}) {
    EXPECT_FALSE(parse_uuid(text).has_value()) << text;
  }
}

TEST(Uuid, OrderOfBytesIsOrderOfTexts) {
  std::vector<Uuid> ids;
  for (int i = 0; i < 256; ++i) ids.push_back(make_uuid_v7());
  ids.push_back(*parse_uuid("ffffffff-ffff-ffff-ffff-ffffffffffff"));
  ids.push_back(*parse_uuid("80000000-0000-0000-0000-000000000000"));
  ids.push_back(Uuid{});
  std::sort(ids.begin(), ids.end());
  EXPECT_TRUE(std::is_sorted(ids.begin(), ids.end(),
                             [](auto& a, auto& b) { return text_of(a) < text_of(b); }));
}

TEST(UuidV7, HasVersionVariantAndTheTime) {
  using std::chrono::milliseconds;
  const auto now = [] {
    return std::chrono::duration_cast<milliseconds>(
               std::chrono::system_clock::now().time_since_epoch())
        .count();
  };
  const auto before = now();
  const Uuid id = make_uuid_v7();
  std::int64_t ms = 0;
  for (std::size_t i = 0; i < 6; ++i) ms = ms << 8 | id.bytes[i];
  EXPECT_GE(ms, before);
  EXPECT_LE(ms, now() + 1) << "at most the counter's spill ahead";
  EXPECT_EQ(id.bytes[6] >> 4, 7);
  EXPECT_EQ(id.bytes[8] >> 6, 2);
  EXPECT_EQ(parse_uuid(text_of(id)), id);
}

TEST(UuidV7, SortsInTheOrderOfTheCalls) {
  Uuid last = make_uuid_v7();
  for (int i = 0; i < 200'000; ++i) {
    const Uuid next = make_uuid_v7();
    ASSERT_LT(last, next);
    last = next;
  }
}

TEST(UuidV7, ThreadsNeverMakeTheSameId) {
  constexpr std::size_t kEach = 20'000;
  std::vector<Uuid> ids(4 * kEach);
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t i = 0; i < kEach; ++i) ids[t * kEach + i] = make_uuid_v7();
    });
  }
  for (auto& thread : threads) thread.join();
  std::sort(ids.begin(), ids.end());
  EXPECT_EQ(std::adjacent_find(ids.begin(), ids.end()), ids.end());
}

}  // namespace
}  // namespace eventodb::base
