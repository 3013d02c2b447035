#pragma once

#include <cstddef>

#if defined(__SANITIZE_ADDRESS__)
#define EVENTODB_KEEPS_FRAMES false
#elif defined(__has_feature)
#define EVENTODB_KEEPS_FRAMES !__has_feature(address_sanitizer)
#else
#define EVENTODB_KEEPS_FRAMES true
#endif

namespace eventodb::base {

/// Memory for a coroutine's frame, from what the calling thread was given back before: a request
/// makes a dozen frames, and as many requests as wait hold theirs at once. Throws std::bad_alloc.
void* take_frame(std::size_t bytes);

/// REQUIRES: `frame` is from take_frame(bytes), of any thread. What a thread keeps is bounded
/// (kFramesKeptBytesMax); the rest goes back to the heap.
void give_back_frame(void* frame, std::size_t bytes) noexcept;

/// Base of a promise_type whose frames come from here.
struct KeptFrame {
  static void* operator new(std::size_t bytes) { return take_frame(bytes); }
  static void operator delete(void* frame, std::size_t bytes) noexcept {
    give_back_frame(frame, bytes);
  }
};

/// A thread keeps frames for so many requests that wait at once: some 2,000, at 2 KiB each.
inline constexpr std::size_t kFramesKeptBytesMax = 4 * 1024 * 1024;

/// Not where the address sanitizer must see a use after the end.
inline constexpr bool kKeepsEndedFrames = EVENTODB_KEEPS_FRAMES;

/// What the calling thread keeps now.
std::size_t kept_frame_bytes();

}  // namespace eventodb::base
