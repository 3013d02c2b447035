#pragma once

#include <span>

#include "eventodb/error.hpp"
#include "eventodb/message.hpp"
#include "store/log/message_log.hpp"

namespace eventodb::store {

/// Whether every message of the batch is stored already with equal stream, type, data and metadata;
/// then `written` holds where.
bool is_retry(const MessageLog& log, std::span<const NewMessage> messages,
              std::span<WrittenMessage> written);

/// Whether the batch may be appended as it is, and where each message will be stored. The first
/// message that may not decides; of one message the version is checked before the id.
Result<void> plan_append(const MessageLog& log, std::span<const NewMessage> messages,
                         std::span<WrittenMessage> written);

}  // namespace eventodb::store
