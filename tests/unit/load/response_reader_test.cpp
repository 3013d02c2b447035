#include "load/response_reader.hpp"

#include <gtest/gtest.h>

#include <string>
#include <string_view>
#include <vector>

namespace eventodb::load {
namespace {

struct Answer {
  int status;
  bool closes;
  std::string error_text;
  friend bool operator==(const Answer&, const Answer&) = default;
};

/// Feeds `bytes` in pieces of `piece` bytes; what was recognised until the end or a break.
std::vector<Answer> read_all(std::string_view bytes, std::size_t piece, bool* broken = nullptr) {
  ResponseReader reader;
  std::vector<Answer> answers;
  while (!bytes.empty() && !reader.broken()) {
    std::string_view part = bytes.substr(0, piece);
    bytes.remove_prefix(part.size());
    while (!part.empty() && !reader.broken()) {
      part.remove_prefix(reader.feed(part));
      if (!reader.complete()) continue;
      answers.push_back({reader.status(), reader.closes(), reader.error_text()});
      reader.next();
    }
  }
  if (broken != nullptr) *broken = reader.broken();
  EXPECT_FALSE(!reader.broken() && reader.in_response());
  return answers;
}

constexpr std::string_view kMany =
    "HTTP/1.1 200 OK\r\nServer: x\r\nContent-Type: application/json\r\nContent-Length: 4\r\n\r\n"
    "null"
    "HTTP/1.1 100 Continue\r\n\r\n"
    "HTTP/1.1 409 Conflict\r\ncontent-length:\t7 \r\n\r\nno, sir"
    "HTTP/1.1 204 No Content\r\n\r\n"
    "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
    "4\r\n[1,2\r\n1;ext=a\r\n]\r\n0\r\nTrailer: x\r\n\r\n"
    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: Close\r\n\r\n"
    "HTTP/1.0 500 Oops\r\nContent-Length: 2\r\n\r\n{}";

TEST(ResponseReader, FindsTheSameAnswersHoweverTheyArePieced) {
  const std::vector<Answer> expected{{200, false, ""}, {409, false, "no, sir"}, {204, false, ""},
                                     {200, false, ""}, {200, true, ""},         {500, true, "{}"}};
  for (std::size_t piece = 1; piece <= kMany.size(); ++piece) {
    EXPECT_EQ(read_all(kMany, piece), expected) << "in pieces of " << piece;
  }
}

TEST(ResponseReader, LeavesTheNextAnswerAlone) {
  constexpr std::string_view kOne = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n[]";
  ResponseReader reader;
  EXPECT_EQ(reader.feed(std::string(kOne) + std::string(kOne)), kOne.size());
  EXPECT_TRUE(reader.complete());
  EXPECT_TRUE(reader.ok());
  reader.next();
  EXPECT_FALSE(reader.in_response());
}

TEST(ResponseReader, IncompleteAnswersAreNotComplete) {
  for (const char* text :
       {"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\n[]", "HTTP/1.1 200 OK\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n[]\r\n0\r\n"}) {
    ResponseReader reader;
    reader.feed(text);
    EXPECT_FALSE(reader.complete()) << text;
    EXPECT_FALSE(reader.broken()) << text;
    EXPECT_TRUE(reader.in_response()) << text;
  }
}

TEST(ResponseReader, RefusesWhatHasNoEnd) {
  for (const char* text :
       {"SMTP ready when you are\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n", "HTTP/1.1 2xx OK\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"}) {
    bool broken = false;
    EXPECT_TRUE(read_all(text, 1000, &broken).empty()) << text;
    EXPECT_TRUE(broken) << text;
  }
}

TEST(ResponseReader, RefusesAnEndlessHead) {
  ResponseReader reader;
  const std::string field = "X: " + std::string(1000, 'y') + "\r\n";
  reader.feed("HTTP/1.1 200 OK\r\n");
  for (int i = 0; i < 100 && !reader.broken(); ++i) reader.feed(field);
  EXPECT_TRUE(reader.broken());
}

TEST(ResponseReader, KeepsOnlyTheBeginningOfAnErrorText) {
  const auto answers =
      read_all("HTTP/1.1 500 Oops\r\nContent-Length: 1000\r\n\r\n" + std::string(1000, 'e'), 64);
  ASSERT_EQ(answers.size(), 1u);
  EXPECT_EQ(answers[0].error_text, std::string(300, 'e'));
}

}  // namespace
}  // namespace eventodb::load
