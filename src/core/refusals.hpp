#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "eventodb/error.hpp"
#include "eventodb/message.hpp"

/// What every backend refuses, in the same words: an error has one text wherever it arises.
namespace eventodb {

/// `actual` is -1 when the stream has no messages; `message` is the one of the batch that expected
/// otherwise.
Error version_conflict(std::int64_t expected, std::int64_t actual, std::size_t message);

/// The id is that of another message: `written` says where in `stream` it is.
Error message_id_exists(const MessageId& id, std::string_view stream, WrittenMessage written);

Error unknown_namespace(std::string_view id);
Error namespace_exists(std::string_view id);

/// Whether a stored message is what is to be appended now, its id apart: then it is a retry.
bool is_same_content(const MessageView& stored, const NewMessage& wanted);

}  // namespace eventodb
