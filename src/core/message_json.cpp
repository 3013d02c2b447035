#include "core/message_json.hpp"

#include "base/json_writer.hpp"

namespace eventodb {

void append_message_tuple(base::ByteBuffer& out, const MessageView& message, bool with_stream) {
  out.append('[');
  base::append_json_uuid(out, message.id);
  out.append(',');
  if (with_stream) {
    base::append_json_string(out, message.stream);
    out.append(',');
  }
  base::append_json_string(out, message.type);
  out.append(',');
  base::append_int(out, message.position.value);
  out.append(',');
  base::append_int(out, message.global_position.value);
  out.append(',');
  out.append(message.data);
  out.append(',');
  out.append(message.metadata.empty() ? std::string_view("null") : message.metadata);
  out.append(',');
  base::append_json_time(out, message.time);
  out.append(']');
}

}  // namespace eventodb
