#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <limits>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "contract/backends.hpp"
#include "eventodb/store.hpp"
#include "support/owned_message.hpp"
#include "support/run_awaitable.hpp"
#include "support/server_process.hpp"

namespace eventodb::contract {

using test::OwnedMessage;
using test::RunningIoThread;

inline constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();

/// The value of a result that must not have failed.
template <class T>
T must(Result<T> result) {
  if (!result) throw std::runtime_error("unexpected failure: " + result.error().message);
  if constexpr (!std::is_void_v<T>) return std::move(result).value();
}

/// The code a call failed with; kCount when it succeeded.
template <class T>
ErrorCode failure_of(const Result<T>& result) {
  return result ? ErrorCode::kCount : result.error().code;
}

/// A message to append. The texts are borrowed.
NewMessage event(std::string_view stream, std::string_view data = "{}",
                 std::string_view metadata = {});
NewMessage event_at(std::string_view stream, std::int64_t expected_version);
/// The n-th of a series of distinct ids.
MessageId id_number(std::uint64_t n);

/// What a read delivered and how it went.
struct ReadResult {
  std::vector<OwnedMessage> messages;
  std::size_t calls = 0;

  std::vector<std::int64_t> positions() const;
  std::vector<std::int64_t> global_positions() const;
  std::vector<std::string> streams() const;
};

struct StreamRow {
  std::string name;
  std::int64_t version;
  Timestamp last_activity;
};
struct CategoryRow {
  std::string name;
  std::int64_t stream_count;
  std::int64_t message_count;
  friend bool operator==(const CategoryRow&, const CategoryRow&) = default;
};
std::ostream& operator<<(std::ostream& out, const CategoryRow& row);

/// A namespace handle whose calls block the test until they are done on an I/O thread.
class Log {
 public:
  Log(RunningIoThread& io, NamespaceHandle ns) : io_(&io), ns_(std::move(ns)) {}

  Namespace& ns() const { return *ns_; }
  const NamespaceHandle& handle() const { return ns_; }
  /// The same namespace, called on another I/O thread.
  Log on(RunningIoThread& io) const { return {io, ns_}; }
  void release() { ns_.reset(); }

  Result<WrittenMessage> append(const NewMessage& message) const;
  Result<std::vector<WrittenMessage>> append(const std::vector<NewMessage>& messages) const;
  /// Appends `count` messages "{}" to the stream, in batches.
  void append_many(std::string_view stream, std::size_t count) const;

  /// Reads to the end, in as many calls as it takes; the visitor pauses every so many messages.
  ReadResult read(StreamCursor cursor, std::size_t pause_every = 0) const;
  ReadResult read(CategoryCursor cursor, std::size_t pause_every = 0) const;
  ReadResult read_stream(std::string_view stream) const;
  ReadResult read_all() const;  ///< the whole namespace
  /// One call.
  Result<ReadState> step(StreamCursor& cursor, MessageVisitor& visitor) const;
  Result<ReadState> step(CategoryCursor& cursor, MessageVisitor& visitor) const;

  Result<std::optional<OwnedMessage>> last(std::string_view stream,
                                           std::string_view type = {}) const;
  Result<std::optional<Position>> version(std::string_view stream) const;
  Result<NamespaceInfo> info() const;
  Result<GlobalPosition> head() const;
  Result<std::vector<StreamRow>> streams(std::string_view prefix = {}, std::string_view after = {},
                                         std::int64_t limit = 1000) const;
  Result<std::vector<CategoryRow>> categories() const;

 private:
  RunningIoThread* io_;
  NamespaceHandle ns_;
};

/// A store of one backend in a directory of its own.
class StoreContract : public ::testing::TestWithParam<Backend> {
 protected:
  StoreContract();
  ~StoreContract() override;

  Store& store() { return *store_; }
  /// REQUIRES: no handles left.
  void close_store();
  /// Closes the store and opens it again.
  void reopen();

  Result<NamespaceHandle> try_create(std::string_view id, std::string_view description = {});
  Log create(std::string_view id = "test");
  /// The namespace with this id; a null handle when there is none.
  NamespaceHandle find(std::string_view id);
  Result<DeletedNamespace> remove(std::string_view id);
  /// What list_namespaces tells: "id=count", in its order.
  std::vector<std::string> list();

  // Before the store: handles and coroutines on them end first.
  RunningIoThread io_;
  RunningIoThread second_io_;
  RunningIoThread third_io_;
  RunningIoThread fourth_io_;

 private:
  test::TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

TokenHash hash_of_text(char fill);

/// The name of a parameter in test names.
inline std::string name_of(const ::testing::TestParamInfo<Backend>& info) {
  return info.param.name;
}

}  // namespace eventodb::contract

/// Runs the suite of a file for every backend.
#define EVENTODB_FOR_EVERY_BACKEND(suite)                                                      \
  INSTANTIATE_TEST_SUITE_P(Each, suite, ::testing::ValuesIn(::eventodb::contract::backends()), \
                           ::eventodb::contract::name_of)
