#include <gtest/gtest.h>

#include "profiling/profiles.hpp"
#include "profiling/symbols.hpp"
#include "profiling/thread_dump.hpp"

namespace eventodb::profiling {
namespace {

TEST(NoProfilesTest, SaysSoAndReturnsNothing) {
  EXPECT_FALSE(is_built_in());
  start_allocation_sampling();
  EXPECT_EQ(heap_profile(), "");
  EXPECT_EQ(growth_profile(), "");
  EXPECT_EQ(allocation_profile(), "");
  CpuProfile profile;
  EXPECT_EQ(profile.start(), CpuProfile::Start::kFailed);
  EXPECT_TRUE(malloc_figures().empty());
  EXPECT_TRUE(report_threads().empty());
  EXPECT_EQ(Symbols().name_of(reinterpret_cast<std::uintptr_t>(&is_built_in)), "");
}

}  // namespace
}  // namespace eventodb::profiling
