#pragma once

#include <gtest/gtest.h>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "support/http_client.hpp"
#include "support/json.hpp"

namespace eventodb::test {

/// What a server under test runs on.
enum class Backend : std::uint8_t {
  kTestMode,  ///< memory, relaxed authentication
  kSqlite,    ///< a directory, authentication on
};

/// The token of `default` on every server of these tests.
const std::string& admin_token();

/// A well-formed token of this namespace; `digit` fills the secret.
std::string made_token(std::string_view namespace_id, char digit = '0');

/// Port of this program's server of the backend, started at the first call.
std::uint16_t server_port(Backend backend);

/// The answer to one call.
class Reply {
 public:
  explicit Reply(HttpResponse response) : http(std::move(response)) {}

  int status() const { return http.status; }
  const std::string& body() const { return http.body; }
  /// Lives as long as this reply.
  const json::value& json() const;
  /// error.code; "" when it is no error.
  std::string code() const;
  std::string message() const;
  /// error.details, or null.
  json::value details() const;

  HttpResponse http;

 private:
  mutable std::optional<json::value> json_;
};

/// One connection with one token.
class Caller {
 public:
  Caller(std::uint16_t port, std::string token) : client_(port), token_(std::move(token)) {}

  Reply call(std::string_view body) { return Reply(client_.rpc(body, token_)); }
  /// Expects 200.
  Reply ok(std::string_view body);
  /// Expects 200 and returns the result.
  json::value result(std::string_view body) { return ok(body).json(); }
  /// Expects 400 INVALID_REQUEST; returns its message.
  std::string refused(std::string_view body);
  /// Writes a message of type "T" with empty data; returns its positions.
  json::value write(std::string_view stream, std::string_view data = "{}",
                    std::string_view metadata = "null");

 private:
  HttpClient client_;
  std::string token_;
};

/// "text" as a JSON string.
std::string json_text(std::string_view text);

/// A namespace of the test's own, with a caller in it and one for the administrator.
class RpcFixture : public testing::Test {
 protected:
  explicit RpcFixture(Backend backend);
  ~RpcFixture() override;

  Caller connect() const { return Caller(port_, token_); }
  Caller connect_with(std::string token) const { return Caller(port_, std::move(token)); }
  /// A further namespace, deleted with the test; returns its token.
  std::string create_namespace(const std::string& id);

  Backend backend_;
  std::uint16_t port_;
  std::string namespace_id_;
  Caller admin_;
  std::vector<std::string> created_;
  std::string token_;
  Caller own_;
};

/// Items that hold on every backend.
class EveryBackend : public RpcFixture, public testing::WithParamInterface<Backend> {
 protected:
  EveryBackend() : RpcFixture(GetParam()) {}
};

/// Items marked A.
class AuthMode : public RpcFixture {
 protected:
  AuthMode() : RpcFixture(Backend::kSqlite) {}
};

/// Items marked T.
class TestMode : public RpcFixture {
 protected:
  TestMode() : RpcFixture(Backend::kTestMode) {}
};

inline std::string backend_name(const testing::TestParamInfo<Backend>& backend) {
  return backend.param == Backend::kTestMode ? "TestMode" : "Sqlite";
}

/// Defines the suite `name` and runs it on every backend.
#define EVENTODB_WIRE_SUITE(name)                                                             \
  using name = EveryBackend;                                                                  \
  INSTANTIATE_TEST_SUITE_P(Wire, name, testing::Values(Backend::kTestMode, Backend::kSqlite), \
                           backend_name)

}  // namespace eventodb::test
