#include "net/framing_guard.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

#include "eventodb/limits.hpp"

namespace eventodb::net {
namespace {

using Verdict = FramingGuard::Verdict;

/// What a guard said, and what it says of a head it passed.
struct Outcome {
  Verdict verdict;
  ErrorCode refusal = ErrorCode::kCount;
  std::size_t head_bytes = 0;

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

Outcome outcome(const FramingGuard& guard, Verdict verdict) {
  if (verdict == Verdict::kRefused) return {verdict, guard.refusal()};
  if (verdict == Verdict::kComplete) return {verdict, ErrorCode::kCount, guard.head_bytes()};
  return {verdict};
}

Outcome scan_whole(std::string_view input) {
  FramingGuard guard;
  return outcome(guard, guard.scan(input));
}

/// Lets the input grow by steps that end after every byte for which `ends_step` holds.
template <class EndsStep>
Outcome scan_in_steps(std::string_view input, EndsStep ends_step) {
  FramingGuard guard;
  Verdict verdict = Verdict::kNeedMore;
  for (std::size_t size = 1; size <= input.size() && verdict == Verdict::kNeedMore; ++size) {
    if (size == input.size() || ends_step(input[size - 1]))
      verdict = guard.scan(input.substr(0, size));
  }
  return outcome(guard, verdict);
}

/// The one outcome of all segmentations.
Outcome scan(std::string_view input) {
  const Outcome whole = scan_whole(input);
  EXPECT_EQ(scan_in_steps(input, [](char c) { return c == '\n'; }), whole) << "per line";
  EXPECT_EQ(scan_in_steps(input, [](char) { return true; }), whole) << "per byte";
  return whole;
}

std::string get(std::string_view fields) {
  return "GET / HTTP/1.1\r\nHost: a\r\n" + std::string(fields) + "\r\n";
}

struct Refused {
  const char* name;
  std::string input;
  ErrorCode code = ErrorCode::kInvalidRequest;
};

void PrintTo(const Refused& row, std::ostream* out) {
  *out << row.name;
}

class RefusedHead : public testing::TestWithParam<Refused> {};

TEST_P(RefusedHead, WhateverTheSegmentation) {
  const Outcome refused = scan(GetParam().input);
  EXPECT_EQ(refused.verdict, Verdict::kRefused);
  EXPECT_EQ(refused.refusal, GetParam().code);
}

std::string nul_in(std::string_view before, std::string_view after) {
  std::string text(before);
  text.push_back('\0');
  return text.append(after);
}

std::vector<Refused> refused_heads() {
  const std::string long_target(limits::kTargetBytesMax + 1, 'a');
  std::string many_fields;
  for (std::size_t i = 0; i < limits::kHeaderFieldsMax; ++i) many_fields += "A: b\r\n";
  return {
      {"bare_lf_in_request_line", "GET / HTTP/1.1\nHost: a\r\n\r\n"},
      {"bare_lf_after_field", "GET / HTTP/1.1\r\nHost: a\n\r\n"},
      {"bare_lf_as_end", "GET / HTTP/1.1\r\nHost: a\r\n\n"},
      {"bare_cr_in_request_line", "GET / HTTP/1.1\rX\r\nHost: a\r\n\r\n"},
      {"bare_cr_in_value", get("A: b\rc\r\n")},
      {"only_carriage_returns", "GET / HTTP/1.1\rHost: a\r\r"},
      {"two_cr_before_lf", get("A: b\r\r\n")},
      {"nul_in_value", nul_in("GET / HTTP/1.1\r\nHost: a\r\nA: ", "\r\n\r\n")},
      {"nul_in_name", nul_in("GET / HTTP/1.1\r\nHost: a\r\nA", ": b\r\n\r\n")},
      {"nul_in_target", nul_in("GET /", " HTTP/1.1\r\nHost: a\r\n\r\n")},
      {"space_before_colon", get("Content-Length : 5\r\n")},
      {"tab_before_colon", get("Content-Length\t: 5\r\n")},
      {"folded_by_space", get("A: b\r\n c\r\n")},
      {"folded_by_tab", get("A: b\r\n\tc\r\n")},
      {"folded_first_field", "GET / HTTP/1.1\r\n Host: a\r\n\r\n"},
      {"field_without_colon", get("nonsense\r\n")},
      {"field_without_name", get(": b\r\n")},
      {"space_in_target", "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"tab_in_target", "GET /a\tb HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"high_byte_in_target", "GET /\xc3\xa4 HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"delete_in_target", "GET /\x7f HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"empty_target", "GET  HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"no_version", "GET /\r\nHost: a\r\n\r\n"},
      {"no_method", " / HTTP/1.1\r\nHost: a\r\n\r\n"},
      {"http_2_0", "GET / HTTP/2.0\r\nHost: a\r\n\r\n"},
      {"http_1_2", "GET / HTTP/1.2\r\nHost: a\r\n\r\n"},
      {"lower_case_version", "GET / http/1.1\r\nHost: a\r\n\r\n"},
      {"trailing_space_after_version", "GET / HTTP/1.1 \r\nHost: a\r\n\r\n"},
      {"te_gzip_chunked", get("Transfer-Encoding: gzip, chunked\r\n")},
      {"te_identity", get("Transfer-Encoding: identity\r\n")},
      {"te_xchunked", get("Transfer-Encoding: xchunked\r\n")},
      {"te_chunked_twice_in_one", get("Transfer-Encoding: chunked, chunked\r\n")},
      {"te_empty", get("Transfer-Encoding:\r\n")},
      {"te_quoted", get("Transfer-Encoding: \"chunked\"\r\n")},
      {"te_other_case", get("Transfer-Encoding: Chunked\r\n")},
      {"te_vertical_tab", get("Transfer-Encoding: \vchunked\r\n")},
      {"te_with_parameter", get("Transfer-Encoding: chunked;a=b\r\n")},
      {"te_twice", get("Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n")},
      {"te_then_identity", get("Transfer-Encoding: chunked\r\ntransfer-encoding: identity\r\n")},
      {"te_with_cl", get("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")},
      {"cl_with_te", get("Content-Length: 5\r\nTRANSFER-ENCODING: chunked\r\n")},
      {"te_on_1_0", "GET / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"},
      {"cl_differing", get("Content-Length: 5\r\nContent-Length: 6\r\n")},
      {"cl_list", get("Content-Length: 5, 5\r\n")},
      {"cl_plus", get("Content-Length: +5\r\n")},
      {"cl_minus", get("Content-Length: -5\r\n")},
      {"cl_hex", get("Content-Length: 0x5\r\n")},
      {"cl_fraction", get("Content-Length: 5.0\r\n")},
      {"cl_inner_space", get("Content-Length: 5 5\r\n")},
      {"cl_empty", get("Content-Length:\r\n")},
      {"cl_overflow", get("Content-Length: 18446744073709551616\r\n")},
      {"cl_long_overflow", get("Content-Length: 99999999999999999999999999\r\n")},
      {"no_host", "GET / HTTP/1.1\r\nA: b\r\n\r\n"},
      {"two_hosts", get("Host: a\r\n")},
      {"two_hosts_on_1_0", "GET / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n"},
      {"too_many_fields", get(many_fields), ErrorCode::kHeaderTooLarge},
      {"target_too_long", "GET /" + long_target + " HTTP/1.1\r\nHost: a\r\n\r\n",
       ErrorCode::kTargetTooLong},
      {"endless_target", "GET /" + std::string(limits::kHeaderBlockBytesMax, 'a'),
       ErrorCode::kTargetTooLong},
      {"header_too_large", get("A: " + std::string(limits::kHeaderBlockBytesMax, 'b') + "\r\n"),
       ErrorCode::kHeaderTooLarge},
  };
}

INSTANTIATE_TEST_SUITE_P(Table, RefusedHead, testing::ValuesIn(refused_heads()),
                         [](const auto& row) { return std::string(row.param.name); });

/// The head a guard passed, with everything that followed it left alone.
FramingGuard passed(const std::string& head) {
  EXPECT_EQ(scan(head + "POST"), (Outcome{Verdict::kComplete, ErrorCode::kCount, head.size()}));
  FramingGuard guard;
  guard.scan(head);
  return guard;
}

TEST(FramingGuard, PassesAHeadWithoutBody) {
  const FramingGuard guard = passed(get(""));
  EXPECT_FALSE(guard.chunked());
  EXPECT_FALSE(guard.content_length());
}

TEST(FramingGuard, ReadsTheBodysLength) {
  EXPECT_EQ(passed(get("content-LENGTH: \t 0123 \r\n")).content_length(), 123u);
  EXPECT_EQ(passed(get("Content-Length: 18446744073709551615\r\n")).content_length(), UINT64_MAX);
  EXPECT_EQ(passed(get("Content-Length: 7\r\nContent-Length: 7\r\n")).content_length(), 7u);
}

TEST(FramingGuard, ReadsChunked) {
  EXPECT_TRUE(passed(get("transfer-encoding:chunked\r\n")).chunked());
  EXPECT_FALSE(passed(get("TE: trailers\r\n")).chunked());
}

TEST(FramingGuard, TakesHttp10WithAndWithoutHost) {
  passed("GET / HTTP/1.0\r\n\r\n");
  passed("GET / HTTP/1.0\r\nHost: a\r\n\r\n");
}

TEST(FramingGuard, TakesWhatIsJustWithinTheLimits) {
  passed("GET /" + std::string(limits::kTargetBytesMax - 1, 'a') + " HTTP/1.1\r\nHost: a\r\n\r\n");
  std::string fields;
  for (std::size_t i = 1; i < limits::kHeaderFieldsMax; ++i) fields += "A: b\r\n";
  passed(get(fields));
  const std::size_t rest = limits::kHeaderBlockBytesMax - get("A: \r\n").size();
  passed(get("A: " + std::string(rest, 'b') + "\r\n"));
  EXPECT_EQ(scan(get("A: " + std::string(rest + 1, 'b') + "\r\n")),
            (Outcome{Verdict::kRefused, ErrorCode::kHeaderTooLarge}));
}

TEST(FramingGuard, WaitsWhileTheHeadIsIncomplete) {
  const std::string head = get("A: b\r\n");
  for (std::size_t size = 0; size < head.size(); ++size) {
    EXPECT_EQ(scan_whole(head.substr(0, size)).verdict, Verdict::kNeedMore) << size;
  }
}

}  // namespace
}  // namespace eventodb::net
