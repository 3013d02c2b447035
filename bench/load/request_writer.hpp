#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace eventodb::load {

struct LoadOptions;
enum class Ids : std::uint8_t;

/// Appends ready requests to a buffer; everything that does not change is rendered once.
class RequestWriter {
 public:
  /// `{"serial":"............","text":""}`: an event differs from every other by its serial.
  static constexpr std::uint32_t kPayloadBytesMin = 35;

  /// `token`: "" for no Authorization field. REQUIRES: options.payload_bytes >= kPayloadBytesMin.
  RequestWriter(const LoadOptions& options, std::string_view token);

  /// ["stream.write","test-stream-<stream>",{"type":"TestEvent","data":{...}}], or with
  /// options.batch above 1 ["stream.append","test-stream-<stream>",[{...},...]]. The serial is of
  /// the first message, the others count on from it. With options.ids every message has an id of
  /// its own, in a single write as its option. With options.across (which takes no ids) it is a
  /// streams.append with one message for each of the streams stream * batch, stream * batch + 1, …
  void append_write(std::string& out, std::uint64_t stream, std::uint64_t serial) const;
  /// ["stream.get","test-stream-<stream>",{"position":0,"batchSize":10}]
  void append_read(std::string& out, std::uint64_t stream) const;

 private:
  void append_across(std::string& out, std::uint64_t step, std::uint64_t serial) const;
  void append_request(std::string& out, const std::string& before, std::uint64_t stream,
                      const std::string& after) const;

  std::string head_;  // up to and with "Content-Length: "
  std::string write_before_;
  std::string write_after_;
  Ids ids_;
  std::size_t batch_;
  std::uint64_t streams_;
  bool across_;
  std::string element_after_;          // of a streams.append, behind the number of its stream
  std::size_t element_serial_at_ = 0;  // as serial_at_, of element_after_
  std::size_t message_bytes_;          // of one message and the comma behind it
  std::size_t serial_to_id_ = 0;       // from the last digit of a serial to the id behind it
  std::size_t serial_at_;  // distance of the last serial's last digit from the end of write_after_
  std::string read_before_;
  std::string read_after_;
};

}  // namespace eventodb::load
