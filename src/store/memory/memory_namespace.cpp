#include "store/memory/memory_namespace.hpp"

#include <algorithm>
#include <new>
#include <utility>

#include "base/check.hpp"
#include "base/rfc3339.hpp"
#include "base/uuid.hpp"
#include "core/refusals.hpp"
#include "store/memory/append_check.hpp"

namespace eventodb::store {
namespace {

/// Adds a name to a set for as long as this object lives, or for good when kept.
class NameInsertion {
 public:
  NameInsertion(std::set<std::string, std::less<>>& names, std::string_view name) : names_(names) {
    std::tie(place_, is_new_) = names.emplace(name);
  }
  ~NameInsertion() {
    if (is_new_) names_.erase(place_);
  }
  NameInsertion(const NameInsertion&) = delete;
  NameInsertion& operator=(const NameInsertion&) = delete;

  void keep() { is_new_ = false; }

 private:
  std::set<std::string, std::less<>>& names_;
  std::set<std::string, std::less<>>::iterator place_;
  bool is_new_ = false;
};

}  // namespace

MemoryNamespace::MemoryNamespace(const NewNamespace& wanted, Timestamp created_at)
    : id_(wanted.id),
      description_(wanted.description),
      metadata_(wanted.metadata),
      created_at_(created_at),
      token_hash_(wanted.token_hash),
      contents_(std::make_unique<Contents>()) {}

TokenHash MemoryNamespace::token_hash() const {
  const std::lock_guard lock(mutex_);
  return token_hash_;
}

void MemoryNamespace::set_token_hash(const TokenHash& hash) {
  const std::lock_guard lock(mutex_);
  token_hash_ = hash;
}

bool MemoryNamespace::is_deleted() const {
  const std::lock_guard lock(mutex_);
  return contents_ == nullptr;
}

std::optional<std::int64_t> MemoryNamespace::message_count() const {
  const std::lock_guard lock(mutex_);
  if (contents_ == nullptr) return std::nullopt;
  return static_cast<std::int64_t>(contents_->log.message_count());
}

std::int64_t MemoryNamespace::erase() {
  std::unique_ptr<Contents> erased;  // freed outside the lock: nobody waits for that
  {
    const std::lock_guard lock(mutex_);
    erased = std::move(contents_);
  }
  listeners_.end();
  return erased == nullptr ? 0 : static_cast<std::int64_t>(erased->log.message_count());
}

/// Runs `work` on the contents under the lock, or fails when there are none any more.
template <class T, class Work>
Result<T> MemoryNamespace::with_contents(const Work& work) {
  const std::lock_guard lock(mutex_);
  if (contents_ == nullptr) return unknown_namespace(id_);
  return work(*contents_);
}

Awaitable<Result<void>> MemoryNamespace::append(std::span<const NewMessage> messages,
                                                std::span<WrittenMessage> written) {
  auto stored = append_now(messages, written);
  if (!stored) co_return std::move(stored).error();
  if (*stored) listeners_.tell_head_moved();
  co_return Result<void>();
}

Awaitable<void> MemoryNamespace::append_each(std::span<Append> appends) {
  bool has_moved = false;
  for (Append& each : appends) {
    auto stored = append_now(each.messages, each.written);
    has_moved = has_moved || (stored && *stored);
    each.outcome = stored ? Result<void>() : std::move(stored).error();
  }
  if (has_moved) listeners_.tell_head_moved();
  co_return;
}

Result<bool> MemoryNamespace::append_now(std::span<const NewMessage> messages,
                                         std::span<WrittenMessage> written) try {
  EVENTODB_CHECK(!messages.empty() && messages.size() == written.size());
  const std::lock_guard lock(mutex_);
  if (contents_ == nullptr) return unknown_namespace(id_);
  Contents& contents = *contents_;
  if (is_retry(contents.log, messages, written)) return false;
  if (auto planned = plan_append(contents.log, messages, written); !planned) {
    return std::move(planned).error();
  }
  contents.last_time = std::max(contents.last_time, base::wall_clock_now());
  for (std::size_t i = 0; i < messages.size(); ++i) insert(contents, messages[i], written[i]);
  return true;
} catch (const std::bad_alloc&) {
  return Error{ErrorCode::kBackendError, "Out of memory", {}};
}

void MemoryNamespace::insert(Contents& contents, const NewMessage& message,
                             WrittenMessage& written) {
  const MessageView stored{.stream = message.stream,
                           .type = message.type,
                           .data = message.data,
                           .metadata = message.metadata,
                           .position = written.position,
                           .global_position = written.global_position,
                           .id = message.id ? *message.id : base::make_uuid_v7(),
                           .time = contents.last_time};
  if (written.position.value != 0) return contents.log.append(stored);
  NameInsertion stream(contents.streams, message.stream);
  NameInsertion category(contents.categories, category_of(message.stream));
  contents.log.append(stored);
  stream.keep();
  category.keep();
}

Awaitable<Result<ReadState>> MemoryNamespace::read_stream(StreamCursor& cursor,
                                                          MessageVisitor& visitor) {
  co_return with_contents<ReadState>(
      [&](Contents& contents) { return contents.log.read_stream(cursor, visitor); });
}

Awaitable<Result<ReadState>> MemoryNamespace::read_category(CategoryCursor& cursor,
                                                            MessageVisitor& visitor) {
  co_return with_contents<ReadState>(
      [&](Contents& contents) { return contents.log.read_category(cursor, visitor); });
}

Awaitable<Result<bool>> MemoryNamespace::read_last(std::string_view stream, std::string_view type,
                                                   MessageVisitor& visitor) {
  co_return with_contents<bool>([&](Contents& contents) {
    const auto last = contents.log.find_last(stream, type);
    if (last) visitor.visit(*last);
    return last.has_value();
  });
}

Awaitable<Result<std::optional<Position>>> MemoryNamespace::stream_version(
    std::string_view stream) {
  co_return with_contents<std::optional<Position>>([&](Contents& contents) {
    const auto head = contents.log.find_stream(stream);
    return head ? std::optional(head->last) : std::nullopt;
  });
}

Awaitable<Result<NamespaceInfo>> MemoryNamespace::info() {
  co_return with_contents<NamespaceInfo>([](Contents& contents) {
    NamespaceInfo info;
    info.message_count = static_cast<std::int64_t>(contents.log.message_count());
    info.stream_count = static_cast<std::int64_t>(contents.log.stream_count());
    if (!contents.log.empty()) info.last_activity = contents.last_time;
    return info;
  });
}

Awaitable<Result<void>> MemoryNamespace::list_streams(std::string_view prefix,
                                                      std::string_view after, std::int64_t limit,
                                                      StreamInfoVisitor& visitor) {
  co_return with_contents<void>([&](Contents& contents) -> Result<void> {
    const auto& names = contents.streams;
    auto at = after < prefix ? names.lower_bound(prefix) : names.upper_bound(after);
    for (std::int64_t n = 0; n < limit && at != names.end() && at->starts_with(prefix); ++n, ++at) {
      const auto head = contents.log.find_stream(*at);
      visitor.visit({.name = *at, .version = head->last, .last_activity = head->last_time});
    }
    return {};
  });
}

Awaitable<Result<void>> MemoryNamespace::list_categories(CategoryInfoVisitor& visitor) {
  co_return with_contents<void>([&](Contents& contents) -> Result<void> {
    for (const std::string& name : contents.categories) {
      const auto head = contents.log.find_category(name);
      visitor.visit(
          {.name = name, .stream_count = head->stream_count, .message_count = head->message_count});
    }
    return {};
  });
}

Awaitable<Result<GlobalPosition>> MemoryNamespace::head() {
  co_return with_contents<GlobalPosition>([](Contents& contents) {
    return contents.log.empty() ? GlobalPosition{0} : contents.log.last();
  });
}

}  // namespace eventodb::store
