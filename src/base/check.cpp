#include "base/check.hpp"

#include <cstdio>
#include <cstdlib>

namespace eventodb::base {

void check_failed(const char* condition, const char* file, int line) noexcept {
  std::fprintf(stderr, "eventodb: broken invariant: %s (%s:%d)\n", condition, file, line);
  std::abort();
}

}  // namespace eventodb::base
