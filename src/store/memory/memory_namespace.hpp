#pragma once

#include <memory>
#include <mutex>
#include <set>
#include <string>

#include "eventodb/store.hpp"
#include "store/log/message_log.hpp"
#include "store/memory/listener_list.hpp"

namespace eventodb::store {

/// One namespace of the memory store. Visitors are called under its lock.
class MemoryNamespace final : public Namespace {
 public:
  MemoryNamespace(const NewNamespace& wanted, Timestamp created_at);

  std::string_view id() const override { return id_; }
  std::string_view description() const override { return description_; }
  Timestamp created_at() const override { return created_at_; }
  TokenHash token_hash() const override;
  bool is_deleted() const override;

  Awaitable<Result<void>> append(std::span<const NewMessage> messages,
                                 std::span<WrittenMessage> written) override;
  Awaitable<void> append_each(std::span<Append> appends) override;
  Awaitable<Result<ReadState>> read_stream(StreamCursor& cursor, MessageVisitor& visitor) override;
  Awaitable<Result<ReadState>> read_category(CategoryCursor& cursor,
                                             MessageVisitor& visitor) override;
  Awaitable<Result<bool>> read_last(std::string_view stream, std::string_view type,
                                    MessageVisitor& visitor) override;
  Awaitable<Result<std::optional<Position>>> stream_version(std::string_view stream) override;
  Awaitable<Result<NamespaceInfo>> info() override;
  Awaitable<Result<void>> list_streams(std::string_view prefix, std::string_view after,
                                       std::int64_t limit, StreamInfoVisitor& visitor) override;
  Awaitable<Result<void>> list_categories(CategoryInfoVisitor& visitor) override;
  Awaitable<Result<GlobalPosition>> head() override;
  void watch(HeadListener& listener) override { listeners_.add(listener); }
  void unwatch(HeadListener& listener) override { listeners_.remove(listener); }

  // --- for the store ---

  void set_token_hash(const TokenHash& hash);
  /// Messages held; nullopt when deleted.
  std::optional<std::int64_t> message_count() const;
  /// Frees the messages and ends the listeners; returns how many messages there were.
  std::int64_t erase();
  void end_listeners() { listeners_.end(); }

 private:
  struct Contents {
    MessageLog log;
    std::set<std::string, std::less<>> streams;  // every name in byte order, for the listings
    std::set<std::string, std::less<>> categories;
    Timestamp last_time;
  };

  /// Returns whether anything was stored, and not only found again.
  Result<bool> append_now(std::span<const NewMessage> messages, std::span<WrittenMessage> written);
  static void insert(Contents& contents, const NewMessage& message, WrittenMessage& written);
  template <class T, class Work>
  Result<T> with_contents(const Work& work);

  const std::string id_;
  const std::string description_;
  const std::string metadata_;
  const Timestamp created_at_;
  mutable std::mutex mutex_;
  TokenHash token_hash_;                // under mutex_
  std::unique_ptr<Contents> contents_;  // under mutex_; nullptr: deleted
  ListenerList listeners_;
};

}  // namespace eventodb::store
