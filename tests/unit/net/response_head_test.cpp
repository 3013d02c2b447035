#include "net/response_head.hpp"

#include <gtest/gtest.h>

#include <string>

#include "base/version.hpp"

namespace eventodb::net {
namespace {

constexpr std::string_view kDate = "Sun, 06 Nov 1994 08:49:37 GMT";

std::string common(const std::string& status_line) {
  return status_line + "\r\nServer: EventoDB/" + base::kVersion +
         "\r\nDate: " + std::string(kDate) + "\r\n";
}

std::string rendered(const ResponseHead& head) {
  base::ByteBuffer out;
  append_head(out, head, kDate);
  return std::string(out.view());
}

TEST(ResponseHead, RendersTheUsualFields) {
  ResponseHead head;
  head.content_length = 38;
  EXPECT_EQ(rendered(head), common("HTTP/1.1 200 OK") +
                                "Content-Type: application/json\r\nContent-Length: 38\r\n\r\n");
}

TEST(ResponseHead, RendersWhatTheStatusNeeds) {
  ResponseHead head;
  head.status = 503;
  head.close = true;
  EXPECT_EQ(rendered(head), common("HTTP/1.1 503 Service Unavailable") +
                                "Content-Type: application/json\r\nRetry-After: 1\r\n"
                                "Connection: close\r\nContent-Length: 0\r\n\r\n");
  head = {};
  head.status = 405;
  head.allow = "POST";
  EXPECT_EQ(rendered(head), common("HTTP/1.1 405 Method Not Allowed") +
                                "Content-Type: application/json\r\nAllow: POST\r\n"
                                "Content-Length: 0\r\n\r\n");
}

TEST(ResponseHead, RendersTheFraming) {
  ResponseHead head;
  head.content_type = {};
  head.framing = BodyFraming::kChunked;
  EXPECT_EQ(rendered(head), common("HTTP/1.1 200 OK") + "Transfer-Encoding: chunked\r\n\r\n");
  head.framing = BodyFraming::kClose;
  EXPECT_EQ(rendered(head), common("HTTP/1.1 200 OK") + "\r\n");
  head.framing = BodyFraming::kNone;
  head.status = 204;
  head.any_origin = true;
  head.extra_fields = "A: b\r\n";
  EXPECT_EQ(rendered(head),
            common("HTTP/1.1 204 No Content") + "Access-Control-Allow-Origin: *\r\nA: b\r\n\r\n");
}

TEST(HeadPlace, FitsAnyHeadInFrontOfItsBody) {
  for (const std::size_t bytes : {0, 9, 38, 111, 5000, 100'000}) {
    for (const int status : {200, 404, 431, 503}) {
      const std::string body(bytes, 'x');
      base::ByteBuffer out;
      out.append("earlier");
      HeadPlace place;
      place.reserve(out, kDate);
      out.append(body);
      ResponseHead head;
      head.status = status;
      place.fill(out, head, kDate);
      head.content_length = bytes;
      EXPECT_EQ(out.view(), "earlier" + rendered(head) + body) << status << " " << bytes;
      EXPECT_EQ(place.body_begin(), out.size() - bytes);
    }
  }
}

TEST(HttpDate, HasTheFormOfRfc9110) {
  HttpDate date;
  const std::string text(date.text());
  ASSERT_EQ(text.size(), kDate.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool punctuation =
        std::ispunct(static_cast<unsigned char>(kDate[i])) != 0 || kDate[i] == ' ';
    EXPECT_EQ(punctuation,
              text[i] == kDate[i] && !std::isalnum(static_cast<unsigned char>(text[i])))
        << text;
  }
  std::tm parsed{};
  ASSERT_NE(::strptime(text.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parsed), nullptr) << text;
  EXPECT_LE(std::abs(std::difftime(::timegm(&parsed), std::time(nullptr))), 1.0);
}

}  // namespace
}  // namespace eventodb::net
