#pragma once

#include <gtest/gtest.h>

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/access.hpp"
#include "rpc/dispatcher.hpp"
#include "support/json.hpp"

namespace eventodb::test {

/// An answer kept in memory, in the pieces it would have been sent in.
class BufferAnswer final : public rpc::Answer {
 public:
  explicit BufferAnswer(base::ByteBuffer& out) : Answer(out) {}
  Awaitable<bool> send_piece() override {
    pieces.emplace_back(out().view());
    out().clear();
    co_return pieces.size() <= pieces_taken_max;
  }

  std::vector<std::string> pieces;
  std::size_t pieces_taken_max = 1'000'000;  ///< then the client is gone
};

/// What came back.
struct Reply {
  int status = 0;
  std::string body;
  std::size_t pieces = 0;  ///< sent before the end

  /// Lives as long as this reply.
  const json::value& json() const {
    if (!parsed_) parsed_ = parse_json(body);
    return *parsed_;
  }
  /// "CODE" of an error answer.
  std::string code() const { return as_string(json().at("error").at("code")); }
  std::string message() const { return as_string(json().at("error").at("message")); }

 private:
  mutable std::optional<json::value> parsed_;
};

/// A dispatcher over the memory store with the namespaces `default` and `tenant`. Calls run to
/// their end on the test's thread.
class DispatcherTest : public testing::Test {
 protected:
  explicit DispatcherTest(bool test_mode = false);

  /// As a token of `tenant` (which is no administrator).
  Reply call(std::string_view body) { return call_as(tenant_, body); }
  /// As the token of `default`.
  Reply call_as_default(std::string_view body) { return call_as(default_, body); }
  Reply call_as(const auth::Access& access, std::string_view body);

  /// Writes `{"n":i}` for i = 0.. as type "T"; expects success.
  void write_messages(std::string_view stream, int count);

  /// Expects 400 INVALID_REQUEST and returns its message.
  std::string refusal(std::string_view body);

  auth::Access access_to(std::string_view namespace_id);

  std::unique_ptr<Store> store_;
  std::atomic<std::int64_t> connections_ = 0;
  rpc::Dispatcher dispatcher_;
  auth::Access default_;
  auth::Access tenant_;
  std::size_t pieces_taken_max_ = 1'000'000;
};

/// The same in test mode.
class TestModeDispatcherTest : public DispatcherTest {
 protected:
  TestModeDispatcherTest() : DispatcherTest(true) {}
};

}  // namespace eventodb::test
