#include <gtest/gtest.h>

#include "eventodb/error.hpp"

namespace eventodb {
namespace {

TEST(ErrorTable, EveryCodeHasItsRow) {
  for (int i = 0; i < static_cast<int>(ErrorCode::kCount); ++i) {
    const auto& row = error_row(static_cast<ErrorCode>(i));
    EXPECT_EQ(static_cast<int>(row.code), i);
    EXPECT_FALSE(row.wire_name.empty());
    EXPECT_GE(row.http_status, 400);
    EXPECT_LT(row.http_status, 600);
    EXPECT_LE(row.json_rpc_code, -32000) << row.wire_name;
    EXPECT_GE(row.json_rpc_code, -32768) << row.wire_name;
  }
}

TEST(ErrorTable, StatusesOfTheProtocol) {
  const auto status = [](ErrorCode code) { return error_row(code).http_status; };
  EXPECT_EQ(status(ErrorCode::kInvalidRequest), 400);
  EXPECT_EQ(status(ErrorCode::kMalformedRequest), 400);
  EXPECT_EQ(status(ErrorCode::kMethodNotAllowed), 405);
  EXPECT_EQ(status(ErrorCode::kBodyTooLarge), 413);
  EXPECT_EQ(status(ErrorCode::kAuthRequired), 401);
  EXPECT_EQ(status(ErrorCode::kAuthInvalidToken), 401);
  EXPECT_EQ(status(ErrorCode::kAuthUnauthorized), 403);
  EXPECT_EQ(status(ErrorCode::kMethodNotFound), 404);
  EXPECT_EQ(status(ErrorCode::kNotFound), 404);
  EXPECT_EQ(status(ErrorCode::kNamespaceNotFound), 404);
  EXPECT_EQ(status(ErrorCode::kNamespaceExists), 409);
  EXPECT_EQ(status(ErrorCode::kVersionConflict), 409);
  EXPECT_EQ(status(ErrorCode::kMessageIdExists), 409);
  EXPECT_EQ(status(ErrorCode::kOverloaded), 503);
  EXPECT_EQ(status(ErrorCode::kReadOnly), 500);
  EXPECT_EQ(status(ErrorCode::kBackendError), 500);
  EXPECT_EQ(status(ErrorCode::kInternalError), 500);
}

TEST(ErrorTable, TwoCodesOfOneNameMayDifferInStatusOnly) {
  EXPECT_EQ(error_row(ErrorCode::kVersionConflict).wire_name, "STREAM_VERSION_CONFLICT");
  EXPECT_EQ(error_row(ErrorCode::kMethodNotAllowed).wire_name,
            error_row(ErrorCode::kInvalidRequest).wire_name);
  EXPECT_EQ(error_row(ErrorCode::kReadOnly).wire_name, "BACKEND_ERROR");
}

}  // namespace
}  // namespace eventodb
