#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace eventodb::test {

/// The peer closed or reset the connection, stayed silent for half a minute, or sent bytes that
/// are no HTTP answer.
class HttpClientError : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

using HttpFields = std::vector<std::pair<std::string, std::string>>;

struct HttpResponse {
  int status = 0;
  std::string status_line;  ///< without the line end
  HttpFields fields;        ///< as received, in order
  std::string body;         ///< without the chunk framing
  bool chunked = false;

  /// Value of the first field of this name (any case); nullopt when absent.
  std::optional<std::string> field(std::string_view name) const;
};

/// One blocking HTTP/1.1 connection over loopback that hides nothing: raw bytes can be sent and
/// received beside whole requests. Every wait ends with HttpClientError after 30 s.
class HttpClient {
 public:
  /// Connects; throws HttpClientError.
  explicit HttpClient(std::uint16_t port, const std::string& address = "127.0.0.1");
  ~HttpClient();
  HttpClient(HttpClient&& other) noexcept;
  HttpClient(const HttpClient&) = delete;
  HttpClient& operator=(const HttpClient&) = delete;
  HttpClient& operator=(HttpClient&&) = delete;

  /// Sends bytes as they are.
  void send(std::string_view bytes);
  /// Sends each byte on its own.
  void send_bytewise(std::string_view bytes);
  /// Tells the server that nothing more will be sent.
  void shutdown_send();

  /// Sends one request with Host and, when there is a body, Content-Length, then receives().
  HttpResponse request(std::string_view method, std::string_view target, std::string_view body = {},
                       const HttpFields& fields = {});
  /// POST /rpc; the token goes into Authorization unless empty.
  HttpResponse rpc(std::string_view body, std::string_view token = {});

  /// One answer with its body. `to_head`: the request was HEAD, so no body follows.
  HttpResponse receive(bool to_head = false);
  /// Status line and fields only; the body stays to be read (event streams).
  HttpResponse receive_head();
  /// The next chunk of a chunked answer; "" is the last one, its trailer is read too.
  std::string receive_chunk();
  /// Exactly `bytes` bytes.
  std::string receive_bytes(std::size_t bytes);
  /// Everything until the server closes. A reset counts as a close.
  std::string receive_rest();
  /// Whether the server closed without sending anything more.
  bool is_closed() { return receive_rest().empty(); }

  /// Size of the kernel's receive buffer for this connection (slow readers).
  void set_receive_buffer(int bytes);

 private:
  bool fill();  // false at the end of the stream
  std::string line();
  HttpFields field_block();

  int fd_ = -1;
  std::string received_;  // not yet taken
};

/// The text of one request, for pipelining and segment tests.
std::string http_request(std::string_view method, std::string_view target,
                         std::string_view body = {}, const HttpFields& fields = {});

}  // namespace eventodb::test
