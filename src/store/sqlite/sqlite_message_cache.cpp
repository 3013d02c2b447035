#include "store/sqlite/sqlite_message_cache.hpp"

#include <algorithm>
#include <cstring>
#include <new>
#include <optional>
#include <vector>

#include "base/hash64.hpp"
#include "base/memory_figures.hpp"
#include "store/log/hash_index.hpp"

namespace eventodb::store::sqlite {
namespace {

constexpr std::size_t kChunkBytes = 64 * 1024;
/// Larger messages are rare, and cheap to read from the files compared with what they cost here.
constexpr std::size_t kMessageBytesMax = 8 * 1024;
/// Neighbours of a stream lie in one shard: a short read takes one lock.
constexpr int kNeighbourBits = 6;

struct Key {
  MessageCache::Owner owner;
  std::int64_t stream_id;
  std::int64_t position;
  friend bool operator==(const Key&, const Key&) = default;
};

/// One message in a chunk; the bytes of type, data and metadata follow, padded to a multiple of 8.
struct Held {
  std::uint32_t bytes;  // of all of it
  std::uint32_t data_bytes;
  std::uint32_t metadata_bytes;
  std::uint16_t type_bytes;
  bool is_used;       // since the clock passed it
  bool is_forgotten;  // in no index any more
  Key key;
  std::int64_t global_position;
  std::int64_t time_us;
  MessageId id;

  char* text() { return reinterpret_cast<char*>(this + 1); }
  MessageView view(std::string_view stream) {
    const char* at = text();
    return {.stream = stream,
            .type = {at, type_bytes},
            .data = {at + type_bytes, data_bytes},
            .metadata = {at + type_bytes + data_bytes, metadata_bytes},
            .position = {key.position},
            .global_position = {global_position},
            .id = id,
            .time = {time_us}};
  }
};
static_assert(sizeof(Held) % 8 == 0 && std::is_trivially_copyable_v<Held>);

std::uint64_t hash_of(const Key& key) {
  return base::hash64({reinterpret_cast<const char*>(&key), sizeof(key)}, base::hash_seed());
}

std::size_t held_bytes(const MessageView& message) {
  const std::size_t text = message.type.size() + message.data.size() + message.metadata.size();
  return (sizeof(Held) + text + 7) / 8 * 8;
}

char* put(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

void report(std::int64_t count, std::int64_t bytes) {
  base::hold_memory(base::MemoryKind::kMessageCache, count, bytes);
}

}  // namespace

/// A part of the cache with a lock of its own. Everything below is guarded by `mutex`.
class MessageCache::Shard {
 public:
  explicit Shard(std::size_t chunks_max) : chunks_max_(chunks_max) {}
  ~Shard() { release_all(); }
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  std::mutex mutex;

  Held* find(const Key& key) {
    const std::uint64_t* address =
        index_.find(hash_of(key), [&key](std::uint64_t at) { return held_at(at)->key == key; });
    return address == nullptr ? nullptr : held_at(*address);
  }

  void add(const Key& key, const MessageView& message) {
    const std::size_t bytes = held_bytes(message);
    index_.reserve_one();
    Held* held = reinterpret_cast<Held*>(make_room(bytes));
    *held = {.bytes = static_cast<std::uint32_t>(bytes),
             .data_bytes = static_cast<std::uint32_t>(message.data.size()),
             .metadata_bytes = static_cast<std::uint32_t>(message.metadata.size()),
             .type_bytes = static_cast<std::uint16_t>(message.type.size()),
             .is_used = false,
             .is_forgotten = false,
             .key = key,
             .global_position = message.global_position.value,
             .time_us = message.time.us,
             .id = message.id};
    put(put(put(held->text(), message.type), message.data), message.metadata);
    index_.insert(hash_of(key), address_of(held));
    report(1, 0);
  }

  void forget(Owner owner) {
    for (const Chunk& chunk : chunks_) {
      for (std::size_t at = 0; at < chunk.used;) {
        Held* held = chunk.at(at);
        at += held->bytes;
        if (held->key.owner == owner && !held->is_forgotten) drop(*held);
      }
    }
    if (index_.size() == 0) release_all();
  }

 private:
  struct Chunk {
    char* memory;
    std::size_t used;
    Held* at(std::size_t offset) const { return reinterpret_cast<Held*>(memory + offset); }
  };

  static Held* held_at(std::uint64_t address) { return reinterpret_cast<Held*>(address); }
  static std::uint64_t address_of(const Held* held) {
    return reinterpret_cast<std::uint64_t>(held);
  }

  void drop(Held& held) {
    index_.erase(hash_of(held.key), address_of(&held));
    held.is_forgotten = true;
    report(-1, 0);
  }

