#pragma once

#include "base/byte_buffer.hpp"
#include "eventodb/message.hpp"

namespace eventodb {

/// Appends the array a read returns for a message (protocol 3.1): with the stream's name at index 1
/// the 8-tuple of category.get, without it the 7-tuple of stream.get.
void append_message_tuple(base::ByteBuffer& out, const MessageView& message, bool with_stream);

}  // namespace eventodb
