#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "load/server_url.hpp"

namespace eventodb::load {

/// Many open subscriptions, read by one thread. Counts events; does not look into them.
class SubscriberSet {
 public:
  struct Target {
    ServerAddress address;
    std::string authority;
    std::string token;  ///< "": no Authorization field
  };

  SubscriberSet();
  ~SubscriberSet();
  SubscriberSet(const SubscriberSet&) = delete;
  SubscriberSet& operator=(const SubscriberSet&) = delete;

  /// Opens `count` subscriptions and waits until the server has confirmed each. A '#' in the query
  /// becomes the subscription's number. Throws std::runtime_error.
  void open(const Target& target, std::string_view query, std::size_t count);

  /// Told of each piece that arrived, with the events that ended in it.
  using OnEvents = std::function<void(std::size_t subscriber, std::size_t events)>;
  /// Waits up to `timeout_ms` (-1: for ever) for something to arrive, and reads it. Throws when a
  /// subscription ends.
  void read_some(int timeout_ms, const OnEvents& on_events);

  /// Readable when read_some() has something to do.
  int fd() const { return epoll_; }
  std::size_t size() const { return subscribers_.size(); }

 private:
  struct Subscriber {
    int fd = -1;
    bool is_ready = false;
    std::size_t matched = 0;  // of the mark of an event that may go on in the next piece
  };

  void connect(const Target& target, std::string_view query);
  std::size_t count_events(Subscriber& subscriber, std::string_view bytes) const;

  int epoll_;
  std::vector<Subscriber> subscribers_;
  std::size_t ready_ = 0;
  std::vector<char> buffer_;
};

}  // namespace eventodb::load
