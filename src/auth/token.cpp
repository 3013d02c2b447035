#include "auth/token.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <optional>

#include "base/check.hpp"
#include "base/digest.hpp"
#include "base/utf8.hpp"

namespace eventodb::auth {
namespace {

constexpr std::string_view kPrefix = "ns_";
constexpr std::size_t kSecretChars = 64;
constexpr std::string_view kAlphabet =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr std::uint8_t kNoDigit = 0xff;

constexpr std::array<std::uint8_t, 256> make_digit_values() {
  std::array<std::uint8_t, 256> values{};
  values.fill(kNoDigit);
  for (std::size_t i = 0; i < kAlphabet.size(); ++i) {
    values[static_cast<unsigned char>(kAlphabet[i])] = static_cast<std::uint8_t>(i);
  }
  return values;
}
constexpr auto kDigitValues = make_digit_values();

std::string encode_base64url(std::string_view bytes) {
  std::string text;
  text.reserve((bytes.size() * 4 + 2) / 3);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) text += kAlphabet[bits >> (held - 6) & 0x3f];
  }
  if (held > 0) text += kAlphabet[bits << (6 - held) & 0x3f];
  return text;
}

/// Without padding; unused bits of the last character may be anything, as in the clients' decoders.
std::optional<std::string> decode_base64url(std::string_view text) {
  if (text.size() % 4 == 1) return std::nullopt;
  std::string bytes;
  bytes.reserve(text.size() * 3 / 4);
  std::uint32_t bits = 0;
  int held = 0;
  for (const char c : text) {
    const std::uint8_t digit = kDigitValues[static_cast<unsigned char>(c)];
    if (digit == kNoDigit) return std::nullopt;
    bits = bits << 6 | digit;
    held += 6;
    if (held < 8) continue;
    held -= 8;
    bytes += static_cast<char>(bits >> held & 0xff);
  }
  return bytes;
}

bool is_hex(char c) {
  return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

Error invalid(std::string_view problem) {
  return {ErrorCode::kAuthInvalidToken, "The token is not valid",
          ParseProblem{std::string(problem)}};
}

std::string join_token(std::string_view namespace_id, std::string_view secret) {
  EVENTODB_CHECK(!namespace_id.empty());
  std::string token(kPrefix);
  token += encode_base64url(namespace_id);
  token += '_';
  token += secret;
  return token;
}

}  // namespace

Result<std::string> parse_token(std::string_view token) {
  if (!token.starts_with(kPrefix)) return invalid("token does not begin with 'ns_'");
  const std::string_view rest = token.substr(kPrefix.size());
  // The encoded id may itself contain '_', the secret cannot.
  const auto separator = rest.rfind('_');
  if (separator == std::string_view::npos) return invalid("token has no separator '_'");
  const std::string_view secret = rest.substr(separator + 1);
  if (secret.size() != kSecretChars) return invalid("token secret does not have 64 characters");
  if (!std::all_of(secret.begin(), secret.end(), is_hex)) {
    return invalid("token secret is not hexadecimal");
  }
  auto id = decode_base64url(rest.substr(0, separator));
  if (!id) return invalid("token namespace is not base64url without padding");
  if (id->empty()) return invalid("token namespace is empty");
  // An id is UTF-8 (and is shown in JSON), so nothing else can name a namespace.
  if (!base::is_utf8(*id)) return invalid("token namespace is not UTF-8");
  return std::move(*id);
}

std::string generate_token(std::string_view namespace_id) {
  const auto secret = base::random_hex_32_bytes();
  return join_token(namespace_id, {secret.data(), secret.size()});
}

std::string deterministic_test_token(std::string_view namespace_id) {
  std::string seed("eventodb-test-token:");
  seed += namespace_id;
  const auto secret = base::sha256_hex(seed);
  return join_token(namespace_id, {secret.data(), secret.size()});
}

TokenHash hash_token(std::string_view token) {
  return base::sha256_hex(token);
}

}  // namespace eventodb::auth
