#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/awaitable.hpp"
#include "eventodb/error.hpp"
#include "eventodb/message.hpp"
#include "eventodb/position.hpp"
#include "eventodb/stream_name.hpp"

/// The contract between the protocol and a storage backend. tests/contract holds every backend to
/// it. Threads: every awaitable must be awaited on an I/O thread (base/io_thread.hpp) and resumes
/// on the same one; no call blocks an I/O thread on a disk or a database. All functions may be
/// called from several I/O threads at once.
namespace eventodb {

template <class T>
using Awaitable = base::Awaitable<T>;

/// lower-case hex SHA-256 of a token.
using TokenHash = std::array<char, 64>;

/// Receives stored messages in order, as a read finds them. Called on the thread that awaits the
/// read or, while that one is suspended, on a reader thread; never on two at once.
class MessageVisitor {
 public:
  /// Returns false to pause the read after this message (for example: the output buffer is full).
  virtual bool visit(const MessageView& message) = 0;

 protected:
  ~MessageVisitor() = default;
};

/// Whether a read has anything left to deliver.
enum class ReadState : std::uint8_t {
  kDone,  ///< `remaining` reached 0, or nothing further matched at the time of the read
  kMore,  ///< paused by the visitor or by the bound of work per call; call again with the cursor
};

/// Where a read of one stream stands; a read advances it past what it delivered.
struct StreamCursor {
  std::string_view stream;
  Position next;  ///< first position wanted
  /// Only messages at or after it; `next` still holds.
  std::optional<GlobalPosition> from_global = {};
  std::int64_t remaining = 0;  ///< messages still wanted; negative: no limit
};

/// Where a read of a category stands; a read advances it past what it delivered or skipped.
struct CategoryCursor {
  std::string_view category;  ///< "" is every message of the namespace
  GlobalPosition next;        ///< first global position wanted; any int64 is allowed
  std::int64_t remaining = 0;
  std::optional<ConsumerGroup> group = {};
  /// Category of metadata.correlationStreamName; "" is no filter.
  std::string_view correlation = {};
  /// Kept by the store from call to call: how long nothing but other members' messages was met.
  std::int64_t passed_over = 0;
};

struct NamespaceInfo {
  std::int64_t message_count = 0;
  std::int64_t stream_count = 0;
  std::optional<Timestamp> last_activity;  ///< time of the newest message
};

struct StreamInfo {
  std::string_view name;
  Position version;
  Timestamp last_activity;  ///< time of its last message
};

struct CategoryInfo {
  std::string_view name;
  std::int64_t stream_count = 0;
  std::int64_t message_count = 0;
};

/// Receives rows in byte order of their names. Thread rule as for MessageVisitor.
class StreamInfoVisitor {
 public:
  virtual void visit(const StreamInfo& stream) = 0;

 protected:
  ~StreamInfoVisitor() = default;
};

class CategoryInfoVisitor {
 public:
  virtual void visit(const CategoryInfo& category) = 0;

 protected:
  ~CategoryInfoVisitor() = default;
};

/// Told when a namespace's log grows. Called on the thread that committed, under no lock of the
/// caller's; must not block, throw or call back into the namespace. Several commits may be told as
/// one.
class HeadListener {
 public:
  /// Every message up to the namespace's head() can now be read.
  virtual void head_moved() noexcept = 0;
  /// The namespace was deleted or the store is closing; no further call follows.
  virtual void ended() noexcept = 0;

 protected:
  ~HeadListener() = default;
};

/// One of several appends that are handed over together.
struct Append {
  std::span<const NewMessage> messages;  ///< REQUIRES: at least one
  std::span<WrittenMessage> written;     ///< REQUIRES: same size
  Result<void> outcome = {};
};

/// One tenant's log. Whoever holds a handle may read and write it; there is no other way to a
/// tenant's data. A handle stays valid after the namespace was deleted: every call then fails with
/// kNamespaceNotFound.
class Namespace {
 public:
  virtual ~Namespace() = default;

  virtual std::string_view id() const = 0;
  virtual std::string_view description() const = 0;
  virtual Timestamp created_at() const = 0;
  /// The hash as of now; it changes when `default`'s token is rotated at start.
  virtual TokenHash token_hash() const = 0;
  virtual bool is_deleted() const = 0;

