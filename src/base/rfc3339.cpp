#include "base/rfc3339.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <cstring>
#include <limits>

namespace eventodb::base {
namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::sys_days;

constexpr std::int64_t kSecondUs = 1'000'000;
constexpr std::int64_t kDayUs = 86'400 * kSecondUs;
constexpr std::size_t kDateBytesMax = 16;  // "-292277-01-01T" and room to spare

/// "00" to "99".
constexpr auto kDigitPairs = [] {
  std::array<std::array<char, 2>, 100> pairs{};
  for (std::size_t i = 0; i < pairs.size(); ++i) {
    pairs[i] = {static_cast<char>('0' + i / 10), static_cast<char>('0' + i % 10)};
  }
  return pairs;
}();

/// `value` is below 100.
char* put_pair(char* to, std::uint32_t value) {
  std::memcpy(to, kDigitPairs[value].data(), 2);
  return to + 2;
}

/// "2025-01-15T" of a day since the epoch; returns the end.
char* put_date(char* to, std::int64_t day) {
  const std::chrono::year_month_day date{sys_days(days(day))};
  int year = static_cast<int>(date.year());
  if (year < 0) {
    *to++ = '-';
    year = -year;
  }
  if (year > 9999) to = put_pair(to, static_cast<std::uint32_t>(year) / 10'000);
  to = put_pair(to, static_cast<std::uint32_t>(year) / 100 % 100);
  to = put_pair(to, static_cast<std::uint32_t>(year) % 100);
  *to++ = '-';
  to = put_pair(to, static_cast<unsigned>(date.month()));
  *to++ = '-';
  to = put_pair(to, static_cast<unsigned>(date.day()));
  *to++ = 'T';
  return to;
}

/// The date last written by this thread: the messages of one answer are mostly of one day.
struct KnownDate {
  std::int64_t day = std::numeric_limits<std::int64_t>::min();
  std::size_t size = 0;
  char text[kDateBytesMax];
};

/// Reads exactly `digits` decimal digits and moves `text` past them; -1 when they are not there.
int take_digits(std::string_view& text, std::size_t digits) {
  if (text.size() < digits) return -1;
  int value = 0;
  for (std::size_t i = 0; i < digits; ++i) {
    if (text[i] < '0' || text[i] > '9') return -1;
    value = value * 10 + (text[i] - '0');
  }
  text.remove_prefix(digits);
  return value;
}

bool take(std::string_view& text, char a, char b) {
  if (text.empty() || (text[0] != a && text[0] != b)) return false;
  text.remove_prefix(1);
  return true;
}

/// ".123456789" in microseconds, cut; 0 when there is no fraction; -1 when it is malformed.
std::int64_t take_fraction(std::string_view& text) {
  if (text.empty() || text[0] != '.') return 0;
  text.remove_prefix(1);
  std::int64_t us = 0;
  std::int64_t unit = 100'000;
  std::size_t digits = 0;
  while (digits < text.size() && text[digits] >= '0' && text[digits] <= '9') {
    us += (text[digits] - '0') * unit;
    unit /= 10;
    ++digits;
  }
  if (digits == 0) return -1;
  text.remove_prefix(digits);
  return us;
}

/// "Z" or "+hh:mm" in minutes; nullopt when malformed.
std::optional<int> take_offset(std::string_view& text) {
  if (take(text, 'Z', 'z')) return 0;
  if (text.empty()) return std::nullopt;
  const int sign = text[0] == '-' ? -1 : 1;
  if (!take(text, '+', '-')) return std::nullopt;
  const int hours = take_digits(text, 2);
  if (hours < 0 || hours > 23 || !take(text, ':', ':')) return std::nullopt;
  const int minutes = take_digits(text, 2);
  if (minutes < 0 || minutes > 59) return std::nullopt;
  return sign * (hours * 60 + minutes);
}

}  // namespace

Timestamp wall_clock_now() {
  return {
      std::chrono::duration_cast<microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count()};
}

std::size_t format_rfc3339(Timestamp time, char* to) {
  std::int64_t day = time.us / kDayUs;
  std::int64_t day_us = time.us % kDayUs;
  if (day_us < 0) {
    --day;
    day_us += kDayUs;
  }
  thread_local KnownDate known;
  if (known.day != day) {
    known.size = static_cast<std::size_t>(put_date(known.text, day) - known.text);
    known.day = day;
  }
  std::memcpy(to, known.text, kDateBytesMax);
  char* out = to + known.size;

  const auto second = static_cast<std::uint32_t>(day_us / kSecondUs);
  const auto us = static_cast<std::uint32_t>(day_us % kSecondUs);
  out = put_pair(out, second / 3600);
  *out++ = ':';
  out = put_pair(out, second / 60 % 60);
  *out++ = ':';
  out = put_pair(out, second % 60);
  if (us != 0) {
    *out++ = '.';
    out = put_pair(out, us / 10'000);
    out = put_pair(out, us / 100 % 100);
    out = put_pair(out, us % 100);
    while (out[-1] == '0') --out;
  }
  *out++ = 'Z';
  return static_cast<std::size_t>(out - to);
}

std::optional<Timestamp> parse_rfc3339(std::string_view text) {
  const int year = take_digits(text, 4);
  if (year < 0 || !take(text, '-', '-')) return std::nullopt;
  const int month = take_digits(text, 2);
  if (month < 0 || !take(text, '-', '-')) return std::nullopt;
  const int day = take_digits(text, 2);
  if (day < 0 || !take(text, 'T', 't')) return std::nullopt;
  const std::chrono::year_month_day date{std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day))};
  if (!date.ok()) return std::nullopt;
  const int hour = take_digits(text, 2);
  if (hour < 0 || hour > 23 || !take(text, ':', ':')) return std::nullopt;
  const int minute = take_digits(text, 2);
  if (minute < 0 || minute > 59 || !take(text, ':', ':')) return std::nullopt;
  const int second = take_digits(text, 2);
  if (second < 0 || second > 60) return std::nullopt;  // 60: a leap second, counted on
  const std::int64_t fraction_us = take_fraction(text);
  if (fraction_us < 0) return std::nullopt;
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const auto time = sys_days(date) + std::chrono::hours(hour) +
                    std::chrono::minutes(minute - *offset) + std::chrono::seconds(second);
  return Timestamp{std::chrono::duration_cast<microseconds>(time.time_since_epoch()).count() +
                   fraction_us};
}

}  // namespace eventodb::base
