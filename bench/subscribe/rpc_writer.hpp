#pragma once

#include <string>

#include "load/response_reader.hpp"
#include "subscribe/subscriber_set.hpp"

namespace eventodb::load {

/// One connection that writes one small message at a time.
class RpcWriter {
 public:
  /// Throws std::runtime_error.
  RpcWriter(const SubscriberSet::Target& target, const std::string& stream);
  ~RpcWriter();
  RpcWriter(const RpcWriter&) = delete;
  RpcWriter& operator=(const RpcWriter&) = delete;

  void send();
  /// Takes what has arrived of the answer. True when it is complete; throws unless it is a success.
  bool receive();
  int fd() const { return fd_; }

 private:
  int fd_;
  std::string request_;
  ResponseReader reader_;
};

}  // namespace eventodb::load
