#include "store/log/message_log.hpp"

#include <bit>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>

#include "base/check.hpp"
#include "base/hash64.hpp"
#include "base/memory_figures.hpp"
#include "store/log/correlation.hpp"

namespace eventodb::store {
namespace {

/// Frees an entry and the name behind it.
struct FreeEntry {
  void operator()(void* entry) const { ::operator delete(entry); }
};
template <class Entry>
using EntryPtr = std::unique_ptr<Entry, FreeEntry>;

template <class Entry>
EntryPtr<Entry> make_entry(SpareMemory& spares, std::uint64_t hash, std::string_view name) {
  void* memory = spares.take(sizeof(Entry) + name.size());
  EntryPtr<Entry> entry(::new (memory) Entry());
  entry->hash = hash;
  entry->name_bytes = name.size();
  if (!name.empty()) std::memcpy(entry.get() + 1, name.data(), name.size());
  return entry;
}

template <class Entry>
Entry* entry_of(std::uint64_t value) {
  return reinterpret_cast<Entry*>(value);
}
template <class Entry>
std::uint64_t value_of(Entry* entry) {
  return reinterpret_cast<std::uint64_t>(entry);
}

template <class Entry>
Entry* find_entry(const HashIndex& index, std::uint64_t hash, std::string_view name) {
  const std::uint64_t* found = index.find(
      hash, [name](std::uint64_t value) { return entry_of<Entry>(value)->name() == name; });
  return found == nullptr ? nullptr : entry_of<Entry>(*found);
}

void hold_name(int count, std::size_t bytes) {
  base::hold_memory(base::MemoryKind::kNames, count, count * static_cast<std::int64_t>(bytes));
}

char* put(char* to, std::string_view bytes) {
  if (!bytes.empty()) std::memcpy(to, bytes.data(), bytes.size());
  return to + bytes.size();
}

}  // namespace

/// What one append needs, gathered before anything changes, so that lack of memory changes nothing.
struct MessageLog::Insertion {
  StreamEntry* stream = nullptr;
  CategoryEntry* category = nullptr;
  CategoryEntry* correlation = nullptr;
  EntryPtr<StreamEntry> new_stream;  // these own what is new among the above
  EntryPtr<CategoryEntry> new_category;
  EntryPtr<CategoryEntry> new_correlation;
};

MessageLog::MessageLog() : seed_(base::hash_seed()) {}

MessageLog::~MessageLog() {
  const std::size_t names = streams_.size() + categories_.size() + correlations_.size();
  base::hold_memory(base::MemoryKind::kNames, -static_cast<std::int64_t>(names),
                    -static_cast<std::int64_t>(entry_bytes_));
  const auto free_entry = [](std::uint64_t value) { FreeEntry()(entry_of<void>(value)); };
  streams_.for_each(free_entry);
  categories_.for_each(free_entry);
  correlations_.for_each(free_entry);
}

std::uint64_t MessageLog::hash_of(std::string_view name) const {
  return base::hash64(name, seed_);
}

std::uint64_t MessageLog::hash_of(const MessageId& id) const {
  return base::hash64({reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()}, seed_);
}

std::uint64_t MessageLog::hash_of(const StreamEntry& stream, std::string_view type) const {
  return base::hash64(type, stream.hash);
}

StreamEntry* MessageLog::find_stream_entry(std::uint64_t hash, std::string_view name) const {
  return find_entry<StreamEntry>(streams_, hash, name);
}

CategoryEntry* MessageLog::find_category_entry(const HashIndex& index, std::uint64_t hash,
                                               std::string_view name) {
  return find_entry<CategoryEntry>(index, hash, name);
}

const std::uint64_t* MessageLog::find_type(const StreamEntry& stream, std::string_view type) const {
  return types_.find(hash_of(stream, type), [&](std::uint64_t ref) {
    const Record& record = blocks_.at(ref);
    return record.stream == &stream && record.type() == type;
  });
}

void MessageLog::reserve_tables() {
  ids_.reserve_one();
  types_.reserve_one();
  streams_.reserve_one();
  categories_.reserve_one();
  correlations_.reserve_one();
}

void MessageLog::prepare(Insertion& insertion, const MessageView& message) {
  const std::uint64_t hash = hash_of(message.stream);
  insertion.stream = find_stream_entry(hash, message.stream);
  base::count_memory_use(base::MemoryKind::kNames, insertion.stream != nullptr);
  if (insertion.stream == nullptr) {
    const std::string_view category = category_of(message.stream);
    const std::uint64_t category_hash = hash_of(category);
    insertion.category = find_category_entry(categories_, category_hash, category);
    if (insertion.category == nullptr) {
      insertion.new_category = make_entry<CategoryEntry>(spares_, category_hash, category);
      insertion.category = insertion.new_category.get();
    }
    insertion.new_stream = make_entry<StreamEntry>(spares_, hash, message.stream);
    insertion.stream = insertion.new_stream.get();
    insertion.stream->category = insertion.category;
  }
  std::string scratch;
  const std::string_view correlation = correlation_category_of(message.metadata, scratch);
  if (correlation.empty()) return;
  const std::uint64_t correlation_hash = hash_of(correlation);
  insertion.correlation = find_category_entry(correlations_, correlation_hash, correlation);
  if (insertion.correlation == nullptr) {
    insertion.new_correlation = make_entry<CategoryEntry>(spares_, correlation_hash, correlation);
    insertion.correlation = insertion.new_correlation.get();
  }
}

void MessageLog::adopt_entries(Insertion& insertion) noexcept {
  const auto adopt = [this](HashIndex& index, auto& entry) {
    if (entry == nullptr) return;
    entry_bytes_ += sizeof(*entry) + entry->name_bytes;
    hold_name(1, sizeof(*entry) + entry->name_bytes);
    index.insert(entry->hash, value_of(entry.get()));
    static_cast<void>(entry.release());  // owned through the index now
  };
  if (insertion.new_stream != nullptr) ++insertion.category->stream_count;
  adopt(streams_, insertion.new_stream);
  adopt(categories_, insertion.new_category);
  adopt(correlations_, insertion.new_correlation);
}

void MessageLog::append(const MessageView& message, std::uint64_t stream_tag) {
  EVENTODB_CHECK(message.type.size() <= std::numeric_limits<std::uint16_t>::max());
  EVENTODB_CHECK(empty() || message.global_position > last());
  ids_.prefetch(hash_of(message.id));
  Insertion insertion;
  prepare(insertion, message);
  reserve_tables();
  const std::size_t bytes = sizeof(Record) +
                            (insertion.correlation != nullptr ? sizeof(CorrelationPart) : 0) +
                            message.type.size() + message.data.size() + message.metadata.size();
  const std::size_t padded = (bytes + 7) & ~std::size_t{7};
  EVENTODB_CHECK(padded <= std::numeric_limits<std::uint32_t>::max());
  Record* record = blocks_.reserve(padded);

  // Nothing below needs memory.
  *record = {.bytes = static_cast<std::uint32_t>(padded),
             .data_bytes = static_cast<std::uint32_t>(message.data.size()),
             .metadata_bytes = static_cast<std::uint32_t>(message.metadata.size()),
             .type_bytes = static_cast<std::uint16_t>(message.type.size()),
             .has_correlation = insertion.correlation != nullptr,
             .stream = insertion.stream,
             .global_position = message.global_position.value,
             .position = message.position.value,
             .time_us = message.time.us,
             .id = message.id,
             .stream_links = {},
             .category_links = {}};
  if (insertion.correlation != nullptr) {
    record->correlation_part().category = insertion.correlation;
  }
  char* at = put(record->text(), message.type);
  put(put(at, message.data), message.metadata);
  insertion.stream->tag = stream_tag;
  adopt_entries(insertion);
  link(*record, blocks_.take());
}

void MessageLog::link(Record& record, Ref ref) noexcept {
  StreamEntry& stream = *record.stream;
  if (const std::uint64_t* newest = find_type(stream, record.type())) {
    *const_cast<std::uint64_t*>(newest) = ref;
  } else {
    types_.insert(hash_of(stream, record.type()), ref);
  }
  ids_.insert(hash_of(record.id), ref);
  stream.chain.append<StreamChain>(blocks_, ref);
  stream.category->chain.append<CategoryChain>(blocks_, ref);
  ++stream.category->message_count;
  if (record.has_correlation != 0) {
    CategoryEntry& correlation = *record.correlation_part().category;
    correlation.chain.append<CorrelationChain>(blocks_, ref);
    ++correlation.message_count;
  }
  ++message_count_;
}

template <class Entry>
void MessageLog::release(HashIndex& index, Entry* entry) noexcept {
  index.erase(entry->hash, value_of(entry));
  const std::size_t bytes = sizeof(Entry) + entry->name_bytes;
  entry_bytes_ -= bytes;
  hold_name(-1, bytes);
  spares_.give(entry, bytes);
}

void MessageLog::unlink_first(Record& record, Ref ref) noexcept {
  StreamEntry* stream = record.stream;
  CategoryEntry* category = stream->category;
  ids_.erase(hash_of(record.id), ref);
  types_.erase(hash_of(*stream, record.type()), ref);  // there only if it is the newest
  if (record.has_correlation != 0) {
    CategoryEntry* correlation = record.correlation_part().category;
    correlation->chain.drop_first<CorrelationChain>(blocks_);
    if (--correlation->message_count == 0) release(correlations_, correlation);
  }
  stream->chain.drop_first<StreamChain>(blocks_);
  category->chain.drop_first<CategoryChain>(blocks_);
  --category->message_count;
  if (stream->chain.empty()) {
    --category->stream_count;
    release(streams_, stream);
  }
  if (category->message_count == 0) release(categories_, category);
}

void MessageLog::drop_up_to(GlobalPosition up_to) {
  while (!empty() && first() <= up_to) {
    const Ref oldest = blocks_.first();
    unlink_first(blocks_.at(oldest), oldest);
    blocks_.drop_first();
    --message_count_;
  }
}

bool MessageLog::empty() const {
  return message_count_ == 0;
}

GlobalPosition MessageLog::first() const {
  EVENTODB_CHECK(!empty());
  return {blocks_.at(blocks_.first()).global_position};
}

GlobalPosition MessageLog::last() const {
  EVENTODB_CHECK(!empty());
  return {blocks_.at(blocks_.last()).global_position};
}

std::size_t MessageLog::message_count() const {
  return message_count_;
}
std::size_t MessageLog::stream_count() const {
  return streams_.size();
}

std::size_t MessageLog::bytes() const {
  return blocks_.bytes() + entry_bytes_ + spares_.bytes() + ids_.bytes() + types_.bytes() +
         streams_.bytes() + categories_.bytes() + correlations_.bytes();
}

}  // namespace eventodb::store
