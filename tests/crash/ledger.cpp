#include "crash/ledger.hpp"

#include <algorithm>
#include <map>

namespace eventodb::test {
namespace {

using Problems = std::vector<std::string>;
using Places = std::map<std::int64_t, const FoundMessage*>;  // by the number of the call

std::string name(const LedgerCall& call) {
  return "message " + std::to_string(call.number) + " of " + call.stream;
}

/// I2, I3: both numberings without holes.
void check_positions(const std::vector<FoundMessage>& found, Problems& problems) {
  std::map<std::string, std::int64_t> next;
  std::int64_t next_global = 1;
  for (const FoundMessage& message : found) {
    if (message.global_position != next_global) {
      problems.push_back("I3: global position " + std::to_string(message.global_position) +
                         " where " + std::to_string(next_global) + " belongs");
    }
    next_global = message.global_position + 1;
    std::int64_t& wanted = next[message.stream];
    if (message.position != wanted) {
      problems.push_back("I2: " + message.stream + " has position " +
                         std::to_string(message.position) + " where " + std::to_string(wanted) +
                         " belongs");
    }
    wanted = message.position + 1;
  }
}

/// I4: everything that is there was sent, once.
Places places_of(const std::vector<FoundMessage>& found, std::size_t calls, Problems& problems) {
  Places places;
  for (const FoundMessage& message : found) {
    if (message.number < 0 || message.number >= static_cast<std::int64_t>(calls)) {
      problems.push_back("I4: message " + std::to_string(message.number) + " was never sent");
    } else if (!places.emplace(message.number, &message).second) {
      problems.push_back("I4: message " + std::to_string(message.number) + " is there twice");
    }
  }
  return places;
}

/// I1, I5, I9: what was answered is so.
void check_call(const LedgerCall& call, const FoundMessage* message, Problems& problems) {
  if (!call.contradiction.empty()) problems.push_back("I9: " + call.contradiction);
  if (call.state == LedgerCall::State::kRefused) {
    if (message != nullptr) problems.push_back("I5: " + name(call) + " was refused and is there");
    return;
  }
  const bool is_acknowledged = call.state == LedgerCall::State::kAcknowledged;
  if (message == nullptr) {
    if (is_acknowledged) problems.push_back("I1: " + name(call) + " was acknowledged and is lost");
    return;
  }
  const bool is_moved = is_acknowledged && (message->position != call.position ||
                                            message->global_position != call.global_position);
  if (is_moved || message->data != call.data || message->stream != call.stream ||
      (!call.id.empty() && message->id != call.id)) {
    problems.push_back("I1: " + name(call) + " has changed");
  }
}

/// A batch is stored whole, or not at all, and nothing stands between its messages.
void check_batches(const std::vector<LedgerCall>& calls, const Places& places, Problems& problems) {
  struct Extent {
    std::int64_t sent = 0;
    std::int64_t stored = 0;
    std::int64_t first = 0;
    std::int64_t last = 0;
  };
  std::map<std::int64_t, Extent> batches;
  for (const LedgerCall& call : calls) {
    if (call.batch == 0) continue;
    Extent& extent = batches[call.batch];
    ++extent.sent;
    const auto at = places.find(call.number);
    if (at == places.end()) continue;
    const std::int64_t place = at->second->global_position;
    extent.first = extent.stored == 0 ? place : std::min(extent.first, place);
    extent.last = std::max(extent.last, place);
    ++extent.stored;
  }
  for (const auto& [batch, extent] : batches) {
    if (extent.stored == 0) continue;
    if (extent.stored == extent.sent && extent.last - extent.first + 1 == extent.sent) continue;
    problems.push_back("batch " + std::to_string(batch) + " is there in part, or torn: " +
                       std::to_string(extent.stored) + " of " + std::to_string(extent.sent));
  }
}

/// I6: what was acknowledged before another was sent stands before it.
void check_order(const std::vector<LedgerCall>& calls, const Places& places, Problems& problems) {
  struct Moment {
    std::uint64_t at;
    std::int64_t place;
    const LedgerCall* sent;  // nullptr: an answer
  };
  std::vector<Moment> moments;
  for (const auto& [number, message] : places) {
    const LedgerCall& call = calls[static_cast<std::size_t>(number)];
    moments.push_back({call.sent_at, message->global_position, &call});
    if (call.answered_at != 0) {
      moments.push_back({call.answered_at, message->global_position, nullptr});
    }
  }
  std::sort(moments.begin(), moments.end(),
            [](const Moment& a, const Moment& b) { return a.at < b.at; });
  std::int64_t highest_answered = 0;
  for (const Moment& moment : moments) {
    if (moment.sent == nullptr) {
      highest_answered = std::max(highest_answered, moment.place);
    } else if (moment.place <= highest_answered) {
      problems.push_back("I6: " + name(*moment.sent) +
                         " stands before what was acknowledged before it was sent");
    }
  }
}

}  // namespace

LedgerCall Ledger::begin(const std::string& stream, const std::string& id,
                         const std::function<std::string(std::int64_t)>& make_data,
                         std::int64_t batch) {
  const std::lock_guard lock(mutex_);
  LedgerCall call;
  call.number = static_cast<std::int64_t>(calls_.size());
  call.stream = stream;
  call.id = id;
  call.batch = batch;
  call.data = make_data(call.number);
  call.sent_at = ++clock_;
  calls_.push_back(call);
  return call;
}

std::int64_t Ledger::new_batch() {
  const std::lock_guard lock(mutex_);
  return ++batches_;
}

void Ledger::acknowledge(std::int64_t number, std::int64_t position, std::int64_t global_position) {
  const std::lock_guard lock(mutex_);
  LedgerCall& call = calls_[static_cast<std::size_t>(number)];
  if (call.state == LedgerCall::State::kAcknowledged) {
    if (call.position != position || call.global_position != global_position) {
      call.contradiction = name(call) + " was answered with two places";
    }
    return;
  }
  call.state = LedgerCall::State::kAcknowledged;
  call.position = position;
  call.global_position = global_position;
  call.answered_at = ++clock_;
}

void Ledger::refuse(std::int64_t number) {
  const std::lock_guard lock(mutex_);
  calls_[static_cast<std::size_t>(number)].state = LedgerCall::State::kRefused;
}

std::size_t Ledger::acknowledged_count() const {
  const std::lock_guard lock(mutex_);
  return static_cast<std::size_t>(std::count_if(
      calls_.begin(), calls_.end(),
      [](const LedgerCall& call) { return call.state == LedgerCall::State::kAcknowledged; }));
}

void Ledger::end_cycle() {
  const std::lock_guard lock(mutex_);
  ended_calls_ = calls_.size();
}

std::optional<LedgerCall> Ledger::any_unknown_with_id(std::uint64_t choice) const {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = 0; i < ended_calls_; ++i) {
    const LedgerCall& call = calls_[(choice + i) % ended_calls_];
    if (call.state == LedgerCall::State::kUnknown && !call.id.empty() && call.batch == 0) {
      return call;
    }
  }
  return std::nullopt;
}

std::vector<std::string> Ledger::check(const std::vector<FoundMessage>& found) const {
  const std::lock_guard lock(mutex_);
  Problems problems;
  check_positions(found, problems);
  const Places places = places_of(found, calls_.size(), problems);
  for (const LedgerCall& call : calls_) {
    const auto at = places.find(call.number);
    check_call(call, at == places.end() ? nullptr : at->second, problems);
  }
  check_batches(calls_, places, problems);
  check_order(calls_, places, problems);
  return problems;
}

}  // namespace eventodb::test
