#include "load/server_url.hpp"

#include <netdb.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <memory>

namespace eventodb::load {

std::string ServerUrl::authority() const {
  return (host.find(':') == std::string::npos ? host : "[" + host + "]") + ":" + port;
}

std::optional<ServerUrl> parse_server_url(std::string_view text) {
  constexpr std::string_view kScheme = "http://";
  if (!text.starts_with(kScheme)) return std::nullopt;
  text.remove_prefix(kScheme.size());
  const auto is_allowed = [](char c) { return c > 0x20 && c < 0x7F && c != '?' && c != '#'; };
  if (!std::all_of(text.begin(), text.end(), is_allowed)) return std::nullopt;
  ServerUrl url{.host = {}, .port = "80", .path_prefix = {}};
  const auto slash = text.find('/');
  if (slash != std::string_view::npos) {
    url.path_prefix = text.substr(slash);
    while (url.path_prefix.ends_with('/')) url.path_prefix.pop_back();
    text = text.substr(0, slash);
  }
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos) return std::nullopt;
    url.host = text.substr(1, bracket - 1);
    text.remove_prefix(bracket + 1);
    if (!text.empty() && text.front() != ':') return std::nullopt;
  } else {
    url.host = text.substr(0, text.find(':'));
    text.remove_prefix(url.host.size());
  }
  if (!text.empty()) url.port = text.substr(1);
  const auto is_digit = [](char c) { return c >= '0' && c <= '9'; };
  const bool port_ok = !url.port.empty() && url.port.size() <= 5 &&
                       std::all_of(url.port.begin(), url.port.end(), is_digit);
  if (url.host.empty() || !port_ok) return std::nullopt;
  return url;
}

std::optional<ServerAddress> find_server(const ServerUrl& url, std::string& why) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const int error = getaddrinfo(url.host.c_str(), url.port.c_str(), &hints, &found)) {
    why = gai_strerror(error);
    return std::nullopt;
  }
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> list(found, freeaddrinfo);
  for (const addrinfo* at = list.get(); at != nullptr; at = at->ai_next) {
    const int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol);
    if (fd >= 0 && connect(fd, at->ai_addr, at->ai_addrlen) == 0) {
      close(fd);
      ServerAddress address;
      std::memcpy(&address.storage, at->ai_addr, at->ai_addrlen);
      address.length = at->ai_addrlen;
      return address;
    }
    why = std::strerror(errno);
    if (fd >= 0) close(fd);
  }
  return std::nullopt;
}

}  // namespace eventodb::load
