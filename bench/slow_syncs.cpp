// Loaded into the server with LD_PRELOAD: every fdatasync takes EVENTODB_SLOW_SYNCS_US microseconds
// more, as on a slower disk.
#include <dlfcn.h>

#include <chrono>
#include <cstdlib>
#include <thread>

namespace {

std::chrono::microseconds delay() {
  const char* text = std::getenv("EVENTODB_SLOW_SYNCS_US");
  return std::chrono::microseconds(text == nullptr ? 0 : std::strtol(text, nullptr, 10));
}

}  // namespace

extern "C" int fdatasync(int descriptor) {
  static const auto wait = delay();
  static const auto real = reinterpret_cast<int (*)(int)>(dlsym(RTLD_NEXT, "fdatasync"));
  std::this_thread::sleep_for(wait);
  return real(descriptor);
}
