#pragma once

#include <cstddef>
#include <memory>
#include <string_view>

#include "base/wake_up.hpp"
#include "net/connection.hpp"
#include "net/exchange.hpp"
#include "subscription/subscription.hpp"

namespace eventodb::net {

/// One subscriber's connection: sends what its Subscription finds until the client goes, the
/// namespace ends or the server stops. A client may be as slow as it likes: it costs a bounded
/// amount of memory and loses nothing.
class EventStream final : public ConnectionOwner, private StreamEnd {
 public:
  EventStream(std::shared_ptr<subscription::Feed> feed, subscription::Request request,
              subscription::Framing framing);

  /// Registers the subscriber; see Subscription::start().
  Awaitable<Result<void>> start() { return subscription_.start(); }

  Awaitable<void> run(Connection& connection) override;

 private:
  void end_stream() noexcept override;
  void sweep_stream() noexcept override;

  Awaitable<void> send_end();
  Awaitable<bool> send(std::string_view bytes);
  void watch_client();
  void on_readable(bool failed);

  subscription::Subscription subscription_;
  subscription::Framing framing_;
  Connection* connection_ = nullptr;  // once run() runs
  bool gone_ = false;                 // nobody reads any more
  bool sending_ = false;              // the client has to take something before we go on
  bool finishing_ = false;            // watch_client() is asked to end
  bool watching_ = false;             // it has not yet
  base::WakeUp watch_ended_;
  alignas(std::max_align_t) std::byte watch_slot_[256];  // what Asio keeps of its handler
};

}  // namespace eventodb::net
