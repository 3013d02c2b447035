#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <random>

#include "unit/store/log/log_model.hpp"

// A MessageLog beside a model that scans a plain list: after any sequence of appends and drops,
// every read must find the same.
namespace eventodb::store {
namespace {

bool same(const test::OwnedMessage& wanted, const MessageView& found) {
  return wanted == test::OwnedMessage(found);
}

class LogRandom : public ::testing::TestWithParam<int> {
 protected:
  LogRandom() : random_(static_cast<std::uint64_t>(GetParam())) {}

  std::int64_t below(std::int64_t bound) {
    return std::uniform_int_distribution<std::int64_t>(0, bound - 1)(random_);
  }
  bool chance(int percent) { return below(100) < percent; }

  std::string stream_name() {
    static const std::vector<std::string> kCategories = {"account", "order", "a", "", "x:command"};
    const auto& category = kCategories[static_cast<std::size_t>(below(5))];
    if (chance(5) && !category.empty()) return category;
    return category + "-" + std::to_string(below(GetParam() % 2 == 0 ? 4 : 300));
  }

  ModelMessage make() {
    ModelMessage m;
    m.stream = stream_name();
    m.type = "Type" + std::to_string(below(4));
    m.data = "{\"n\":\"" + std::string(static_cast<std::size_t>(below(300)), 'x') + "\"}";
    if (chance(2)) m.data = std::string(static_cast<std::size_t>(below(400'000)), ' ');
    if (chance(50)) {
      m.correlation = "flow" + std::to_string(below(3));
      m.metadata = "{\"correlationStreamName\":\"" + m.correlation + "-7\"}";
    } else if (chance(50)) {
      m.metadata = "{}";
    }
    global_ += 1 + (chance(10) ? below(50) : 0);
    auto [head, is_new] = heads_.try_emplace(m.stream, below(3));
    if (!is_new) head->second += 1 + (chance(10) ? below(20) : 0);
    m.position = {head->second};
    m.global_position = {global_};
    m.time = {1000 + global_};
    m.tag = m.stream.size();
    for (auto& byte : m.id.bytes) byte = static_cast<std::uint8_t>(below(256));
    return m;
  }

  void append_some(std::int64_t count) {
    for (std::int64_t i = 0; i < count; ++i) {
      model_.messages.push_back(make());
      log_.append(model_.messages.back().view(), model_.messages.back().tag);
    }
  }

  void drop_some() {
    if (model_.messages.empty()) return;
    auto up_to = model_.messages.front().global_position.value - 2 +
                 below(model_.messages.back().global_position.value -
                       model_.messages.front().global_position.value + 5);
    if (chance(20)) up_to = global_;
    log_.drop_up_to({up_to});
    while (!model_.messages.empty() && model_.messages.front().global_position.value <= up_to) {
      dropped_id_ = model_.messages.front().id;
      model_.messages.pop_front();
    }
  }

  std::int64_t some_global() {
    constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
    if (chance(3)) return chance(50) ? kMax : -kMax - 1;
    return below(global_ + 20) - 5;
  }
  std::int64_t some_remaining() { return chance(50) ? -1 - below(3) : below(40); }

  void expect_equal(const std::vector<const ModelMessage*>& wanted,
                    const test::MessageCollector& got) {
    ASSERT_EQ(got.found.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_TRUE(*wanted[i] == got.found[i]) << "message " << i;
    }
  }

  void check_stream_read() {
    const std::string name = stream_name();
    StreamCursor cursor{.stream = name, .next = {below(60) - 3}, .remaining = some_remaining()};
    if (chance(30)) cursor.from_global = GlobalPosition{some_global()};
    test::MessageCollector collector(static_cast<std::size_t>(below(3)));
    read_all(log_, cursor, collector);
    expect_equal(model_.stream(cursor), collector);
  }

  void check_category_read() {
    static const std::vector<std::string> kAsked = {"account",   "order", "a",
                                                    "x:command", "",      "o-1"};
    static const std::vector<std::string> kFlows = {"", "", "flow0", "flow1", "flow2", "flow0-7"};
    CategoryCursor cursor{.category = kAsked[static_cast<std::size_t>(below(6))],
                          .next = {some_global()},
                          .remaining = some_remaining(),
                          .correlation = kFlows[static_cast<std::size_t>(below(6))]};
    if (chance(30)) cursor.group = ConsumerGroup{.member = below(3), .size = 3};
    test::MessageCollector collector(static_cast<std::size_t>(below(3)));
    read_all(log_, cursor, collector);
    expect_equal(model_.category(cursor), collector);
  }

  void check_heads() {
    const std::string name = stream_name();
    const auto wanted = model_.stream({.stream = name, .next = {0}, .remaining = -1});
    const auto head = log_.find_stream(name);
    ASSERT_EQ(head.has_value(), !wanted.empty());
    const std::string type = "Type" + std::to_string(below(5));
    const ModelMessage* of_type = nullptr;
    for (const auto* m : wanted) of_type = m->type == type ? m : of_type;
    const auto last_of_type = log_.find_last(name, type);
    ASSERT_EQ(last_of_type.has_value(), of_type != nullptr);
    if (of_type != nullptr) {
      ASSERT_TRUE(same(*of_type, *last_of_type));
    }
    if (!head) return;
    ASSERT_EQ(head->name, name);
    ASSERT_EQ(head->first, wanted.front()->position);
    ASSERT_EQ(head->last, wanted.back()->position);
    ASSERT_EQ(head->first_global, wanted.front()->global_position);
    ASSERT_EQ(head->last_global, wanted.back()->global_position);
    ASSERT_EQ(head->last_time, wanted.back()->time);
    ASSERT_EQ(head->tag, wanted.back()->tag);
    ASSERT_TRUE(same(*wanted.back(), *log_.find_last(name, "")));
  }

  void check_ids_and_counts() {
    ASSERT_EQ(log_.message_count(), model_.messages.size());
    ASSERT_EQ(log_.empty(), model_.messages.empty());
    ASSERT_FALSE(log_.find_id(dropped_id_).has_value());
    if (model_.messages.empty()) return;
    ASSERT_EQ(log_.first(), model_.messages.front().global_position);
    ASSERT_EQ(log_.last(), model_.messages.back().global_position);
    const auto count = static_cast<std::int64_t>(model_.messages.size());
    const auto& some = model_.messages[static_cast<std::size_t>(below(count))];
    const auto found = log_.find_id(some.id);
    ASSERT_TRUE(found && same(some, *found));
    std::map<std::string_view, std::map<std::string_view, std::int64_t>> categories;
    for (const auto& m : model_.messages) ++categories[category_of(m.stream)][m.stream];
    std::size_t streams = 0;
    for (const auto& [name, members] : categories) {
      std::int64_t messages = 0;
      for (const auto& [stream, number] : members) messages += number;
      const auto head = log_.find_category(name);
      ASSERT_TRUE(head.has_value());
      ASSERT_EQ(head->name, name);
      ASSERT_EQ(head->message_count, messages);
      ASSERT_EQ(head->stream_count, static_cast<std::int64_t>(members.size()));
      streams += members.size();
    }
    ASSERT_EQ(log_.stream_count(), streams);
  }

  void check_records() {
    struct All : LogVisitor {
      bool visit(const LogRecord& record) override {
        found.emplace_back(record.message);
        found.back().correlation = record.correlation;
        found.back().tag = record.stream_tag;
        return true;
      }
      std::vector<ModelMessage> found;
    } all;
    const std::int64_t from = some_global();
    log_.read_records({from}, all);
    const auto wanted = model_.category({.category = "", .next = {from}, .remaining = -1});
    ASSERT_EQ(all.found.size(), wanted.size());
    for (std::size_t i = 0; i < wanted.size(); ++i) {
      ASSERT_TRUE(same(*wanted[i], all.found[i].view()));
      ASSERT_EQ(wanted[i]->correlation, all.found[i].correlation);
      ASSERT_EQ(wanted[i]->tag, all.found[i].tag);
    }
  }

  void check_everything() {
    for (int i = 0; i < 10; ++i) {
      ASSERT_NO_FATAL_FAILURE(check_stream_read());
      ASSERT_NO_FATAL_FAILURE(check_category_read());
      ASSERT_NO_FATAL_FAILURE(check_heads());
    }
    ASSERT_NO_FATAL_FAILURE(check_ids_and_counts());
    ASSERT_NO_FATAL_FAILURE(check_records());
  }

  MessageLog log_;
  LogModel model_;

 private:
  std::mt19937_64 random_;
  std::int64_t global_ = 0;
  std::map<std::string, std::int64_t> heads_;
  MessageId dropped_id_;
};

TEST_P(LogRandom, FindsWhatAScanFinds) {
  ASSERT_NO_FATAL_FAILURE(check_everything());
  for (int round = 0; round < 60; ++round) {
    append_some(GetParam() % 3 == 0 ? 200 : 25);
    ASSERT_NO_FATAL_FAILURE(check_everything()) << "after appends of round " << round;
    if (round % 3 == 2) drop_some();
    ASSERT_NO_FATAL_FAILURE(check_everything()) << "after drops of round " << round;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, LogRandom, ::testing::Range(1, 13));

}  // namespace
}  // namespace eventodb::store
