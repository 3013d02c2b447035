#include "store/sqlite/sqlite_append_batch.hpp"

#include <algorithm>

#include "base/rfc3339.hpp"
#include "base/uuid.hpp"
#include "core/refusals.hpp"

namespace eventodb::store::sqlite {
namespace {

/// A batch that grew past this gives its memory back.
constexpr std::size_t kMessagesKeptMax = 8192;

/// Opens a lock for the time of a look-up.
class Unlocked {
 public:
  explicit Unlocked(std::unique_lock<std::mutex>& lock) : lock_(lock) { lock_.unlock(); }
  ~Unlocked() { lock_.lock(); }
  Unlocked(const Unlocked&) = delete;
  Unlocked& operator=(const Unlocked&) = delete;

 private:
  std::unique_lock<std::mutex>& lock_;
};

/// Ids that are looked up under the lock at once, where the index moved on during a plan: they take
/// some 10 µs.
constexpr std::size_t kIdsUnderLock = 64;

/// What a search holds keeps pages of the index from being used again.
class ClearAtEnd {
 public:
  explicit ClearAtEnd(IdSearch& search) : search_(search) {}
  ~ClearAtEnd() { search_.clear(); }
  ClearAtEnd(const ClearAtEnd&) = delete;
  ClearAtEnd& operator=(const ClearAtEnd&) = delete;

