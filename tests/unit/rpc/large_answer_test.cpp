#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"

namespace eventodb::rpc {
namespace {

using test::DispatcherTest;

/// Answers that are larger than one piece.
class LargeAnswerTest : public DispatcherTest {
 protected:
  LargeAnswerTest() {
    const std::string data = "{\"x\":\"" + std::string(100'000, 'x') + "\"}";
    for (int i = 0; i < kMessages; ++i) {
      const auto reply = call("[\"stream.write\",\"s-1\",{\"type\":\"T\",\"data\":" + data + "}]");
      EXPECT_EQ(reply.status, 200);
    }
  }

  static constexpr int kMessages = 35;  // 3.5 MB: three whole pieces
};

TEST_F(LargeAnswerTest, LeavesInPieces) {
  for (const char* body : {"[\"stream.get\",\"s-1\"]", "[\"category.get\",\"s\"]",
                           "[\"category.get\",\"\",{\"batchSize\":-1}]"}) {
    const auto reply = call(body);
    EXPECT_EQ(reply.status, 200);
    EXPECT_EQ(reply.pieces, 3u) << body;
    const auto tuples = reply.json();
    ASSERT_EQ(tuples.as_array().size(), static_cast<std::size_t>(kMessages)) << body;
  }
}

TEST_F(LargeAnswerTest, StopsWhenTheClientIsGone) {
  pieces_taken_max_ = 1;
  const auto reply = call("[\"stream.get\",\"s-1\"]");
  EXPECT_EQ(reply.pieces, 2u);
  EXPECT_NE(reply.status, 200);
  EXPECT_LT(reply.body.size(), 3 * limits::kResponsePieceBytes);
}

TEST_F(LargeAnswerTest, CallsOfABatchShareThePieces) {
  const std::string one =
      R"({"jsonrpc":"2.0","method":"stream.get","params":["s-1",{"batchSize":8}],"id":1})";
  const auto reply = call("[" + one + "," + one + "," + one + "]");
  EXPECT_EQ(reply.status, 200);
  EXPECT_GE(reply.pieces, 1u);
  const auto answers = reply.json();
  ASSERT_EQ(answers.as_array().size(), 3u);
  for (const auto& answer : answers.as_array()) {
    EXPECT_EQ(answer.at("result").as_array().size(), 8u);
  }
}

TEST_F(LargeAnswerTest, ABatchStopsWhenTheClientIsGone) {
  pieces_taken_max_ = 0;
  const std::string read = R"({"jsonrpc":"2.0","method":"stream.get","params":["s-1"],"id":1})";
  const std::string write = R"({"jsonrpc":"2.0","method":"stream.write",)"
                            R"("params":["t-1",{"type":"T","data":{}}],"id":2})";
  EXPECT_NE(call("[" + read + "," + write + "]").status, 200);
  EXPECT_EQ(call("[\"stream.version\",\"t-1\"]").body, "null");
}

}  // namespace
}  // namespace eventodb::rpc
