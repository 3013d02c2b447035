#include <algorithm>
#include <charconv>

#include "rpc/json_cursor.hpp"

namespace eventodb::rpc {
namespace {

/// Larger than any count of digits a body can hold, and far from overflow.
constexpr std::int64_t kExponentMax = 1'000'000'000'000;
constexpr std::int64_t kDigitsMax = 19;  // of an int64

/// The exponent's digits as a number, cut at kExponentMax.
std::int64_t exponent_of(std::string_view digits) {
  const bool negative = digits.starts_with('-');
  if (negative || digits.starts_with('+')) digits.remove_prefix(1);
  std::int64_t exponent = 0;
  for (const char c : digits) exponent = std::min(exponent * 10 + (c - '0'), kExponentMax);
  return negative ? -exponent : exponent;
}

/// A number as digits (without zeros at either end; empty for zero) times a power of ten.
/// The fraction is behind the whole part; either may be empty.
struct Decimal {
  bool negative = false;
  std::string_view whole;
  std::string_view fraction;
  std::int64_t exponent = 0;  ///< of the last digit

  bool is_zero() const { return whole.empty() && fraction.empty(); }
  std::int64_t digits() const { return static_cast<std::int64_t>(whole.size() + fraction.size()); }
};

std::string_view without_leading_zeros(std::string_view digits) {
  return digits.substr(std::min(digits.find_first_not_of('0'), digits.size()));
}
std::string_view without_trailing_zeros(std::string_view digits) {
  return digits.substr(0, digits.find_last_not_of('0') + 1);  // npos + 1 is 0
}

Decimal parse_decimal(std::string_view text) {
  Decimal decimal;
  decimal.negative = text.starts_with('-');
  if (decimal.negative) text.remove_prefix(1);
  const auto e = text.find_first_of("eE");
  if (e != std::string_view::npos) decimal.exponent = exponent_of(text.substr(e + 1));
  const std::string_view digits = text.substr(0, e);
  const auto dot = digits.find('.');
  decimal.whole = without_leading_zeros(digits.substr(0, dot));
  if (dot != std::string_view::npos) {
    decimal.fraction = without_trailing_zeros(digits.substr(dot + 1));
  }
  if (decimal.fraction.empty()) {
    const auto shorter = without_trailing_zeros(decimal.whole);
    decimal.exponent += static_cast<std::int64_t>(decimal.whole.size() - shorter.size());
    decimal.whole = shorter;
  } else {
    decimal.exponent -= static_cast<std::int64_t>(decimal.fraction.size());
    if (decimal.whole.empty()) decimal.fraction = without_leading_zeros(decimal.fraction);
  }
  return decimal;
}

}  // namespace

std::optional<std::int64_t> integer_of(const JsonValue& value) {
  const char* const text_end = value.text.data() + value.text.size();
  std::int64_t plain = 0;
  const auto parsed = std::from_chars(value.text.data(), text_end, plain);
  if (parsed.ec == std::errc() && parsed.ptr == text_end) return plain;

  const Decimal decimal = parse_decimal(value.text);
  if (decimal.is_zero()) return 0;
  if (decimal.exponent < 0) return std::nullopt;  // a fraction: the last digit is not zero
  if (decimal.digits() + decimal.exponent > kDigitsMax) return std::nullopt;
  char text[kDigitsMax + 1];
  char* to = text;
  if (decimal.negative) *to++ = '-';
  to = std::copy(decimal.whole.begin(), decimal.whole.end(), to);
  to = std::copy(decimal.fraction.begin(), decimal.fraction.end(), to);
  to = std::fill_n(to, decimal.exponent, '0');
  std::int64_t number = 0;
  if (std::from_chars(text, to, number).ec != std::errc()) return std::nullopt;  // out of range
  return number;
}

}  // namespace eventodb::rpc
