#include "core/refusals.hpp"

#include <gtest/gtest.h>

namespace eventodb {
namespace {

TEST(Refusals, CarryWhatClientsAreTold) {
  const Error conflict = version_conflict(5, -1, 3);
  EXPECT_EQ(conflict.code, ErrorCode::kVersionConflict);
  EXPECT_EQ(conflict.message, "Expected stream version 5, but it is -1");
  EXPECT_EQ(std::get<VersionConflict>(conflict.details).expected, 5);
  EXPECT_EQ(std::get<VersionConflict>(conflict.details).actual, -1);
  EXPECT_EQ(std::get<VersionConflict>(conflict.details).message, 3U);

  const MessageId id{{1, 2, 3}};
  const WrittenMessage written{.position = {7}, .global_position = {8}};
  const Error exists = message_id_exists(id, "a-1", written);
  EXPECT_EQ(exists.code, ErrorCode::kMessageIdExists);
  EXPECT_EQ(std::get<ExistingMessage>(exists.details).id, id);
  EXPECT_EQ(std::get<ExistingMessage>(exists.details).stream, "a-1");
  EXPECT_EQ(std::get<ExistingMessage>(exists.details).written, written);

  EXPECT_EQ(unknown_namespace("x").code, ErrorCode::kNamespaceNotFound);
  EXPECT_EQ(namespace_exists("x").code, ErrorCode::kNamespaceExists);
}

TEST(Refusals, ContentIsTheSameWhenEveryFieldButTheIdIs) {
  const NewMessage wanted{
      .stream = "s", .type = "t", .data = "{}", .metadata = "", .id = {}, .expected_version = {}};
  MessageView stored{};
  stored.stream = "s";
  stored.type = "t";
  stored.data = "{}";
  EXPECT_TRUE(is_same_content(stored, wanted));
  for (const auto field :
       {&MessageView::stream, &MessageView::type, &MessageView::data, &MessageView::metadata}) {
    MessageView other = stored;
    other.*field = "{\"other\":1}";
    EXPECT_FALSE(is_same_content(other, wanted));
  }
}

}  // namespace
}  // namespace eventodb
