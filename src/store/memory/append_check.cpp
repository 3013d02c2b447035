#include "store/memory/append_check.hpp"

#include <array>
#include <cstddef>
#include <memory_resource>
#include <unordered_map>

#include "base/hash64.hpp"
#include "core/id_hash.hpp"
#include "core/refusals.hpp"

namespace eventodb::store {
namespace {

constexpr std::int64_t kNoVersion = ExpectedVersion::kNoStream;

/// Checks the messages of a batch one by one, against the log and those before them.
class Planner {
 public:
  Planner(const MessageLog& log, std::size_t batch_size)
      : log_(log),
        is_batch_(batch_size > 1),
        next_global_(log.empty() ? 1 : log.last().value + 1) {}

  /// `index`: place of the message in the batch.
  Result<void> plan(const NewMessage& message, std::size_t index, WrittenMessage& written) {
    const std::int64_t version = version_of(message.stream);
    if (!message.expected_version.accepts(version)) {
      return version_conflict(message.expected_version.version(), version, index);
    }
    if (message.id) {
      if (const auto stored = log_.find_id(*message.id)) {
        return message_id_exists(*message.id, stored->stream,
                                 {stored->position, stored->global_position});
      }
    }
    written = {.position = {version + 1}, .global_position = {next_global_++}};
    return is_batch_ ? remember(message, written) : Result<void>();
  }

 private:
  std::int64_t version_of(std::string_view stream) const {
    if (const auto seen = versions_.find(stream); seen != versions_.end()) return seen->second;
    const auto head = log_.find_stream(stream);
    return head ? head->last.value : kNoVersion;
  }

  Result<void> remember(const NewMessage& message, const WrittenMessage& written) {
    versions_[message.stream] = written.position.value;
    if (!message.id) return {};
    const auto [first, is_new] = ids_.try_emplace(*message.id, message.stream, written);
    if (is_new) return {};
    return message_id_exists(*message.id, first->second.first, first->second.second);
  }

  const MessageLog& log_;
  const bool is_batch_;
  std::int64_t next_global_;
  std::array<std::byte, 4096> buffer_;  // small batches stay off the heap
  std::pmr::monotonic_buffer_resource memory_{buffer_.data(), buffer_.size()};
  std::pmr::unordered_map<std::string_view, std::int64_t, base::KeyedHash> versions_{&memory_};
  std::pmr::unordered_map<MessageId, std::pair<std::string_view, WrittenMessage>, IdHash> ids_{
      &memory_};
};

}  // namespace

bool is_retry(const MessageLog& log, std::span<const NewMessage> messages,
              std::span<WrittenMessage> written) {
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (!messages[i].id) return false;
    const auto stored = log.find_id(*messages[i].id);
    if (!stored || !is_same_content(*stored, messages[i])) return false;
    written[i] = {stored->position, stored->global_position};
  }
  return true;
}

Result<void> plan_append(const MessageLog& log, std::span<const NewMessage> messages,
                         std::span<WrittenMessage> written) {
  Planner planner(log, messages.size());
  for (std::size_t i = 0; i < messages.size(); ++i) {
    if (auto planned = planner.plan(messages[i], i, written[i]); !planned) return planned;
  }
  return {};
}

}  // namespace eventodb::store
