#pragma once

#include <string>
#include <vector>

#include "eventodb/store.hpp"

namespace eventodb::test {

/// A stored message that owns its texts.
struct OwnedMessage {
  std::string stream, type, data, metadata;
  Position position;
  GlobalPosition global_position;
  MessageId id;
  Timestamp time;

  OwnedMessage() = default;
  explicit OwnedMessage(const MessageView& view)
      : stream(view.stream),
        type(view.type),
        data(view.data),
        metadata(view.metadata),
        position(view.position),
        global_position(view.global_position),
        id(view.id),
        time(view.time) {}

  MessageView view() const {
    return {stream, type, data, metadata, position, global_position, id, time};
  }
  friend bool operator==(const OwnedMessage&, const OwnedMessage&) = default;
};

/// Keeps what it is shown; pauses the read after every `pause_every` messages (0: never).
class MessageCollector : public MessageVisitor {
 public:
  explicit MessageCollector(std::size_t pause_every = 0) : pause_every_(pause_every) {}

  bool visit(const MessageView& message) override {
    found.emplace_back(message);
    return pause_every_ == 0 || found.size() % pause_every_ != 0;
  }

  std::vector<OwnedMessage> found;

 private:
  std::size_t pause_every_;
};

}  // namespace eventodb::test
