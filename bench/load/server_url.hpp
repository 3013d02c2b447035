#pragma once

#include <sys/socket.h>

#include <optional>
#include <string>
#include <string_view>

namespace eventodb::load {

/// Where the server is, taken apart from "http://host[:port][/prefix]".
struct ServerUrl {
  std::string host;  ///< without the brackets of an IPv6 literal
  std::string port;
  std::string path_prefix;  ///< "" or "/..." without a slash at its end

  /// What goes into the Host field.
  std::string authority() const;
};

/// nullopt unless the scheme is http (TLS is a proxy's business) and the rest is a host, an
/// optional port and an optional path.
std::optional<ServerUrl> parse_server_url(std::string_view text);

struct ServerAddress {
  sockaddr_storage storage{};
  socklen_t length = 0;
};

/// Resolves the host and finds the first of its addresses that accepts a connection now.
/// Otherwise nullopt, with the reason in `why`.
std::optional<ServerAddress> find_server(const ServerUrl& url, std::string& why);

}  // namespace eventodb::load
