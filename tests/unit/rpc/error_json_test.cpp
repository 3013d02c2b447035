#include "rpc/error_json.hpp"

#include <gtest/gtest.h>

namespace eventodb::rpc {
namespace {

std::string array_form(const Error& error) {
  base::ByteBuffer out;
  append_error(out, error);
  return std::string(out.view());
}

TEST(ErrorJson, ArrayForm) {
  EXPECT_EQ(array_form({ErrorCode::kInvalidRequest, "say \"what\"", {}}),
            R"({"error":{"code":"INVALID_REQUEST","message":"say \"what\""}})");
  EXPECT_EQ(array_form({ErrorCode::kVersionConflict, "m", VersionConflict{5, -1}}),
            R"({"error":{"code":"STREAM_VERSION_CONFLICT","message":"m",)"
            R"("details":{"expected":5,"actual":-1}}})");
  EXPECT_EQ(array_form({ErrorCode::kAuthInvalidToken, "m", ParseProblem{"why"}}),
            R"({"error":{"code":"AUTH_INVALID_TOKEN","message":"m","details":{"error":"why"}}})");
  EXPECT_EQ(array_form({ErrorCode::kAuthUnauthorized, "m", RefusedNamespace{"a\"b"}}),
            R"({"error":{"code":"AUTH_UNAUTHORIZED","message":"m",)"
            R"("details":{"namespace":"a\"b"}}})");
  const ExistingMessage existing{*base::parse_uuid("0190163d-8694-739b-aea5-966c26f8ad91"),
                                 "s-1",
                                 {Position{2}, GlobalPosition{7}}};
  EXPECT_EQ(array_form({ErrorCode::kMessageIdExists, "m", existing}),
            R"({"error":{"code":"MESSAGE_ID_EXISTS","message":"m",)"
            R"("details":{"id":"0190163d-8694-739b-aea5-966c26f8ad91","stream":"s-1",)"
            R"("position":2,"globalPosition":7}}})");
}

TEST(ErrorJson, JsonRpcForm) {
  base::ByteBuffer out;
  append_json_rpc_error(out, {ErrorCode::kVersionConflict, "m", VersionConflict{5, 6}}, "\"x\"");
  EXPECT_EQ(out.view(),
            R"({"jsonrpc":"2.0","error":{"code":-32009,"message":"m",)"
            R"("data":{"code":"STREAM_VERSION_CONFLICT","details":{"expected":5,"actual":6}}},)"
            R"("id":"x"})");
  out.clear();
  append_json_rpc_error(out, {ErrorCode::kMethodNotFound, "m", {}}, "null");
  EXPECT_EQ(out.view(), R"({"jsonrpc":"2.0","error":{"code":-32601,"message":"m",)"
                        R"("data":{"code":"METHOD_NOT_FOUND"}},"id":null})");
}

}  // namespace
}  // namespace eventodb::rpc
