#include "wire/subscription/loss_subscriber.hpp"

#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {

std::string loss_stream(int number) {
  return "c" + std::to_string(number % kLossCategories) + "-" +
         std::to_string(number / kLossCategories);
}

void LossScene::await(const std::function<bool()>& condition) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, condition);
}

void LossScene::tell() {
  const std::lock_guard lock(mutex_);
  changed_.notify_all();
}

LossSubscriber::LossSubscriber(LossScene& scene, int number)
    : scene_(scene),
      habit_(static_cast<Habit>(number / 10)),
      payload_(number % 2 == 0),
      by_header_(number % 4 == 0) {
  const std::string category = "c" + std::to_string(number % kLossCategories);
  switch (number % 10 / 2) {
    case 0:
      stream_ = loss_stream(number);
      break;
    case 1:
      category_ = category;
      break;
    case 2:
    case 3:
      category_ = category;
      group_ = ConsumerGroup{number % 3, 3};
      break;
    default:
      all_ = true;
      break;
  }
  for (int i = 0; i < kLossStreams; ++i) {
    if (matches(loss_stream(i))) last_stream_ = i;
  }
}

void LossSubscriber::run() {
  if (habit_ == Habit::kJoinsLate) {
    scene_.await([&] { return scene_.acknowledged > scene_.writes / 2; });
  }
  while (!complete_ && problem_.empty()) {
    try {
      follow();
    } catch (const HttpClientError&) {
      // The server died; on to its next life.
    } catch (const std::exception& problem) {
      problem_ = problem.what();
      life_ = -1;
    }
  }
}

bool LossSubscriber::matches(const std::string& stream) const {
  if (all_) return true;
  if (!stream_.empty()) return stream == stream_;
  return category_of(stream) == category_ && (!group_ || is_member(group_hash_of(stream), *group_));
}

std::string LossSubscriber::query() const {
  std::string text = all_               ? "all=true"
                     : !stream_.empty() ? "stream=" + stream_
                                        : "category=" + category_;
  if (group_) text += "&size=3&consumer=" + std::to_string(group_->member);
  if (payload_) text += "&payload=true";
  const bool resumes_by_header = payload_ && by_header_;
  if (seen_.empty() || resumes_by_header) return text;
  const Event& last = seen_.back();
  const std::int64_t at = stream_.empty() ? last.global_position : last.position;
  return text + "&position=" + std::to_string(at + 1);
}

/// One connection.
void LossSubscriber::follow() {
  constexpr std::size_t kEventsPerConnection = 60;
  const auto server = scene_.server.life();
  const bool resumes = payload_ && by_header_ && !seen_.empty();
  const std::string last_id = resumes ? std::to_string(seen_.back().global_position) : "";
  EventSource events(server.port, query(),
                     {admin_token(), last_id, habit_ == Habit::kStalls ? kSmallBuffer : 0,
                      &scene_.everything_written});
  Connection connection{seen_.size(), 0};
  if (!catches_up()) {
    Caller caller(server.port, admin_token());
    connection.head = as_int(caller.result(R"(["ns.info","default"])").at("messageCount"));
  }
  connections_.push_back(connection);
  life_ = server.number;
  scene_.tell();
  if (habit_ == Habit::kStalls) stall(events);
  while (!complete_) {
    if (habit_ == Habit::kReconnects && catches_up() &&
        seen_.size() - connection.events_before == kEventsPerConnection) {
      return;
    }
    const auto event = events.next();
    if (!event) return;
    seen_.push_back(*event);
    // The position of a stream's last message is the number of those before it.
    complete_ = scene_.writers_done && event->stream == loss_stream(last_stream_) &&
                event->position == scene_.written[last_stream_];
  }
}

/// Reads nothing while a quarter of all messages is written.
void LossSubscriber::stall(EventSource& events) {
  const int until = scene_.acknowledged + scene_.writes / 4;
  scene_.await([&] { return scene_.acknowledged >= until || scene_.writers_done; });
  events.read_on();
}

bool LossSubscriber::is_same(const Event& event, const LogEntry& entry) const {
  return event.stream == entry.stream && event.position == entry.position &&
         event.global_position == entry.global_position && event.is_message == payload_ &&
         (!payload_ || event.tuple == entry.tuple);
}

std::string LossSubscriber::verdict(const std::vector<LogEntry>& log) const {
  const std::string who = query() + " habit " + std::to_string(static_cast<int>(habit_));
  if (!problem_.empty()) return who + ": " + problem_;
  if (!catches_up()) return verdict_without_catch_up(log);
  std::size_t next = 0;
  for (const LogEntry& entry : log) {
    if (!matches(entry.stream)) continue;
    if (next == seen_.size() || !is_same(seen_[next], entry)) {
      return who + ": event " + std::to_string(next) + " of " + std::to_string(seen_.size()) +
             " should be " + entry.tuple.substr(0, 100);
    }
    ++next;
  }
  return next == seen_.size() ? "" : who + ": told of more than there is";
}

/// Every connection on its own: nothing that was written after ": ready" is missing between its
/// first and its last event, and the last connection saw the end.
std::string LossSubscriber::verdict_without_catch_up(const std::vector<LogEntry>& log) const {
  for (std::size_t i = 0; i < connections_.size(); ++i) {
    const std::size_t begin = connections_[i].events_before;
    const std::size_t end =
        i + 1 < connections_.size() ? connections_[i + 1].events_before : seen_.size();
    for (std::size_t at = begin; at < end; ++at) {
      const auto position = seen_[at].global_position;
      const bool in_order = at == begin ? position <= connections_[i].head + 1 &&
                                              (at == 0 || position > seen_[at - 1].global_position)
                                        : position == seen_[at - 1].global_position + 1;
      if (!in_order || !is_same(seen_[at], log.at(static_cast<std::size_t>(position - 1)))) {
        return query() + ": event " + std::to_string(at) + " is " + std::to_string(position) +
               " in connection " + std::to_string(i);
      }
    }
  }
  return seen_.back().global_position == log.back().global_position ? "" : query() + ": no end";
}

}  // namespace eventodb::test
