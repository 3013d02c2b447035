#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <random>
#include <set>
#include <vector>

#include "store/log/hash_index.hpp"

namespace eventodb::store {
namespace {

const auto any_value = [](std::uint64_t) { return true; };

void add(HashIndex& index, std::uint64_t hash, std::uint64_t value) {
  index.reserve_one();
  index.insert(hash, value);
}

bool has(const HashIndex& index, std::uint64_t hash, std::uint64_t value) {
  return index.find(hash, [value](std::uint64_t found) { return found == value; }) != nullptr;
}

TEST(HashIndex, IsEmptyAndWithoutMemoryAtFirst) {
  HashIndex index;
  EXPECT_EQ(index.size(), 0U);
  EXPECT_EQ(index.bytes(), 0U);
  EXPECT_EQ(index.find(1, any_value), nullptr);
  EXPECT_FALSE(index.erase(1, 2));
}

TEST(HashIndex, KeepsValuesOfOneHashApart) {
  HashIndex index;
  for (std::uint64_t value = 10; value < 20; ++value) add(index, 7, value);
  for (std::uint64_t value = 10; value < 20; ++value) EXPECT_TRUE(has(index, 7, value));
  EXPECT_TRUE(index.erase(7, 13));
  EXPECT_FALSE(has(index, 7, 13));
  EXPECT_FALSE(index.erase(7, 13));
  EXPECT_FALSE(index.erase(8, 14)) << "another hash";
  EXPECT_TRUE(has(index, 7, 19));
  EXPECT_EQ(index.size(), 9U);
}

TEST(HashIndex, AValueCanBeReplacedInPlace) {
  HashIndex index;
  add(index, 7, 10);
  *index.find(7, any_value) = 11;
  EXPECT_TRUE(has(index, 7, 11));
  EXPECT_FALSE(has(index, 7, 10));
}

/// Hashes that collide: equal low bits make long probes, across the end of the table too.
class HashIndexRandom : public ::testing::TestWithParam<std::uint64_t> {};

TEST_P(HashIndexRandom, FindsWhatASetFinds) {
  const std::uint64_t mask = GetParam();
  std::mt19937_64 random(mask);
  HashIndex index;
  std::set<std::pair<std::uint64_t, std::uint64_t>> model;
  std::uint64_t next_value = 100;
  for (int phase = 0; phase < 8; ++phase) {
    const bool growing = phase % 2 == 0;
    for (int step = 0; step < 3000; ++step) {
      const bool insert = random() % 100 < (growing ? 80 : 20);
      if (insert) {
        const std::uint64_t hash = random() & mask;
        add(index, hash, next_value);
        model.emplace(hash, next_value++);
      } else if (!model.empty()) {
        auto victim = model.lower_bound({random() & mask, 0});
        if (victim == model.end()) victim = model.begin();
        ASSERT_TRUE(index.erase(victim->first, victim->second));
        ASSERT_FALSE(has(index, victim->first, victim->second));
        model.erase(victim);
      }
      ASSERT_EQ(index.size(), model.size());
    }
    for (const auto& [hash, value] : model) ASSERT_TRUE(has(index, hash, value));
    std::set<std::uint64_t> visited;
    index.for_each([&](std::uint64_t value) { EXPECT_TRUE(visited.insert(value).second); });
    EXPECT_EQ(visited.size(), model.size());
  }
}
INSTANTIATE_TEST_SUITE_P(Masks, HashIndexRandom,
                         ::testing::Values(~std::uint64_t{0}, 0xff, 0xfff, 0xffff'ffff'0000'0000,
                                           0xf000'0000'0000'00ff));

TEST(HashIndex, GivesMemoryBackWhenItEmpties) {
  HashIndex index;
  std::mt19937_64 random(1);
  std::vector<std::uint64_t> hashes;
  for (std::uint64_t value = 2; value < 200'002; ++value) {
    hashes.push_back(random());
    add(index, hashes.back(), value);
  }
  const std::size_t full = index.bytes();
  EXPECT_GE(full, 200'000U * 16);
  for (std::uint64_t value = 2; value < 200'002; ++value) {
    ASSERT_TRUE(index.erase(hashes[value - 2], value));
  }
  EXPECT_LT(index.bytes(), full / 100);
}

TEST(HashIndex, KeepsItsMemoryWhenItIsDrainedAndFilledAgain) {
  HashIndex index;
  const auto fill = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t value = from; value < to; ++value)
      add(index, value * 0x9e3779b97f4a7c15, value);
  };
  const auto drain = [&](std::uint64_t from, std::uint64_t to) {
    for (std::uint64_t value = from; value < to; ++value) {
      ASSERT_TRUE(index.erase(value * 0x9e3779b97f4a7c15, value));
    }
  };
  fill(2, 20'000);
  const std::size_t full = index.bytes();
  for (std::uint64_t round = 0; round < 10; ++round) {
    const std::uint64_t start = 2 + round * 20'000;
    drain(start, start + 19'900);
    EXPECT_EQ(index.bytes(), full);
    fill(start + 19'998, start + 39'998);
    drain(start + 19'900, start + 20'000);
    EXPECT_EQ(index.bytes(), full);
  }
}

TEST(HashIndex, ShrinksWhenItStaysSparse) {
  HashIndex index;
  for (std::uint64_t value = 2; value < 20'000; ++value) add(index, value * 77'777, value);
  const std::size_t full = index.bytes();
  for (std::uint64_t value = 2; value < 19'900; ++value) {
    ASSERT_TRUE(index.erase(value * 77'777, value));
  }
  for (std::uint64_t value = 20'000; value < 200'000; ++value) {  // a hundred are left all the time
    add(index, value * 77'777, value);
    ASSERT_TRUE(index.erase((value - 100) * 77'777, value - 100));
  }
  EXPECT_EQ(index.size(), 100U);
  EXPECT_LT(index.bytes(), full / 8);
}

}  // namespace
}  // namespace eventodb::store
