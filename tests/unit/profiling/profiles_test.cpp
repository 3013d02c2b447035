#include "profiling/profiles.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <ctime>
#include <memory>
#include <vector>

#include "unit/profiling/profile_text.hpp"

namespace eventodb::profiling {
namespace {

using Blocks = std::vector<std::unique_ptr<char[]>>;

__attribute__((noinline)) Blocks allocate_and_keep() {
  Blocks kept;
  for (int i = 0; i < 2000; ++i) kept.emplace_back(new char[100'000]);
  return kept;
}

TEST(ProfilesTest, HeapShowsWhatIsHeldAndForgetsWhatIsFreed) {
  Blocks kept = allocate_and_keep();
  const HeapText full = parse_heap_text(heap_profile());
  Blocks().swap(kept);
  const HeapText empty = parse_heap_text(heap_profile());

  EXPECT_EQ(full.form, "heap_v2/524288");
  EXPECT_TRUE(full.has_libraries);
  EXPECT_GT(through(full, "allocate_and_keep").objects, 0);
  EXPECT_EQ(through(empty, "allocate_and_keep").objects, 0);
}

TEST(ProfilesTest, GrowthShowsWhoMadeTheHeapGrow) {
  const Blocks kept = allocate_and_keep();
  const HeapText text = parse_heap_text(growth_profile());
  EXPECT_EQ(text.form, "growth");
  EXPECT_TRUE(text.has_libraries);
  EXPECT_GT(text.total.bytes, 0);
}

TEST(ProfilesTest, AllocationsAreShownWithTheLibraries) {
  const Blocks kept = allocate_and_keep();
  const HeapText text = parse_heap_text(allocation_profile());
  EXPECT_GT(through(text, "allocate_and_keep").objects, 0);
  EXPECT_TRUE(text.has_libraries);
}

/// Uses the processor, not the clock: a busy machine only makes it take longer.
__attribute__((noinline)) unsigned burn_processor_time() {
  unsigned state = 1;
  const std::clock_t until = std::clock() + CLOCKS_PER_SEC / 4;
  while (std::clock() < until) {
    for (int i = 0; i < 100'000; ++i) state = state * 1664525 + 1013904223;
    asm volatile("" : "+r"(state));
  }
  return state;
}

/// Whether some sample of the binary form lies in the function.
bool has_sample_in(const std::string& profile, std::string_view function) {
  Symbols symbols;
  std::vector<std::uintptr_t> words(profile.size() / sizeof(std::uintptr_t));
  std::memcpy(words.data(), profile.data(), words.size() * sizeof(std::uintptr_t));
  std::size_t at = 5;  // header: 0, 3, version, period in microseconds, padding
  while (at + 2 < words.size()) {
    const std::size_t count = words[at];
    const std::size_t depth = words[at + 1];
    if (count == 0) return false;  // the trailer
    for (std::size_t i = at + 2; i < at + 2 + depth && i < words.size(); ++i) {
      if (symbols.name_of(words[i] - 1).find(function) != std::string::npos) return true;
    }
    at += 2 + depth;
  }
  return false;
}

TEST(ProfilesTest, CpuProfileFindsTheBusyFunction) {
  CpuProfile profile;
  ASSERT_EQ(profile.start(), CpuProfile::Start::kStarted);
  burn_processor_time();
  const std::string bytes = profile.finish();
  EXPECT_TRUE(has_sample_in(bytes, "burn_processor_time"));
  EXPECT_NE(bytes.find("[stack]"), std::string::npos);  // the memory map follows the samples
}

TEST(ProfilesTest, OnlyOneCpuProfileRunsAtATime) {
  CpuProfile first;
  CpuProfile second;
  ASSERT_EQ(first.start(), CpuProfile::Start::kStarted);
  EXPECT_EQ(second.start(), CpuProfile::Start::kBusy);
  first.finish();
  EXPECT_EQ(second.start(), CpuProfile::Start::kStarted);
  second.finish();
}

TEST(ProfilesTest, AnAbandonedCpuProfileEnds) {
  {
    CpuProfile abandoned;
    ASSERT_EQ(abandoned.start(), CpuProfile::Start::kStarted);
  }
  CpuProfile next;
  EXPECT_EQ(next.start(), CpuProfile::Start::kStarted);
}

TEST(ProfilesTest, MallocFiguresAreThere) {
  std::uint64_t allocated = 0;
  std::uint64_t heap = 0;
  const Blocks kept = allocate_and_keep();
  for (const auto& [name, value] : malloc_figures()) {
    if (name == "allocatedBytes") allocated = value;
    if (name == "heapBytes") heap = value;
  }
  EXPECT_GT(allocated, 200'000'000u);
  EXPECT_GE(heap, allocated);
}

}  // namespace
}  // namespace eventodb::profiling
