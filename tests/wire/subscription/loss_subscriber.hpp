#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "eventodb/stream_name.hpp"
#include "wire/subscription/event_source.hpp"
#include "wire/subscription/mortal_server.hpp"

namespace eventodb::test {

inline constexpr int kLossCategories = 5;
inline constexpr int kLossStreams = 50;

/// Name of one of the streams; those of a category have every kLossCategories-th number.
std::string loss_stream(int number);

/// What the writers and subscribers of the loss test share.
struct LossScene {
  MortalServer server;
  int writes = 0;  ///< planned, without the last message of each stream
  std::atomic<int> acknowledged{0};
  std::atomic<std::int64_t> written[kLossStreams] = {};  ///< messages of each stream
  std::atomic<bool> writers_done{false};
  std::atomic<bool> everything_written{false};  ///< the last message of each stream, too

  /// Waits for something that tell() announces.
  void await(const std::function<bool()>& condition);
  void tell();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

/// One subscriber with its checkpoint, and everything it was told.
class LossSubscriber {
 public:
  enum class Habit { kSteady, kJoinsLate, kReconnects, kStalls };

  /// The number decides the kind: of 40 every habit has every kind with and without payload.
  LossSubscriber(LossScene& scene, int number);
  LossSubscriber(const LossSubscriber&) = delete;
  LossSubscriber& operator=(const LossSubscriber&) = delete;

  /// Follows its messages to the last one, through every death of the server.
  void run();
  /// The life of the server it has registered with last.
  int life() const { return life_; }

  /// Whether it was told what the log holds for it, no more and no less, in order. "" or what is
  /// wrong.
  std::string verdict(const std::vector<LogEntry>& log) const;

 private:
  struct Connection {
    std::size_t events_before = 0;
    std::int64_t head = 0;  // of the log, seen after ": ready"; only without catch-up
  };

  bool matches(const std::string& stream) const;
  /// Pokes of `all` do not catch up: only what is written while it is connected must come.
  bool catches_up() const { return !all_ || payload_; }
  std::string query() const;
  void follow();
  void stall(EventSource& events);
  bool is_same(const Event& event, const LogEntry& entry) const;
  std::string verdict_without_catch_up(const std::vector<LogEntry>& log) const;

  LossScene& scene_;
  Habit habit_;
  bool payload_;
  bool by_header_;  // resumes with Last-Event-ID
  bool all_ = false;
  std::string stream_;
  std::string category_;
  std::optional<ConsumerGroup> group_;
  int last_stream_ = -1;  // of those that match, the one that gets its last message last
  std::atomic<int> life_{0};
  bool complete_ = false;
  std::string problem_;
  std::vector<Event> seen_;
  std::vector<Connection> connections_;
};

}  // namespace eventodb::test
