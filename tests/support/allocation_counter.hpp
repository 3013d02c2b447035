#pragma once

#include <cstdint>

namespace eventodb::test {

/// Heap allocations of the calling thread so far: malloc, calloc, realloc and with them operator
/// new; under a sanitizer, which owns malloc, those of operator new. Link
/// eventodb_allocation_counter.
std::uint64_t allocations_of_this_thread();

}  // namespace eventodb::test
