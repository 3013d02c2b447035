// eventodb-disk-reads FILE READERS MILLISECONDS: what the disk alone gives. Threads read random 8
// KiB pages of the file past the page cache, each one after the other. Prints reads a second, p50
// and p99 in microseconds.
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

namespace {

using Clock = std::chrono::steady_clock;
constexpr std::size_t kPageBytes = 8192;

unsigned number(std::string_view text) {
  unsigned value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size() ? value : 0;
}

/// Appends the microseconds of each read; none when one fails.
void read_until(Clock::time_point end, int file, std::uint64_t pages, unsigned seed,
                std::vector<double>& took) {
  std::mt19937_64 random(seed);
  const std::unique_ptr<void, decltype(&std::free)> page(std::aligned_alloc(4096, kPageBytes),
                                                         &std::free);
  for (auto begun = Clock::now(); begun < end;) {
    const auto at = static_cast<off_t>(random() % pages * kPageBytes);
    if (pread(file, page.get(), kPageBytes, at) != static_cast<ssize_t>(kPageBytes)) {
      took.clear();
      return;
    }
    const auto now = Clock::now();
    took.push_back(std::chrono::duration<double, std::micro>(now - begun).count());
    begun = now;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const unsigned readers = argc == 4 ? number(argv[2]) : 0;
  const unsigned milliseconds = argc == 4 ? number(argv[3]) : 0;
  if (readers == 0 || milliseconds == 0) {
    std::fputs("usage: eventodb-disk-reads FILE READERS MILLISECONDS\n", stderr);
    return 2;
  }
  const int file = open(argv[1], O_RDONLY | O_CLOEXEC | O_DIRECT);
  const off_t size = file < 0 ? 0 : lseek(file, 0, SEEK_END);
  const auto pages = static_cast<std::uint64_t>(std::max<off_t>(size, 0)) / kPageBytes;
  std::vector<std::vector<double>> took(readers);
  if (pages != 0) {
    const auto end = Clock::now() + std::chrono::milliseconds(milliseconds);
    std::vector<std::thread> threads;
    const unsigned seed = std::random_device{}();
    for (unsigned i = 0; i < readers; ++i) {
      threads.emplace_back([&, i] { read_until(end, file, pages, seed + i, took[i]); });
    }
    for (std::thread& thread : threads) thread.join();
  }
  std::vector<double> all;
  for (const auto& each : took) all.insert(all.end(), each.begin(), each.end());
  if (all.empty()) {
    std::fputs("eventodb-disk-reads: the file cannot be read past the page cache\n", stderr);
    return 1;
  }
  std::sort(all.begin(), all.end());
  std::printf("%.0f %.0f %.0f\n", static_cast<double>(all.size()) * 1000 / milliseconds,
              all[all.size() / 2], all[all.size() * 99 / 100]);
  return 0;
}
