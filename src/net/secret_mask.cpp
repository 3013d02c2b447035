#include "net/secret_mask.hpp"

#include <cstddef>

#include "net/ascii.hpp"

namespace eventodb::net {
namespace {

constexpr std::string_view kMask = "***";

/// A flag whose value is a secret: "-token", "--token".
bool names_secret(std::string_view flag) {
  if (!flag.starts_with('-')) return false;
  flag.remove_prefix(flag.starts_with("--") ? 2 : 1);
  return equals_ignoring_case(flag, "token") || equals_ignoring_case(flag, "password");
}

bool is_token_byte(char c) {
  return hex_digit(c) >= 0 || (c >= 'g' && c <= 'z') || (c >= 'G' && c <= 'Z') || c == '_' ||
         c == '-';
}

/// "ns_..." wherever it stands, to the end of its alphabet.
std::string mask_tokens(std::string_view text) {
  std::string shown;
  while (!text.empty()) {
    const std::size_t at = text.find("ns_");
    shown += text.substr(0, at);
    if (at == text.npos) break;
    text.remove_prefix(at);
    std::size_t end = 0;
    while (end < text.size() && is_token_byte(text[end])) ++end;
    // Shorter ones are words like "ns_id": a token has 64 digits.
    shown += end > 64 ? kMask : text.substr(0, end);
    text.remove_prefix(end);
  }
  return shown;
}

/// "scheme://user:password@host" without the password. The last '@' before the path counts: an
/// unescaped one belongs to the password.
std::string mask_url_password(std::string text) {
  const std::size_t scheme = text.find("://");
  if (scheme == text.npos) return text;
  const std::size_t authority = scheme + 3;
  const std::size_t at = text.rfind('@', text.find_first_of("?#", authority));
  if (at == text.npos || at < authority) return text;
  const std::size_t colon = text.find(':', authority);
  if (colon == text.npos || colon > at) return text;
  return text.replace(colon + 1, at - colon - 1, kMask);
}

/// The value of every "password=" (libpq keyword form and URL parameters).
std::string mask_password_parameters(std::string text) {
  constexpr std::string_view kKey = "password=";
  for (std::size_t at = text.find(kKey); at != text.npos; at = text.find(kKey, at)) {
    at += kKey.size();
    std::size_t end = text.find_first_of("& ", at);
    if (end == text.npos) end = text.size();
    text.replace(at, end - at, kMask);
  }
  return text;
}

}  // namespace

std::vector<std::string> mask_secrets(const std::vector<std::string>& arguments) {
  std::vector<std::string> shown;
  bool secret_value = false;
  for (const std::string& argument : arguments) {
    const std::size_t equals = argument.find('=');
    if (secret_value) {
      shown.emplace_back(kMask);
      secret_value = false;
    } else if (equals != argument.npos && names_secret(argument.substr(0, equals))) {
      shown.push_back(argument.substr(0, equals + 1) + std::string(kMask));
    } else {
      secret_value = names_secret(argument);
      shown.push_back(mask_password_parameters(mask_url_password(mask_tokens(argument))));
    }
  }
  return shown;
}

}  // namespace eventodb::net
