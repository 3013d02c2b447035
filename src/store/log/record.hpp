#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "eventodb/message.hpp"
#include "store/log/chain.hpp"

namespace eventodb::store {

/// What is held of a category, as a stream's own or as the one messages correlate with. The name's
/// bytes follow the object.
struct CategoryEntry {
  std::uint64_t hash = 0;
  std::int64_t message_count = 0;
  std::int64_t stream_count = 0;
  Chain chain;
  std::size_t name_bytes = 0;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes}; }
};

/// What is held of a stream. The name's bytes follow the object.
struct StreamEntry {
  enum class GroupHash : std::uint8_t { kUnknown, kNone, kKnown };

  std::uint64_t hash = 0;
  CategoryEntry* category = nullptr;
  std::uint64_t tag = 0;
  Chain chain;
  std::uint64_t group_hash = 0;  // MD5 is slow: worked out at the first read of a consumer group
  GroupHash group_hash_state = GroupHash::kUnknown;
  std::size_t name_bytes = 0;

  std::string_view name() const { return {reinterpret_cast<const char*>(this + 1), name_bytes}; }
};

/// The links of a record that correlates with a category, between the record and its bytes.
struct CorrelationPart {
  CategoryEntry* category;
  Links links;
};

/// One message in a block: this, CorrelationPart if `has_correlation`, then the bytes of type, data
/// and metadata, padded to a multiple of 8.
struct Record {
  std::uint32_t bytes;  // of all of it
  std::uint32_t data_bytes;
  std::uint32_t metadata_bytes;
  std::uint16_t type_bytes;
  std::uint16_t has_correlation;
  StreamEntry* stream;
  std::int64_t global_position;
  std::int64_t position;
  std::int64_t time_us;
  MessageId id;
  Links stream_links;
  Links category_links;

  CorrelationPart& correlation_part() { return *reinterpret_cast<CorrelationPart*>(this + 1); }
  const CorrelationPart& correlation_part() const {
    return const_cast<Record*>(this)->correlation_part();
  }
  const CategoryEntry* correlation() const {
    return has_correlation != 0 ? correlation_part().category : nullptr;
  }
  char* text() {
    return reinterpret_cast<char*>(this + 1) + (has_correlation != 0 ? sizeof(CorrelationPart) : 0);
  }
  const char* text() const { return const_cast<Record*>(this)->text(); }
  std::string_view type() const { return {text(), type_bytes}; }

  MessageView view() const {
    const char* at = text();
    return {.stream = stream->name(),
            .type = {at, type_bytes},
            .data = {at + type_bytes, data_bytes},
            .metadata = {at + type_bytes + data_bytes, metadata_bytes},
            .position = {position},
            .global_position = {global_position},
            .id = id,
            .time = {time_us}};
  }
};
static_assert(sizeof(Record) % 8 == 0 && sizeof(CorrelationPart) % 8 == 0);

// Where each kind of chain keeps its links.
struct StreamChain {
  static Links& links(Record& record) { return record.stream_links; }
};
struct CategoryChain {
  static Links& links(Record& record) { return record.category_links; }
};
struct CorrelationChain {
  static Links& links(Record& record) { return record.correlation_part().links; }
};

}  // namespace eventodb::store