  char* make_room(std::size_t bytes) {
    while (chunks_.empty() || chunks_[newest_].used + bytes > kChunkBytes) next_chunk();
    Chunk& chunk = chunks_[newest_];
    chunk.used += bytes;
    return chunk.memory + chunk.used - bytes;
  }

  void next_chunk() {
    if (chunks_.size() < chunks_max_) {
      chunks_.reserve(chunks_max_);
      chunks_.push_back({static_cast<char*>(::operator new(kChunkBytes)), 0});
      report(0, static_cast<std::int64_t>(kChunkBytes));
      newest_ = chunks_.size() - 1;
      return;
    }
    newest_ = (newest_ + 1) % chunks_.size();
    compact(chunks_[newest_]);
  }

  /// Keeps what was used since the last time, at most half of the chunk.
  void compact(Chunk& chunk) {
    std::size_t kept = 0;
    for (std::size_t at = 0; at < chunk.used;) {
      Held* held = chunk.at(at);
      const std::size_t bytes = held->bytes;
      at += bytes;
      if (held->is_forgotten) continue;
      if (!held->is_used || kept + bytes > kChunkBytes / 2) {
        drop(*held);
        continue;
      }
      held->is_used = false;
      Held* to = chunk.at(kept);
      kept += bytes;
      if (to == held) continue;
      const std::uint64_t from = address_of(held);
      *index_.find(hash_of(held->key), [from](std::uint64_t value) { return value == from; }) =
          address_of(to);
      std::memmove(static_cast<void*>(to), held, bytes);
    }
    chunk.used = kept;
  }

  void release_all() {
    for (const Chunk& chunk : chunks_) ::operator delete(chunk.memory);
    report(-static_cast<std::int64_t>(index_.size()),
           -static_cast<std::int64_t>(chunks_.size() * kChunkBytes));
    chunks_.clear();
    newest_ = 0;
  }

  const std::size_t chunks_max_;
  std::vector<Chunk> chunks_;  // in the order they were made, which is that of their ages
  std::size_t newest_ = 0;
  HashIndex index_;  // key -> address of its Held
};

MessageCache::MessageCache(std::size_t bytes_max) {
  const std::size_t chunks = std::max<std::size_t>(bytes_max / kShards / kChunkBytes, 1);
  for (auto& shard : shards_) shard = std::make_unique<Shard>(chunks);
}

MessageCache::~MessageCache() = default;

MessageCache::Owner MessageCache::add_owner() {
  const std::lock_guard lock(owner_mutex_);
  return ++last_owner_;
}

void MessageCache::forget(Owner owner) {
  for (const auto& shard : shards_) {
    const std::lock_guard lock(shard->mutex);
    shard->forget(owner);
  }
}

MessageCache::Shard& MessageCache::shard_of(Owner owner, std::int64_t stream_id,
                                            std::int64_t position) {
  return *shards_[hash_of({owner, stream_id, position >> kNeighbourBits}) % kShards];
}

MessageCache::End MessageCache::read(Owner owner, std::int64_t stream_id, StreamCursor& cursor,
                                     std::int64_t end, MessageVisitor& visitor) {
  Shard* shard = nullptr;
  std::unique_lock<std::mutex> lock;
  while (cursor.next.value < end) {
    Shard& wanted = shard_of(owner, stream_id, cursor.next.value);
    if (&wanted != shard) {
      if (lock.owns_lock()) lock.unlock();
      lock = std::unique_lock(wanted.mutex);
      shard = &wanted;
    }
    Held* held = shard->find({owner, stream_id, cursor.next.value});
    base::count_memory_use(base::MemoryKind::kMessageCache, held != nullptr);
    if (held == nullptr) return End::kNotHeld;
    held->is_used = true;
    const bool go_on = visitor.visit(held->view(cursor.stream));
    ++cursor.next.value;
    if (cursor.remaining > 0) --cursor.remaining;
    if (!go_on || cursor.remaining == 0) return End::kStopped;
  }
  return End::kReached;
}

void MessageCache::add(Owner owner, std::int64_t stream_id, const MessageView& message) noexcept {
  if (held_bytes(message) > kMessageBytesMax) return;
  const Key key{owner, stream_id, message.position.value};
  Shard& shard = shard_of(owner, stream_id, message.position.value);
  const std::lock_guard lock(shard.mutex);
  if (shard.find(key) != nullptr) return;
  try {
    shard.add(key, message);
  } catch (const std::bad_alloc&) {
    // What is not held is read from the files.
  }
}

}  // namespace eventodb::store::sqlite
