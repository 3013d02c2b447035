#include "base/frame_memory.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <thread>
#include <utility>
#include <vector>

namespace eventodb::base {
namespace {

TEST(FrameMemory, AFrameOfSimilarSizeIsTakenAgain) {
  if (!kKeepsEndedFrames) GTEST_SKIP() << "the address sanitizer sees each frame's end instead";
  void* first = take_frame(300);
  std::memset(first, 1, 300);
  give_back_frame(first, 300);
  const std::size_t kept = kept_frame_bytes();
  EXPECT_GE(kept, 300u);
  void* second = take_frame(310);
  EXPECT_EQ(second, first);
  EXPECT_LT(kept_frame_bytes(), kept);
  void* third = take_frame(300);
  EXPECT_NE(third, first);
  give_back_frame(third, 300);
  give_back_frame(second, 310);
}

TEST(FrameMemory, KeepsNoMoreThanItsBound) {
  std::thread([] {
    constexpr std::size_t kBytes = 2048;
    std::vector<void*> frames(kFramesKeptBytesMax / kBytes + 100);
    for (void*& frame : frames) frame = take_frame(kBytes);
    for (void* frame : frames) give_back_frame(frame, kBytes);
    EXPECT_EQ(kept_frame_bytes(), kKeepsEndedFrames ? kFramesKeptBytesMax : 0);
    // One that is too large for any list goes back at once.
    give_back_frame(take_frame(10'000), 10'000);
    EXPECT_EQ(kept_frame_bytes(), kKeepsEndedFrames ? kFramesKeptBytesMax : 0);
  }).join();
}

TEST(FrameMemory, EachSizeHasItsRoom) {
  std::vector<std::pair<char*, std::size_t>> frames;
  for (int round = 0; round < 2; ++round) {
    for (std::size_t bytes = 1; bytes < 2300; bytes += 7) {
      frames.emplace_back(static_cast<char*>(take_frame(bytes)), bytes);
      std::memset(frames.back().first, static_cast<int>(bytes), bytes);
    }
    for (const auto& [frame, bytes] : frames) {
      EXPECT_EQ(frame[0], static_cast<char>(bytes));
      EXPECT_EQ(frame[bytes - 1], static_cast<char>(bytes));
      give_back_frame(frame, bytes);
    }
    frames.clear();
  }
}

TEST(FrameMemory, AFrameMayEndOnAnotherThread) {
  void* frame = take_frame(300);
  const std::size_t kept = kept_frame_bytes();
  std::thread([frame] {
    give_back_frame(frame, 300);
    EXPECT_EQ(kept_frame_bytes(), kKeepsEndedFrames ? 320u : 0u);
  }).join();  // which gives back what that thread kept
  EXPECT_EQ(kept_frame_bytes(), kept);
}

}  // namespace
}  // namespace eventodb::base
