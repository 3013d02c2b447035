#include "wire/rpc/rpc_fixture.hpp"

#include <atomic>
#include <memory>
#include <utility>

#include "support/server_process.hpp"

namespace eventodb::test {
namespace {

/// A server with its directory, ended with the program.
struct Running {
  explicit Running(Backend backend) : server(flags(backend)) {}

  ServerFlags flags(Backend backend) const {
    ServerFlags flags;
    flags.arguments = {"-token", admin_token()};
    if (backend == Backend::kTestMode) {
      flags.arguments.emplace_back("-test-mode");
    } else {
      flags.arguments.insert(flags.arguments.end(), {"-data-dir", directory.path()});
    }
    return flags;
  }

  TemporaryDirectory directory;
  ServerProcess server;
};

std::string base64url(std::string_view bytes) {
  constexpr std::string_view kDigits =
      "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  std::string text;
  unsigned bits = 0;
  int held = 0;
  for (const char byte : bytes) {
    bits = bits << 8 | static_cast<unsigned char>(byte);
    for (held += 8; held >= 6; held -= 6) text += kDigits[bits >> (held - 6) & 0x3f];
  }
  if (held > 0) text += kDigits[bits << (6 - held) & 0x3f];
  return text;
}

/// Different in every test of every run, as a persistent store may be used by several.
std::string fresh_namespace_id() {
  static std::atomic<int> count = 0;
  const auto* test = testing::UnitTest::GetInstance()->current_test_info();
  return std::string(test->name()) + "#" + std::to_string(++count);
}

}  // namespace

const std::string& admin_token() {
  static const std::string token = made_token("default");
  return token;
}

std::string made_token(std::string_view namespace_id, char digit) {
  return "ns_" + base64url(namespace_id) + "_" + std::string(64, digit);
}

std::uint16_t server_port(Backend backend) {
  static std::unique_ptr<Running> running[2];
  auto& slot = running[static_cast<std::size_t>(backend)];
  if (!slot) slot = std::make_unique<Running>(backend);
  return slot->server.port();
}

const json::value& Reply::json() const {
  if (!json_) json_ = parse_json(http.body);
  return *json_;
}

std::string Reply::code() const {
  if (status() == 200) return "";
  return as_string(json().at("error").at("code"));
}

std::string Reply::message() const {
  return as_string(json().at("error").at("message"));
}

json::value Reply::details() const {
  const auto& error = json().at("error").as_object();
  return error.contains("details") ? error.at("details") : json::value();
}

Reply Caller::ok(std::string_view body) {
  auto reply = call(body);
  EXPECT_EQ(reply.status(), 200) << body.substr(0, 300) << " -> " << reply.body();
  return reply;
}

std::string Caller::refused(std::string_view body) {
  const auto reply = call(body);
  EXPECT_EQ(reply.status(), 400) << body.substr(0, 300) << " -> " << reply.body().substr(0, 300);
  if (reply.status() != 400) return {};
  EXPECT_EQ(reply.code(), "INVALID_REQUEST") << body;
  return reply.message();
}

json::value Caller::write(std::string_view stream, std::string_view data,
                          std::string_view metadata) {
  return result("[\"stream.write\"," + json_text(stream) + ",{\"type\":\"T\",\"data\":" +
                std::string(data) + ",\"metadata\":" + std::string(metadata) + "}]");
}

std::string json_text(std::string_view text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') json += '\\';
    json += c;
  }
  return json + '"';
}

RpcFixture::RpcFixture(Backend backend)
    : backend_(backend),
      port_(server_port(backend)),
      namespace_id_(fresh_namespace_id()),
      admin_(port_, admin_token()),
      token_(create_namespace(namespace_id_)),
      own_(port_, token_) {}

RpcFixture::~RpcFixture() {
  for (const auto& id : created_) admin_.call("[\"ns.delete\"," + json_text(id) + "]");
}

std::string RpcFixture::create_namespace(const std::string& id) {
  created_.push_back(id);
  return as_string(admin_.result("[\"ns.create\"," + json_text(id) + "]").at("token"));
}

}  // namespace eventodb::test
