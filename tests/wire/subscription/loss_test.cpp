// Nobody loses or repeats a message: 16 writers over 50 streams, 40 subscribers of all kinds, and a
// server that is killed twice while they are at it. EVENTODB_LOSS_WRITES makes it longer.
#include <gtest/gtest.h>

#include <algorithm>
#include <deque>
#include <random>
#include <thread>
#include <vector>

#include "wire/subscription/loss_subscriber.hpp"

namespace eventodb::test {
namespace {

constexpr int kWriters = 16;
constexpr int kSubscribers = 40;
constexpr int kDeaths = 2;
/// Big enough for those that stall to fill every buffer on the way.
const std::string kData = "{\"text\":\"" + std::string(1000, 'x') + "\"}";

void write_share(LossScene& scene, int writer) {
  std::mt19937 random(static_cast<unsigned>(writer));
  PersistentWriter persistent(scene.server);
  for (int i = writer; i < scene.writes; i += kWriters) {
    const int stream = static_cast<int>(random() % kLossStreams);
    persistent.write(loss_stream(stream), "T", kData);
    ++scene.written[stream];
    ++scene.acknowledged;
    scene.tell();
  }
}

/// The end that every subscriber waits for.
void write_last_messages(LossScene& scene) {
  PersistentWriter persistent(scene.server);
  for (int stream = 0; stream < kLossStreams; ++stream) {
    persistent.write(loss_stream(stream), "Last", "{}");
  }
  scene.everything_written = true;
}

TEST(WireLoss, WritersSubscribersAndAServerThatIsKilled) {
  LossScene scene;
  scene.writes = number_from_environment("EVENTODB_LOSS_WRITES", 8000);
  std::deque<LossSubscriber> subscribers;
  for (int i = 0; i < kSubscribers; ++i) subscribers.emplace_back(scene, i);
  std::vector<std::thread> readers;
  for (auto& each : subscribers) readers.emplace_back([&each] { each.run(); });
  std::vector<std::thread> writers;
  for (int i = 0; i < kWriters; ++i) writers.emplace_back([&scene, i] { write_share(scene, i); });

  for (int death = 1; death <= kDeaths; ++death) {
    scene.await([&] { return scene.acknowledged > scene.writes * death / (kDeaths + 1); });
    scene.server.kill_and_restart();
  }
  for (auto& writer : writers) writer.join();
  scene.writers_done = true;
  scene.tell();
  // Who does not catch up must be there when the last messages are written.
  scene.await([&] {
    return std::ranges::all_of(subscribers, [](const auto& each) {
      return each.life() == kDeaths + 1 || each.life() == -1;
    });
  });
  write_last_messages(scene);
  for (auto& reader : readers) reader.join();

  const auto log = read_log(scene.server.life().port);
  ASSERT_EQ(log.size(), static_cast<std::size_t>(scene.writes + kLossStreams));
  for (const auto& each : subscribers) EXPECT_EQ(each.verdict(log), "");
}

}  // namespace
}  // namespace eventodb::test
