#include <limits>

#include "eventodb/limits.hpp"
#include "eventodb/stream_name.hpp"
#include "store/log/message_log.hpp"

namespace eventodb::store {
namespace {

/// Sets `next` behind `read`. False when nothing can lie behind it.
bool pass(std::int64_t& next, std::int64_t read) {
  if (read == std::numeric_limits<std::int64_t>::max()) return false;
  next = read + 1;
  return true;
}

/// Counts one delivered message. False when no more are wanted.
bool want_more(std::int64_t& remaining) {
  return remaining < 0 || --remaining > 0;
}

std::optional<std::uint64_t> group_hash_of_entry(StreamEntry& stream) {
  using State = StreamEntry::GroupHash;
  if (stream.group_hash_state == State::kUnknown) {
    const auto hash = group_hash_of(stream.name());
    stream.group_hash = hash.value_or(0);
    stream.group_hash_state = hash ? State::kKnown : State::kNone;
  }
  if (stream.group_hash_state == State::kNone) return std::nullopt;
  return stream.group_hash;
}

}  // namespace

struct MessageLog::CategoryFilter {
  const CategoryEntry* category = nullptr;     // nullptr: any
  const CategoryEntry* correlation = nullptr;  // nullptr: any
  std::optional<ConsumerGroup> group;

  bool passes(const Record& record) const {
    if (category != nullptr && record.stream->category != category) return false;
    if (correlation != nullptr && record.correlation() != correlation) return false;
    return !group || is_member(group_hash_of_entry(*record.stream), *group);
  }
};

std::optional<MessageLog::StreamHead> MessageLog::find_stream(std::string_view name) const {
  const StreamEntry* stream = find_stream_entry(hash_of(name), name);
  if (stream == nullptr) return std::nullopt;
  const Record& first = blocks_.at(stream->chain.first());
  const Record& last = blocks_.at(stream->chain.last());
  return StreamHead{.name = stream->name(),
                    .first = {first.position},
                    .last = {last.position},
                    .first_global = {first.global_position},
                    .last_global = {last.global_position},
                    .last_time = {last.time_us},
                    .tag = stream->tag};
}

std::optional<MessageLog::CategoryHead> MessageLog::find_category(std::string_view name) const {
  const CategoryEntry* category = find_category_entry(categories_, hash_of(name), name);
  if (category == nullptr) return std::nullopt;
  return CategoryHead{.name = category->name(),
                      .stream_count = category->stream_count,
                      .message_count = category->message_count};
}

std::optional<MessageView> MessageLog::find_id(const MessageId& id) const {
  const std::uint64_t* ref =
      ids_.find(hash_of(id), [&](std::uint64_t value) { return blocks_.at(value).id == id; });
  if (ref == nullptr) return std::nullopt;
  return blocks_.at(*ref).view();
}

std::optional<MessageView> MessageLog::find_last(std::string_view stream,
                                                 std::string_view type) const {
  const StreamEntry* entry = find_stream_entry(hash_of(stream), stream);
  if (entry == nullptr) return std::nullopt;
  if (type.empty()) return blocks_.at(entry->chain.last()).view();
  const std::uint64_t* ref = find_type(*entry, type);
  if (ref == nullptr) return std::nullopt;
  return blocks_.at(*ref).view();
}

ReadState MessageLog::read_stream(StreamCursor& cursor, MessageVisitor& visitor) const {
  if (cursor.remaining == 0) return ReadState::kDone;
  const StreamEntry* stream = find_stream_entry(hash_of(cursor.stream), cursor.stream);
  if (stream == nullptr) return ReadState::kDone;
  constexpr auto kLowest = GlobalPosition{std::numeric_limits<std::int64_t>::min()};
  const GlobalPosition from = cursor.from_global.value_or(kLowest);
  Ref ref = stream->chain.find<StreamChain>(blocks_, [&](const Record& record) {
    return record.position >= cursor.next.value && record.global_position >= from.value;
  });
  for (std::size_t visited = 0; ref != kNoRef; ++visited) {
    if (visited == limits::kReadStepRowsMax) return ReadState::kMore;
    const Record& record = blocks_.at(ref);
    const bool go_on = visitor.visit(record.view());
    if (!pass(cursor.next.value, record.position)) cursor.remaining = 0;
    if (cursor.remaining == 0 || !want_more(cursor.remaining)) return ReadState::kDone;
    if (!go_on) return ReadState::kMore;
    ref = record.stream_links.next;
  }
  return ReadState::kDone;
}

template <class Next>
ReadState MessageLog::walk(CategoryCursor& cursor, const CategoryFilter& filter, Ref from,
                           const Next& next, MessageVisitor& visitor) const {
  Ref ref = from;
  for (std::size_t visited = 0; ref != kNoRef; ++visited) {
    if (visited == limits::kReadStepRowsMax) return ReadState::kMore;
    Record& record = blocks_.at(ref);
    const bool wanted = filter.passes(record);
    const bool go_on = !wanted || visitor.visit(record.view());
    if (!pass(cursor.next.value, record.global_position)) cursor.remaining = 0;
    if (cursor.remaining == 0) return ReadState::kDone;
    if (wanted && !want_more(cursor.remaining)) return ReadState::kDone;
    if (!go_on) return ReadState::kMore;
    ref = next(record, ref);
  }
  return ReadState::kDone;
}

template <class Kind>
ReadState MessageLog::walk_chain(CategoryCursor& cursor, const CategoryFilter& filter,
                                 const Chain& chain, MessageVisitor& visitor) const {
  const Ref from = chain.find<Kind>(
      blocks_, [&](const Record& record) { return record.global_position >= cursor.next.value; });
  const auto next = [](Record& record, Ref) { return Kind::links(record).next; };
  return walk(cursor, filter, from, next, visitor);
}

ReadState MessageLog::read_category(CategoryCursor& cursor, MessageVisitor& visitor) const {
  if (cursor.remaining == 0) return ReadState::kDone;
  CategoryFilter filter{.group = cursor.group};
  if (!cursor.category.empty()) {
    filter.category = find_category_entry(categories_, hash_of(cursor.category), cursor.category);
    if (filter.category == nullptr) return ReadState::kDone;
  }
  if (!cursor.correlation.empty()) {
    filter.correlation =
        find_category_entry(correlations_, hash_of(cursor.correlation), cursor.correlation);
    if (filter.correlation == nullptr) return ReadState::kDone;
  }
  // Along the chain with fewer messages; the other condition is checked on the way.
  const CategoryEntry* category = filter.category;
  const CategoryEntry* correlation = filter.correlation;
  if (correlation != nullptr &&
      (category == nullptr || correlation->message_count <= category->message_count)) {
    return walk_chain<CorrelationChain>(cursor, filter, correlation->chain, visitor);
  }
  if (category != nullptr) {
    return walk_chain<CategoryChain>(cursor, filter, category->chain, visitor);
  }
  const auto next = [this](Record&, Ref ref) { return blocks_.next(ref); };
  return walk(cursor, filter, blocks_.find(cursor.next.value), next, visitor);
}

void MessageLog::read_records(GlobalPosition from, LogVisitor& visitor) const {
  for (Ref ref = blocks_.find(from.value); ref != kNoRef; ref = blocks_.next(ref)) {
    const Record& record = blocks_.at(ref);
    const CategoryEntry* correlation = record.correlation();
    const LogRecord found{
        .message = record.view(),
        .stream_tag = record.stream->tag,
        .correlation = correlation == nullptr ? std::string_view() : correlation->name()};
    if (!visitor.visit(found)) return;
  }
}

}  // namespace eventodb::store