  /// Appends all messages or none (REQUIRES: at least one), in order. Completes when they are as
  /// durable as the store promises and visible to every later read; fills `written`
  /// (REQUIRES: same size).
  /// Fails with kVersionConflict when an expected version differs from the stream's (the messages
  /// before it in the batch count; the details say which message), kMessageIdExists (also when the
  /// batch holds an id twice), kOverloaded, kReadOnly, kBackendError, kNamespaceNotFound. The first
  /// message that may not be appended decides. A single message whose id is stored with equal
  /// stream, type, data and metadata is a retry: nothing is stored, `written` is the first result;
  /// a batch is a retry when that holds for all its messages.
  /// After kBackendError the outcome is unknown: send again with the same id to learn it.
  virtual Awaitable<Result<void>> append(std::span<const NewMessage> messages,
                                         std::span<WrittenMessage> written) = 0;
  /// append() for each of them, one after the other: each sees what those before it did, and what
  /// one fails with is its own outcome. A store overrides this when they can share a commit.
  virtual Awaitable<void> append_each(std::span<Append> appends);

  /// Delivers messages in ascending position.
  virtual Awaitable<Result<ReadState>> read_stream(StreamCursor& cursor,
                                                   MessageVisitor& visitor) = 0;
  /// Delivers messages in ascending global position.
  virtual Awaitable<Result<ReadState>> read_category(CategoryCursor& cursor,
                                                     MessageVisitor& visitor) = 0;
  /// Delivers the message with the highest position, of exactly this type unless `type` is "".
  /// Returns whether there was one.
  virtual Awaitable<Result<bool>> read_last(std::string_view stream, std::string_view type,
                                            MessageVisitor& visitor) = 0;
  /// Position of the last message, or nullopt when there is none.
  virtual Awaitable<Result<std::optional<Position>>> stream_version(std::string_view stream) = 0;

  virtual Awaitable<Result<NamespaceInfo>> info() = 0;
  /// Streams whose name starts with `prefix` and is greater than `after`, at most `limit`.
  virtual Awaitable<Result<void>> list_streams(std::string_view prefix, std::string_view after,
                                               std::int64_t limit, StreamInfoVisitor& visitor) = 0;
  virtual Awaitable<Result<void>> list_categories(CategoryInfoVisitor& visitor) = 0;

  /// The highest global position a read can see now; 0 when empty. Opens the namespace if needed.
  virtual Awaitable<Result<GlobalPosition>> head() = 0;
  /// Registers or removes a listener. After unwatch returns no call is made. While a listener is
  /// registered the namespace's files may still be closed when idle.
  virtual void watch(HeadListener& listener) = 0;
  virtual void unwatch(HeadListener& listener) = 0;
};

using NamespaceHandle = std::shared_ptr<Namespace>;

struct NewNamespace {
  std::string_view id;
  std::string_view description;
  std::string_view metadata;  ///< JSON object text or empty; kept, not used
  TokenHash token_hash;
};

struct DeletedNamespace {
  std::int64_t messages_deleted = 0;
  Timestamp deleted_at;
};

class NamespaceVisitor {
 public:
  virtual void visit(const Namespace& ns, std::int64_t message_count) = 0;

 protected:
  ~NamespaceVisitor() = default;
};

/// What `/health`, `sys.health` and the start-up line say of a store.
struct StoreDescription {
  std::string backend;     ///< "memory", "sqlite", ...
  std::string durability;  ///< "memory", "os", "disk"
  std::string location;    ///< directory or database, without secrets
  /// The files the store may hold open at once; nobody else may take these descriptors.
  std::size_t descriptors_max = 0;
};

/// The registry of namespaces.
class Store {
 public:
  virtual ~Store() = default;

  virtual StoreDescription describe() const = 0;
  /// False once a sync failed: reads go on, writes are refused until a restart.
  virtual bool is_writable() const = 0;

  /// The namespace with exactly this id, or nullptr. Fails with kBackendError.
  virtual Awaitable<Result<NamespaceHandle>> find_namespace(std::string_view id) = 0;
  /// Fails with kNamespaceExists (also when two callers race), kBackendError.
  virtual Awaitable<Result<NamespaceHandle>> create_namespace(const NewNamespace& wanted) = 0;
  /// Removes messages, token and id for good; ends its listeners; appends in flight finish or fail
  /// with kNamespaceNotFound. With `only` it must still be this one, and not another that has got
  /// the id since. Fails with kNamespaceNotFound, kBackendError.
  virtual Awaitable<Result<DeletedNamespace>> delete_namespace(std::string_view id,
                                                               const Namespace* only) = 0;
  /// Visits every namespace, newest first, ties by id ascending, with exact message counts.
  virtual Awaitable<Result<void>> list_namespaces(NamespaceVisitor& visitor) = 0;
  virtual Awaitable<Result<void>> set_token_hash(std::string_view id, const TokenHash& hash) = 0;

  /// Finishes what was accepted, ends listeners, closes every file. No call may follow or be
  /// pending. Blocks; not for I/O threads.
  virtual void close() = 0;
};

}  // namespace eventodb
