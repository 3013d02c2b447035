#include "crash/store/ledger_check.hpp"

#include <algorithm>
#include <map>
#include <set>

namespace eventodb::crash {
namespace {

using contract::Log;
using contract::must;

std::string describe(Ledger& ledger, std::uint32_t i) {
  const Entry& entry = ledger[i];
  return "entry " + std::to_string(i) + " (batch " + std::to_string(entry.batch) + " of " +
         std::to_string(entry.batch_size) + ", outcome " +
         std::to_string(static_cast<int>(entry.outcome)) + ", position " +
         std::to_string(entry.position) + ", global " + std::to_string(entry.global_position) + ")";
}

/// Where each entry was found; -1: nowhere.
using Places = std::vector<std::int64_t>;

/// Every message is one that was sent, once, unchanged, without gaps in any numbering.
void check_messages(const std::vector<test::OwnedMessage>& messages, Ledger& ledger,
                    Places& places) {
  std::map<std::string, std::int64_t> next_position;
  std::int64_t next_global = 1;
  for (const auto& message : messages) {
    ASSERT_EQ(message.global_position.value, next_global++);
    ASSERT_EQ(message.position.value, next_position[message.stream]++) << message.stream;
    const std::uint32_t i = entry_of(message.data);
    ASSERT_LT(i, ledger.size()) << "never sent: " << message.data;
    const Entry& entry = ledger[i];
    ASSERT_EQ(message.data, data_of(i));
    ASSERT_EQ(message.stream, stream_name(entry.stream));
    ASSERT_EQ(places[i], -1) << "stored twice: " << describe(ledger, i);
    ASSERT_NE(entry.outcome, Outcome::kRefused) << describe(ledger, i);
    if (entry.has_id) {
      ASSERT_EQ(message.id, entry.id);
    }
    if (entry.has_expected) {
      ASSERT_EQ(message.position.value, entry.expected + 1);
    }
    if (entry.outcome == Outcome::kStored) {
      ASSERT_EQ(message.position.value, entry.position) << describe(ledger, i);
      ASSERT_EQ(message.global_position.value, entry.global_position) << describe(ledger, i);
    }
    places[i] = message.global_position.value;
  }
}

/// Nothing acknowledged is missing; batches are whole and together.
void check_presence(Ledger& ledger, const Places& places) {
  for (std::uint32_t i = 0; i < ledger.size(); i += ledger[i].batch_size) {
    const std::uint32_t size = ledger[i].batch_size;
    if (ledger[i].outcome == Outcome::kStored) {
      for (std::uint32_t j = 0; j < size; ++j) {
        ASSERT_NE(places[i + j], -1) << "lost: " << describe(ledger, i + j);
      }
    }
    for (std::uint32_t j = 1; j < size; ++j) {
      const std::int64_t wanted = places[i] == -1 ? -1 : places[i] + j;
      ASSERT_EQ(places[i + j], wanted) << "torn batch: " << describe(ledger, i + j);
    }
  }
}

/// What was acknowledged before another was sent stands before it.
void check_real_time_order(Ledger& ledger, const Places& places) {
  struct Moment {
    std::uint64_t at;
    bool is_send;
    std::int64_t place;
  };
  std::vector<Moment> moments;
  for (std::uint32_t i = 0; i < ledger.size(); ++i) {
    if (places[i] == -1) continue;
    moments.push_back({ledger[i].sent_at, true, places[i]});
    if (const auto at = ledger[i].answered_at.load(); at != 0) {
      moments.push_back({at, false, places[i]});
    }
  }
  std::sort(moments.begin(), moments.end(),
            [](const Moment& a, const Moment& b) { return a.at < b.at; });
  std::int64_t highest_answered = 0;
  for (const Moment& moment : moments) {
    if (moment.is_send) {
      ASSERT_GT(moment.place, highest_answered);
    } else {
      highest_answered = std::max(highest_answered, moment.place);
    }
  }
}

/// The derived answers agree with the log itself.
void check_derived(const Log& log, const std::vector<test::OwnedMessage>& messages) {
  std::map<std::string, std::vector<std::int64_t>> streams;
  std::map<std::string, contract::CategoryRow> categories;
  for (const auto& message : messages) {
    auto& globals = streams[message.stream];
    const std::string category(category_of(message.stream));
    auto& row = categories.try_emplace(category, category, 0, 0).first->second;
    if (globals.empty()) ++row.stream_count;
    ++row.message_count;
    globals.push_back(message.global_position.value);
  }
  for (const auto& [name, globals] : streams) {
    ASSERT_EQ(log.read_stream(name).global_positions(), globals) << name;
    ASSERT_EQ(must(log.last(name))->global_position.value, globals.back());
    ASSERT_EQ(must(log.version(name))->value, static_cast<std::int64_t>(globals.size()) - 1);
  }
  ASSERT_EQ(must(log.streams()).size(), streams.size());
  std::vector<contract::CategoryRow> rows;
  for (const auto& [name, row] : categories) rows.push_back(row);
  ASSERT_EQ(must(log.categories()), rows);
  const auto info = must(log.info());
  ASSERT_EQ(info.message_count, static_cast<std::int64_t>(messages.size()));
  ASSERT_EQ(info.stream_count, static_cast<std::int64_t>(streams.size()));
}

}  // namespace

std::vector<std::uint32_t> unanswered_in(Ledger& ledger) {
  std::vector<std::uint32_t> found;
  for (std::uint32_t i = 0; i < ledger.size(); ++i) {
    if (ledger[i].answered_at != 0) continue;
    // Killed while it noted the answer: as if there had been none.
    ledger[i].outcome = Outcome::kUnknown;
    ledger[i].position = ledger[i].global_position = -1;
  }
  for (std::uint32_t i = 0; i < ledger.size(); i += ledger[i].batch_size) {
    const Entry& entry = ledger[i];
    if (entry.outcome == Outcome::kUnknown && entry.sent_at != 0) found.push_back(i);
  }
  return found;
}

void check_against_ledger(const Log& log, Ledger& ledger) {
  const auto messages = log.read_all().messages;
  Places places(ledger.size(), -1);
  ASSERT_NO_FATAL_FAILURE(check_messages(messages, ledger, places));
  ASSERT_NO_FATAL_FAILURE(check_presence(ledger, places));
  ASSERT_NO_FATAL_FAILURE(check_real_time_order(ledger, places));
  ASSERT_NO_FATAL_FAILURE(check_derived(log, messages));
  for (std::uint32_t i = 0; i < ledger.size(); ++i) {
    Entry& entry = ledger[i];
    if (entry.outcome != Outcome::kUnknown) continue;
    entry.outcome = places[i] == -1 ? Outcome::kRefused : Outcome::kStored;
    if (places[i] == -1) continue;
    const auto& message = messages[static_cast<std::size_t>(places[i] - 1)];
    entry.position = message.position.value;
    entry.global_position = message.global_position.value;
  }
}

void resend_unanswered(const Log& log, Ledger& ledger,
                       const std::vector<std::uint32_t>& unanswered) {
  for (const std::uint32_t first : unanswered) {
    if (!ledger[first].has_id) continue;
    const std::uint32_t size = ledger[first].batch_size;
    std::vector<std::string> texts;
    texts.reserve(2 * size);
    std::vector<NewMessage> messages;
    for (std::uint32_t i = first; i < first + size; ++i) {
      texts.push_back(stream_name(ledger[i].stream));
      texts.push_back(data_of(i));
      messages.push_back(contract::event(texts[texts.size() - 2], texts.back()));
      messages.back().type = kType;
      messages.back().id = ledger[i].id;
    }
    for (std::uint32_t i = first; i < first + size; ++i) {
      // What is not there is sent now; what is there keeps its place.
      if (ledger[i].outcome == Outcome::kRefused) ledger[i].sent_at = ledger.tick();
    }
    for (int round = 0; round < 2; ++round) {
      const auto written = must(log.append(messages));
      for (std::uint32_t j = 0; j < size; ++j) {
        Entry& entry = ledger[first + j];
        if (entry.outcome == Outcome::kStored) {
          ASSERT_EQ(written[j].position.value, entry.position);
          ASSERT_EQ(written[j].global_position.value, entry.global_position);
        }
        entry.outcome = Outcome::kStored;
        entry.has_expected = false;  // sent again without it
        entry.position = written[j].position.value;
        entry.global_position = written[j].global_position.value;
        if (entry.answered_at == 0) entry.answered_at = ledger.tick();
      }
    }
  }
}

}  // namespace eventodb::crash
