#include "load/request_writer.hpp"

#include <charconv>
#include <cstring>
#include <string_view>

#include "base/check.hpp"
#include "base/hash64.hpp"
#include "base/uuid.hpp"
#include "load/load_options.hpp"

namespace eventodb::load {
namespace {

constexpr std::size_t kSerialDigits = 12;

struct Digits {
  explicit Digits(std::uint64_t value)
      : size(static_cast<std::size_t>(std::to_chars(text, text + sizeof text, value).ptr - text)) {}
  std::string_view view() const { return {text, size}; }
  char text[20];
  std::size_t size;
};

/// Over the zeros that are there.
void write_serial(char* last_digit, std::uint64_t serial) {
  char* digit = last_digit;
  for (std::size_t n = 0; n < kSerialDigits && serial != 0; ++n, --digit, serial /= 10) {
    *digit = static_cast<char>('0' + serial % 10);
  }
}

/// Unlike any other's of this run and, because of the seed, of others.
base::Uuid random_id(std::uint64_t serial) {
  base::Uuid id;
  for (std::size_t half = 0; half < 2; ++half) {
    std::uint64_t word = base::mix64(serial ^ base::hash_seed(), 0x9e3779b97f4a7c15 + 2 * half);
    word = base::mix64(word ^ base::hash_seed(), 0xd6e8feb86659fd93);
    std::memcpy(id.bytes.data() + 8 * half, &word, sizeof(word));
  }
  id.bytes[6] = static_cast<std::uint8_t>(0x40 | (id.bytes[6] & 0x0f));
  id.bytes[8] = static_cast<std::uint8_t>(0x80 | (id.bytes[8] & 0x3f));
  return id;
}

}  // namespace

RequestWriter::RequestWriter(const LoadOptions& options, std::string_view token)
    : ids_(options.ids),
      batch_(options.batch),
      streams_(options.streams),
      across_(options.across && options.batch > 1) {
  EVENTODB_CHECK(options.payload_bytes >= kPayloadBytesMin);
  head_ = "POST " + options.server.path_prefix +
          "/rpc HTTP/1.1\r\nHost: " + options.server.authority() + "\r\n";
  if (!token.empty()) head_.append("Authorization: Bearer ").append(token).append("\r\n");
  head_ += "Content-Type: application/json\r\nContent-Length: ";

  const bool is_batch = batch_ > 1;
  std::string message = "{\"type\":\"TestEvent\",\"data\":{\"serial\":\"";
  message.append(kSerialDigits, '0');
  const std::size_t serial_end = message.size();
  message += "\",\"text\":\"";
  message.append(options.payload_bytes - kPayloadBytesMin, 'x');
  message += "\"}";
  if (ids_ != Ids::kNone) {
    message += is_batch ? ",\"id\":\"" : "},{\"id\":\"";
    serial_to_id_ = message.size() - (serial_end - 1);
    message.append(base::kUuidTextBytes, '0').append("\"");
  }
  message += "}";
  message_bytes_ = message.size() + 1;
  if (across_) {
    element_after_ = "\",\"messages\":[" + message + "]}";
    element_serial_at_ =
        element_after_.size() - (std::strlen("\",\"messages\":[") + serial_end) + 1;
  }

  write_before_ =
      is_batch ? "[\"stream.append\",\"test-stream-" : "[\"stream.write\",\"test-stream-";
  write_after_ = is_batch ? "\",[" : "\",";
  for (std::size_t i = 1; i < batch_; ++i) write_after_.append(message).append(",");
  write_after_.append(message).append(is_batch ? "]]" : "]");
  serial_at_ = message.size() - serial_end + (is_batch ? 2 : 1) + 1;
  read_before_ = "[\"stream.get\",\"test-stream-";
  read_after_ = "\",{\"position\":0,\"batchSize\":10}]";
}

void RequestWriter::append_write(std::string& out, std::uint64_t stream,
                                 std::uint64_t serial) const {
  if (across_) return append_across(out, stream, serial);
  append_request(out, write_before_, stream, write_after_);
  char* last_digit = out.data() + out.size() - serial_at_;
  for (std::size_t i = batch_; i-- > 0; last_digit -= message_bytes_) {
    if (ids_ != Ids::kNone) {
      const auto id = ids_ == Ids::kV7 ? base::make_uuid_v7() : random_id(serial + i);
      base::format_uuid(id, last_digit + serial_to_id_);
    }
    write_serial(last_digit, serial + i);
  }
}

void RequestWriter::append_across(std::string& out, std::uint64_t step,
                                  std::uint64_t serial) const {
  std::string body = "[\"streams.append\",[";
  for (std::size_t i = 0; i < batch_; ++i) {
    const Digits name((step * batch_ + i) % streams_);
    body.append(i == 0 ? "" : ",").append("{\"stream\":\"test-stream-").append(name.view());
    body.append(element_after_);
    write_serial(body.data() + body.size() - element_serial_at_, serial + i);
  }
  body.append("]]");
  const Digits length(body.size());
  out.append(head_).append(length.view()).append("\r\n\r\n").append(body);
}

void RequestWriter::append_read(std::string& out, std::uint64_t stream) const {
  append_request(out, read_before_, stream, read_after_);
}

void RequestWriter::append_request(std::string& out, const std::string& before,
                                   std::uint64_t stream, const std::string& after) const {
  const Digits name(stream);
  const Digits length(before.size() + name.size + after.size());
  out.append(head_).append(length.view()).append("\r\n\r\n");
  out.append(before).append(name.view()).append(after);
}

}  // namespace eventodb::load
