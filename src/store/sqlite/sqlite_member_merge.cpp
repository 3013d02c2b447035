#include "store/sqlite/sqlite_member_merge.hpp"

#include <algorithm>

#include "eventodb/limits.hpp"

namespace eventodb::store::sqlite {
namespace {

/// Rows of a scan that take about as long as finding where a stream goes on.
constexpr std::int64_t kRowsPerHead = 16;

bool is_lower(const MemberMerge::Head& a, const MemberMerge::Head& b) {
  return a.global_position < b.global_position;
}

bool is_higher(const MemberMerge::Head& a, const MemberMerge::Head& b) {
  return is_lower(b, a);
}

}  // namespace

DbResult<bool> MemberMerge::find_streams(IndexReader& index, std::optional<std::int64_t> category,
                                         ConsumerGroup group) {
  auto streams = index.list_group_hashes(category, last_seen_);
  if (!streams) return streams.error();
  Statement& stream = **streams;
  const ResetAtEnd reset(stream);
  for (auto rows = static_cast<std::int64_t>(limits::kReadStepRowsMax); rows > 0; --rows) {
    const Code code = stream.step();
    if (code == SQLITE_DONE) {
      std::make_heap(heads_.begin(), heads_.end(), is_higher);
      return true;
    }
    if (code != SQLITE_ROW) return index.failure(code);
    last_seen_ = stream.integer(0);
    const bool is_members =
        !stream.is_null(1) && is_member(static_cast<std::uint64_t>(stream.integer(1)), group);
    if (!is_members) continue;
    rows -= kRowsPerHead;
    const auto head = first_head(index, last_seen_);
    if (!head) return head.error();
    if (*head) keep(**head);
  }
  return false;
}

/// The first message of the stream that is wanted.
DbResult<std::optional<MemberMerge::Head>> MemberMerge::first_head(IndexReader& index,
                                                                   std::int64_t stream_id) const {
  const auto last = index.last_message(stream_id);
  if (!last) return last.error();
  if (!*last) return index.failure(SQLITE_CORRUPT);  // a stream has a message
  if ((*last)->global_position < from_) return std::nullopt;
  auto first = index.message_from(stream_id, 0);
  // Positions have no holes, neither at the beginning nor in advance().
  const bool has_first = first && *first && (*first)->position == 0;
  if (first && *first && (*first)->global_position < from_) {
    first = index.message_from(stream_id, (*first)->position + 1, (*last)->position, from_);
  }
  if (!first) return first.error();
  if (!has_first) return index.failure(SQLITE_CORRUPT);
  if (!*first || (*first)->global_position > to_) return std::nullopt;
  return Head{(*first)->global_position, stream_id, (*first)->position};
}

void MemberMerge::keep(const Head& head) {
  if (heads_.size() == heads_max_) {
    const Head& highest = heads_.front();
    end_ = std::min(end_, std::max(highest, head, is_lower).global_position);
    if (is_higher(head, highest)) return;
    std::pop_heap(heads_.begin(), heads_.end(), is_lower);
    heads_.pop_back();
  }
  heads_.push_back(head);
  std::push_heap(heads_.begin(), heads_.end(), is_lower);
}

DbResult<void> MemberMerge::advance(IndexReader& index) {
  std::pop_heap(heads_.begin(), heads_.end(), is_higher);
  const Head read = heads_.back();
  heads_.pop_back();
  const auto next = index.message_from(read.stream_id, read.position + 1);
  if (!next) return next.error();
  if (!*next) return {};
  if ((*next)->position != read.position + 1) return index.failure(SQLITE_CORRUPT);
  if ((*next)->global_position >= end_) return {};
  heads_.push_back({(*next)->global_position, read.stream_id, (*next)->position});
  std::push_heap(heads_.begin(), heads_.end(), is_higher);
  return {};
}

}  // namespace eventodb::store::sqlite
