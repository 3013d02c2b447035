#include "base/frame_memory.hpp"

#include <array>
#include <new>
#include <utility>

namespace eventodb::base {
namespace {

/// Frames of similar size share a list. Larger ones are of rare requests and not kept.
constexpr std::size_t kStepBytes = 64;
constexpr std::size_t kLists = 32;

struct FreeFrame {
  FreeFrame* next;
};

/// Without a constructor and a destructor, so that asking for it is one load.
struct FreeFrames {
  std::array<FreeFrame*, kLists> lists;
  std::size_t bytes;
  bool is_closed;  // the thread ends
};
constinit thread_local FreeFrames free_frames{};

void close_when_the_thread_ends() {
  struct Closer {
    ~Closer() {
      free_frames.is_closed = true;
      for (FreeFrame*& list : free_frames.lists) {
        while (list != nullptr) ::operator delete(std::exchange(list, list->next));
      }
    }
  };
  thread_local Closer closer;
}

std::size_t list_of(std::size_t bytes) {
  return (bytes - 1) / kStepBytes;
}

}  // namespace

void* take_frame(std::size_t bytes) {
  const std::size_t list = list_of(bytes);
  if (!kKeepsEndedFrames || list >= kLists) return ::operator new(bytes);
  const std::size_t rounded = (list + 1) * kStepBytes;
  FreeFrame*& first = free_frames.lists[list];
  if (first == nullptr) return ::operator new(rounded);
  free_frames.bytes -= rounded;
  return std::exchange(first, first->next);
}

void give_back_frame(void* frame, std::size_t bytes) noexcept {
  const std::size_t list = list_of(bytes);
  const std::size_t rounded = (list + 1) * kStepBytes;
  if (!kKeepsEndedFrames || list >= kLists || free_frames.is_closed ||
      free_frames.bytes + rounded > kFramesKeptBytesMax) {
    ::operator delete(frame);
    return;
  }
  if (free_frames.bytes == 0) close_when_the_thread_ends();
  free_frames.bytes += rounded;
  FreeFrame*& first = free_frames.lists[list];
  first = ::new (frame) FreeFrame{first};
}

std::size_t kept_frame_bytes() {
  return free_frames.bytes;
}

}  // namespace eventodb::base
