#include "rpc/write_run.hpp"

#include <algorithm>
#include <string>
#include <vector>

#include "dispatcher_fixture.hpp"
#include "eventodb/limits.hpp"
#include "support/await.hpp"

namespace eventodb::rpc {
namespace {

class WriteRunTest : public test::DispatcherTest {
 protected:
  WriteRunTest() { access_ = access_to("tenant"); }

  /// The body lives as long as the test.
  bool add(const std::string& body) {
    bodies_.emplace_back();
    bodies_.back().append(body);
    return Dispatcher::add_to_run(bodies_.back().view(), access_, arena_, run_);
  }
  static Awaitable<bool> commit(WriteRun& run, Namespace& ns) {
    co_await run.commit(ns);
    co_return true;
  }
  std::string answer(std::size_t call, int status) {
    base::ByteBuffer out;
    out.append("before");
    EXPECT_EQ(Dispatcher::answer_from_run(run_, call, out), status);
    return std::string(out.view());
  }
  static std::string write(std::string_view options = "{}", std::string_view data = "{}") {
    return R"(["stream.write","s",{"type":"T","data":)" + std::string(data) + "}," +
           std::string(options) + "]";
  }

  auth::Access access_;
  base::Arena arena_;
  std::vector<base::ByteBuffer> bodies_;
  WriteRun run_;
};

TEST_F(WriteRunTest, TakesWhatAppendsAndNothingElse) {
  EXPECT_TRUE(add(write()));
  EXPECT_TRUE(add(R"(["stream.append","s",[{"type":"T","data":{}}]])"));
  EXPECT_TRUE(add(R"(["streams.append",[{"stream":"t","messages":[{"type":"T","data":{}}]}]])"));
  EXPECT_EQ(run_.size(), 3u);
  for (const char* body : {R"(["stream.get","s"])", R"(["stream.write","s"])", R"(["stream.write")",
                           R"(["stream.writes","s",{"type":"T","data":{}}])", "", "[]",
                           R"({"jsonrpc":"2.0","id":1,"method":"stream.write","params":[]})"}) {
    EXPECT_FALSE(add(body)) << body;
  }
  EXPECT_EQ(run_.size(), 3u);
  access_.ns = nullptr;
  EXPECT_FALSE(add(write())) << "there is no namespace yet";
}

TEST_F(WriteRunTest, AnswersEachCall) {
  ASSERT_TRUE(add(write(R"({"expectedVersion":-1})")));
  ASSERT_TRUE(add(write(R"({"expectedVersion":-1})")));
  ASSERT_TRUE(add(R"(["stream.append","s",[{"type":"T","data":{}},{"type":"T","data":{}}]])"));
  EXPECT_TRUE(test::await(commit(run_, *access_.ns)));
  EXPECT_EQ(answer(0, 200), R"(before{"position":0,"globalPosition":1})");
  const std::string conflict = answer(1, 409);
  EXPECT_TRUE(conflict.starts_with(R"(before{"error":{"code":"STREAM_VERSION_CONFLICT")"))
      << conflict;
  EXPECT_EQ(answer(2, 200), R"(before{"firstPosition":1,"lastPosition":2,"firstGlobalPosition":2,)"
                            R"("lastGlobalPosition":3})");
}

TEST_F(WriteRunTest, IsFullWhenItHoldsAsMuchAsACommitShould) {
  for (std::size_t i = 0; i < limits::kWritesTogetherMax; ++i) {
    EXPECT_FALSE(run_.is_full()) << i;
    ASSERT_TRUE(add(write()));
  }
  EXPECT_TRUE(run_.is_full());
  run_.clear();
  EXPECT_FALSE(run_.is_full());

  std::string messages = R"(["stream.append","s",[)";
  for (std::size_t i = 0; i < limits::kCommitMessagesMax - 1; ++i) {
    messages += R"({"type":"T","data":{}},)";
  }
  messages.back() = ']';
  ASSERT_TRUE(add(messages + "]"));
  EXPECT_FALSE(run_.is_full());
  ASSERT_TRUE(add(write()));
  EXPECT_TRUE(run_.is_full());
  run_.clear();

  const std::string data = R"({"a":")" + std::string(limits::kCommitBytesMax - 9, 'x') + "\"}";
  ASSERT_TRUE(add(write("{}", data)));
  EXPECT_FALSE(run_.is_full());
  ASSERT_TRUE(add(write()));
  EXPECT_TRUE(run_.is_full());
}

}  // namespace
}  // namespace eventodb::rpc