 private:
  IdSearch& search_;
};

}  // namespace

void AppendBatch::clear() {
  files_ = nullptr;
  pending_.clear();
  append_count_ = 0;
  if (messages_.capacity() > kMessagesKeptMax) std::vector<Message>().swap(messages_);
  messages_.clear();
  changes_.clear();
  client_ids_.clear();
  noted_ids_.clear();
}

void AppendBatch::add(PendingAppends& pending) {
  pending_.push_back(&pending);
  append_count_ += pending.appends.size();
}

DbResult<void> AppendBatch::plan(OpenFiles& files, Lock& lock) {
  files_ = &files;
  number_ = ++files.batch_number;
  files.heads.keep_from(files.unpublished.empty() ? number_ : files.unpublished.front()->number_);
  end_ = files.log_end;
  end_.last_time = std::max(base::wall_clock_now(), end_.last_time);
  const ClearAtEnd let_go(ids_);
  search_ids(lock);
  for (PendingAppends* pending : pending_) {
    for (Append& append : pending->appends) {
      if (auto planned = plan_append(append, lock); !planned) {
        revert();
        return planned;
      }
    }
  }
  return {};
}

void AppendBatch::search_ids(Lock& lock) {
  next_id_ = 0;
  for (const PendingAppends* pending : pending_) {
    for (const Append& append : pending->appends) {
      for (const NewMessage& message : append.messages) {
        if (message.id) ids_.add(IdKey::of(*message.id));
      }
    }
  }
  if (ids_.ids().empty()) return;
  auto directory = files_->ids;
  const Unlocked unlocked(lock);
  ids_.run(std::move(directory));
}

DbResult<void> AppendBatch::plan_append(Append& append, Lock& lock) {
  const Mark before = mark();
  append.outcome = Result<void>();
  auto refusal = try_append(append, lock);
  if (!refusal) return refusal.error();
  if (*refusal) {
    undo_to(before);
    append.outcome = std::move(**refusal);
  }
  return {};
}

DbResult<std::optional<Error>> AppendBatch::try_append(Append& append, Lock& lock) {
  const auto retry = find_retry(append, lock);
  if (!retry) return retry.error();
  if (*retry) return std::nullopt;
  for (std::size_t i = 0; i < append.messages.size(); ++i) {
    const NewMessage& message = append.messages[i];
    const auto head = find_head(message.stream, lock);
    if (!head) return head.error();
    const std::int64_t version = (*head)->planned.version;
    if (!message.expected_version.accepts(version)) {
      return version_conflict(message.expected_version.version(), version, i);
    }
    if (message.id) {
      if (auto& stored = stored_[i]) {
        return message_id_exists(*message.id, stored->stream, stored->written);
      }
      const auto [at, is_new] = client_ids_.try_emplace(*message.id, messages_.size());
      if (!is_new) {  // twice in this append
        const MessageView& first = messages_[at->second].view;
        return message_id_exists(*message.id, first.stream,
                                 {first.position, first.global_position});
      }
      noted_ids_.push_back(*message.id);
    }
    plan_message(message, **head, append.written[i]);
  }
  return std::nullopt;
}

DbResult<bool> AppendBatch::find_retry(Append& append, Lock& lock) {
  const auto has_id = [](const NewMessage& message) { return message.id.has_value(); };
  if (std::none_of(append.messages.begin(), append.messages.end(), has_id)) return false;
  stored_.clear();
  bool all_same = true;
  for (const NewMessage& message : append.messages) {
    stored_.emplace_back();
    if (message.id) {
      auto found = find_stored(message, next_id_++, lock);
      if (!found) return found.error();
      stored_.back() = std::move(*found);
    }
    all_same = all_same && stored_.back() && stored_.back()->is_same;
  }
  if (!all_same) return false;
  for (std::size_t i = 0; i < stored_.size(); ++i) append.written[i] = stored_[i]->written;
  return true;
}

DbResult<std::optional<AppendBatch::Stored>> AppendBatch::find_stored(const NewMessage& message,
                                                                      std::size_t id, Lock& lock) {
  const auto stored_as = [&message](const MessageView& view) {
    return Stored{{view.position, view.global_position},
                  std::string(view.stream),
                  is_same_content(view, message)};
  };
  if (const MessageView* planned = find_planned(*message.id)) return stored_as(*planned);
  for (const AppendBatch* before : files_->unpublished) {
    if (const MessageView* planned = before->find_planned(*message.id)) return stored_as(*planned);
  }
  if (const auto view = files_->tail.find_id(*message.id)) return stored_as(*view);
  // It has all that the tail has not, if it is the one that goes with the tail as it is now: the
  // lock was open after it was taken.
  if (!ids_.has_searched(files_->ids.get(), id)) ids_.run(files_->ids, id, kIdsUnderLock);
  const auto pages = ids_.pages_of(id);
  if (pages.empty()) return std::nullopt;
  const Unlocked unlocked(lock);
  if (auto opened = open_lookup(); !opened) return opened.error();
  const auto at = files_->lookup.find_id(ids_.ids()[id], pages);
  if (!at) return at.error();
  if (!*at) return std::nullopt;
  MessageRow row;
  const ResetAtEnd fetching = files_->log.start_fetching();
  const auto found = files_->log.fetch(**at, row);
  if (!found) return found.error();
  std::optional<Stored> stored;
  if (*found && row.message.id == *message.id) stored = stored_as(row.message);
  if (!stored) return files_->lookup.failure(SQLITE_CORRUPT);
  return stored;
}

const MessageView* AppendBatch::find_planned(const MessageId& id) const {
  const auto at = client_ids_.find(id);
  return at == client_ids_.end() ? nullptr : &messages_[at->second].view;
}

DbResult<HeadCache::Entry*> AppendBatch::find_head(std::string_view stream, Lock& lock) {
  if (HeadCache::Entry* entry = use_head(stream)) return entry;
  StreamHead head;
  if (const auto in_tail = files_->tail.find_stream(stream)) {
    head = {static_cast<std::int64_t>(in_tail->tag), in_tail->last.value};
  } else {
    {
      const Unlocked unlocked(lock);
      if (auto opened = open_lookup(); !opened) return opened.error();
      const auto found = files_->lookup.find_stream(stream);
      if (!found) return found.error();
      head = *found;
    }
    // A reader may have looked it up meanwhile.
    if (HeadCache::Entry* entry = use_head(stream)) return entry;
  }
  return &files_->heads.insert(stream, head, number_);
}

HeadCache::Entry* AppendBatch::use_head(std::string_view stream) {
  HeadCache::Entry* entry = files_->heads.find(stream);
  if (entry != nullptr) entry->batch = number_;
  return entry;
}

DbResult<void> AppendBatch::open_lookup() {
  if (files_->lookup.is_open()) return {};
  return files_->lookup.open(files_->place.index_path());
}

void AppendBatch::plan_message(const NewMessage& message, HeadCache::Entry& head,
                               WrittenMessage& written) {
  const bool is_new_stream = head.planned.stream_id == 0;
  changes_.push_back({&head, head.planned, {}});
  if (is_new_stream) head.planned.stream_id = ++end_.stream_count;
  ++head.planned.version;
  changes_.back().after = head.planned;
  ++end_.message_count;
  written = {Position{head.planned.version}, GlobalPosition{++end_.last_global}};
  messages_.push_back({.view = {.stream = message.stream,
                                .type = message.type,
                                .data = message.data,
                                .metadata = message.metadata,
                                .position = written.position,
                                .global_position = written.global_position,
                                .id = message.id ? *message.id : base::make_uuid_v7(),
                                .time = end_.last_time},
                       .stream_id = head.planned.stream_id,
                       .is_new_stream = is_new_stream});
}

void AppendBatch::undo_to(const Mark& mark) {
  while (changes_.size() > mark.changes) {
    changes_.back().entry->planned = changes_.back().before;
    changes_.pop_back();
  }
  for (; noted_ids_.size() > mark.noted_ids; noted_ids_.pop_back()) {
    client_ids_.erase(noted_ids_.back());
  }
  messages_.resize(mark.messages);
  end_ = mark.end;
}

void AppendBatch::accept_heads() {
  for (const HeadChange& change : changes_) change.entry->head = change.after;
}

void AppendBatch::revert() {
  if (files_ == nullptr) return;  // nothing was planned
  undo_to(Mark{.end = files_->log_end});
}

void AppendBatch::fail_all(const Error& error) {
  for (PendingAppends* pending : pending_) pending->fail(error);
}

base::ThreadHop* AppendBatch::chain() {
  for (std::size_t i = 0; i < pending_.size(); ++i) {
    pending_[i]->next_hop = i + 1 < pending_.size() ? pending_[i + 1] : nullptr;
  }
  return pending_.empty() ? nullptr : pending_.front();
}

}  // namespace eventodb::store::sqlite
