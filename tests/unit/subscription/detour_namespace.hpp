#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "base/io_thread.hpp"
#include "eventodb/store.hpp"

namespace eventodb::subscription {

/// A detour that lets all others run first.
inline Awaitable<void> yield() {
  co_await base::next_turn();
}

/// A namespace whose reads can be made to wait before and after they look at the log, as those of a
/// store on disk do, or to fail.
class DetourNamespace final : public Namespace {
 public:
  explicit DetourNamespace(NamespaceHandle inner) : inner_(std::move(inner)) {}

  /// Awaited before and after every read, and before head().
  std::function<Awaitable<void>()> detour;
  /// What reads answer instead of reading.
  std::optional<Error> read_failure;
  /// What reads answer that have delivered what they found.
  std::optional<Error> late_read_failure;

  std::string_view id() const override { return inner_->id(); }
  std::string_view description() const override { return inner_->description(); }
  Timestamp created_at() const override { return inner_->created_at(); }
  TokenHash token_hash() const override { return inner_->token_hash(); }
  bool is_deleted() const override { return inner_->is_deleted(); }
  Awaitable<Result<void>> append(std::span<const NewMessage> messages,
                                 std::span<WrittenMessage> written) override {
    return inner_->append(messages, written);
  }
  Awaitable<Result<ReadState>> read_stream(StreamCursor& cursor, MessageVisitor& visitor) override {
    if (detour) co_await detour();
    if (read_failure) co_return *read_failure;
    const auto state = co_await inner_->read_stream(cursor, visitor);
    if (detour) co_await detour();
    if (late_read_failure) co_return *late_read_failure;
    co_return state;
  }
  Awaitable<Result<ReadState>> read_category(CategoryCursor& cursor,
                                             MessageVisitor& visitor) override {
    if (detour) co_await detour();
    if (read_failure) co_return *read_failure;
    const auto state = co_await inner_->read_category(cursor, visitor);
    if (detour) co_await detour();
    co_return state;
  }
  Awaitable<Result<bool>> read_last(std::string_view stream, std::string_view type,
                                    MessageVisitor& visitor) override {
    return inner_->read_last(stream, type, visitor);
  }
  Awaitable<Result<std::optional<Position>>> stream_version(std::string_view stream) override {
    return inner_->stream_version(stream);
  }
  Awaitable<Result<NamespaceInfo>> info() override { return inner_->info(); }
  Awaitable<Result<void>> list_streams(std::string_view prefix, std::string_view after,
                                       std::int64_t limit, StreamInfoVisitor& visitor) override {
    return inner_->list_streams(prefix, after, limit, visitor);
  }
  Awaitable<Result<void>> list_categories(CategoryInfoVisitor& visitor) override {
    return inner_->list_categories(visitor);
  }
  Awaitable<Result<GlobalPosition>> head() override {
    if (detour) co_await detour();
    if (read_failure) co_return *read_failure;
    co_return co_await inner_->head();
  }
  void watch(HeadListener& listener) override { inner_->watch(listener); }
  void unwatch(HeadListener& listener) override { inner_->unwatch(listener); }

 private:
  NamespaceHandle inner_;
};

}  // namespace eventodb::subscription
