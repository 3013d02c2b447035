#include "support/http_client.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <strings.h>
#include <cerrno>
#include <charconv>
#include <cstring>

namespace eventodb::test {
namespace {

constexpr int kWaitSeconds = 30;

[[noreturn]] void fail(const std::string& what) {
  throw HttpClientError(what + ": " + std::strerror(errno));
}

int connect_to(std::uint16_t port, const std::string& address) {
  const bool ipv6 = address.find(':') != std::string::npos;
  const int fd = ::socket(ipv6 ? AF_INET6 : AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) fail("socket");
  const timeval wait{kWaitSeconds, 0};
  const int on = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &wait, sizeof(wait));
  ::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &wait, sizeof(wait));
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_in6 to6{};
  sockaddr_in to4{};
  to6.sin6_family = AF_INET6;
  to6.sin6_port = htons(port);
  to4.sin_family = AF_INET;
  to4.sin_port = htons(port);
  const bool parsed = ipv6 ? ::inet_pton(AF_INET6, address.c_str(), &to6.sin6_addr) == 1
                           : ::inet_pton(AF_INET, address.c_str(), &to4.sin_addr) == 1;
  const auto* to =
      ipv6 ? reinterpret_cast<const sockaddr*>(&to6) : reinterpret_cast<const sockaddr*>(&to4);
  const socklen_t size = ipv6 ? sizeof(to6) : sizeof(to4);
  if (!parsed || ::connect(fd, to, size) != 0) {
    const int reason = errno;
    ::close(fd);
    errno = reason;
    fail("connect to " + address);
  }
  return fd;
}

std::size_t parse_number(std::string_view text, int base) {
  std::size_t value = 0;
  const auto result = std::from_chars(text.data(), text.data() + text.size(), value, base);
  if (result.ec != std::errc() || result.ptr != text.data() + text.size()) {
    throw HttpClientError("not a number: " + std::string(text));
  }
  return value;
}

std::string trimmed(std::string_view text) {
  const auto first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return std::string(text.substr(first, text.find_last_not_of(" \t") - first + 1));
}

}  // namespace

std::optional<std::string> HttpResponse::field(std::string_view name) const {
  for (const auto& [key, value] : fields) {
    if (key.size() == name.size() && ::strncasecmp(key.data(), name.data(), key.size()) == 0) {
      return value;
    }
  }
  return std::nullopt;
}

HttpClient::HttpClient(std::uint16_t port, const std::string& address)
    : fd_(connect_to(port, address)) {}

HttpClient::HttpClient(HttpClient&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)), received_(std::move(other.received_)) {}

HttpClient::~HttpClient() {
  if (fd_ >= 0) ::close(fd_);
}

void HttpClient::send(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) fail("send");
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void HttpClient::send_bytewise(std::string_view bytes) {
  for (const char& byte : bytes) send({&byte, 1});
}

void HttpClient::shutdown_send() {
  ::shutdown(fd_, SHUT_WR);
}

HttpResponse HttpClient::request(std::string_view method, std::string_view target,
                                 std::string_view body, const HttpFields& fields) {
  send(http_request(method, target, body, fields));
  return receive(method == "HEAD");
}

HttpResponse HttpClient::rpc(std::string_view body, std::string_view token) {
  HttpFields fields;
  if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + std::string(token));
  send(http_request("POST", "/rpc", body, fields));
  return receive();
}

HttpResponse HttpClient::receive(bool to_head) {
  HttpResponse response = receive_head();
  const bool bodiless = to_head || response.status / 100 == 1 || response.status == 204;
  if (bodiless) return response;
  if (response.chunked) {
    for (std::string chunk = receive_chunk(); !chunk.empty(); chunk = receive_chunk()) {
      response.body += chunk;
    }
  } else if (const auto length = response.field("Content-Length")) {
    response.body = receive_bytes(parse_number(*length, 10));
  } else {
    response.body = receive_rest();
  }
  return response;
}

HttpResponse HttpClient::receive_head() {
  HttpResponse response;
  response.status_line = line();
  if (response.status_line.size() < 12 || !response.status_line.starts_with("HTTP/1.")) {
    throw HttpClientError("not a status line: " + response.status_line);
  }
  response.status =
      static_cast<int>(parse_number(std::string_view(response.status_line).substr(9, 3), 10));
  response.fields = field_block();
  response.chunked = response.field("Transfer-Encoding") == "chunked";
  return response;
}

std::string HttpClient::receive_chunk() {
  const std::size_t size = parse_number(line(), 16);
  if (size == 0) {
    field_block();
    return {};
  }
  std::string chunk = receive_bytes(size);
  if (!line().empty()) throw HttpClientError("a chunk does not end with a line end");
  return chunk;
}

std::string HttpClient::receive_bytes(std::size_t bytes) {
  while (received_.size() < bytes) {
    if (!fill()) throw HttpClientError("the connection ended within an answer");
  }
  std::string taken = received_.substr(0, bytes);
  received_.erase(0, bytes);
  return taken;
}

std::string HttpClient::receive_rest() {
  while (fill()) {
  }
  return std::exchange(received_, {});
}

void HttpClient::set_receive_buffer(int bytes) {
  if (::setsockopt(fd_, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes)) != 0) fail("SO_RCVBUF");
}

bool HttpClient::fill() {
  char buffer[16 * 1024];
  const ssize_t got = ::recv(fd_, buffer, sizeof(buffer), 0);
  if (got > 0) received_.append(buffer, static_cast<std::size_t>(got));
  if (got < 0 && errno != ECONNRESET) fail("receive");
  return got > 0;
}

std::string HttpClient::line() {
  std::size_t end;
  while ((end = received_.find("\r\n")) == std::string::npos) {
    if (!fill()) throw HttpClientError("the connection ended before an answer: " + received_);
  }
  std::string taken = received_.substr(0, end);
  received_.erase(0, end + 2);
  return taken;
}

HttpFields HttpClient::field_block() {
  HttpFields fields;
  for (std::string text = line(); !text.empty(); text = line()) {
    const auto colon = text.find(':');
    if (colon == std::string::npos) throw HttpClientError("not a header field: " + text);
    fields.emplace_back(text.substr(0, colon), trimmed(std::string_view(text).substr(colon + 1)));
  }
  return fields;
}

std::string http_request(std::string_view method, std::string_view target, std::string_view body,
                         const HttpFields& fields) {
  std::string text;
  text.append(method).append(" ").append(target).append(" HTTP/1.1\r\nHost: localhost\r\n");
  for (const auto& [name, value] : fields) {
    text.append(name).append(": ").append(value).append("\r\n");
  }
  if (!body.empty() || method == "POST") {
    text.append("Content-Length: ").append(std::to_string(body.size())).append("\r\n");
  }
  return text.append("\r\n").append(body);
}

}  // namespace eventodb::test
