#include "base/idle_memory.hpp"

#include <gtest/gtest.h>

namespace eventodb::base {
namespace {

constexpr std::size_t kMiB = 1024 * 1024;

TEST(IdleMemory, WhatNobodyNeededForAWhileIsGivenBackInSteps) {
  IdleMemory memory(16 * kMiB);
  for (std::size_t i = 1; i < IdleMemory::kSamples; ++i) EXPECT_EQ(memory.sample(180 * kMiB), 0u);
  EXPECT_EQ(memory.sample(180 * kMiB), IdleMemory::kStepBytes);
  EXPECT_EQ(memory.sample(116 * kMiB), IdleMemory::kStepBytes);
  EXPECT_EQ(memory.sample(52 * kMiB), 36 * kMiB);
  EXPECT_EQ(memory.sample(16 * kMiB), 0u);
}

TEST(IdleMemory, MemoryThatComesAndGoesStays) {
  IdleMemory memory(16 * kMiB);
  for (std::size_t i = 0; i < 3 * IdleMemory::kSamples; ++i) {
    EXPECT_EQ(memory.sample(i % IdleMemory::kSamples == 0 ? 10 * kMiB : 500 * kMiB), 0u);
  }
}

TEST(IdleMemory, ALittleFreeMemoryStays) {
  IdleMemory memory(16 * kMiB);
  for (std::size_t i = 0; i < 2 * IdleMemory::kSamples; ++i) {
    EXPECT_EQ(memory.sample(16 * kMiB), 0u);
  }
}

}  // namespace
}  // namespace eventodb::base
