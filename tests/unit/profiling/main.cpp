#include <gtest/gtest.h>

#include "profiling/profiles.hpp"

// As the server does: sampling must be chosen before the first allocation.
int main(int argc, char** argv) {
  eventodb::profiling::restart_with_heap_sampling();
  eventodb::profiling::start_allocation_sampling();
  testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
