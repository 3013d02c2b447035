#include "core/message_json.hpp"

#include <gtest/gtest.h>

namespace eventodb {
namespace {

MessageView example() {
  MessageView message;
  message.stream = "account-\"1\"";
  message.type = "Opened";
  message.data = R"({"n":12345678901234567890})";
  message.position = Position{3};
  message.global_position = GlobalPosition{41};
  message.id = *base::parse_uuid("0190163d-8694-739b-aea5-966c26f8ad91");
  message.time = Timestamp{1'700'000'000'250'000};
  return message;
}

std::string tuple(const MessageView& message, bool with_stream) {
  base::ByteBuffer out;
  append_message_tuple(out, message, with_stream);
  return std::string(out.view());
}

TEST(MessageJson, SevenElementsWithoutTheStream) {
  EXPECT_EQ(tuple(example(), false),
            R"(["0190163d-8694-739b-aea5-966c26f8ad91","Opened",3,41,)"
            R"({"n":12345678901234567890},null,"2023-11-14T22:13:20.25Z"])");
}

TEST(MessageJson, EightWithTheStreamAtIndexOne) {
  MessageView message = example();
  message.metadata = "{}";
  EXPECT_EQ(tuple(message, true),
            R"(["0190163d-8694-739b-aea5-966c26f8ad91","account-\"1\"","Opened",3,41,)"
            R"({"n":12345678901234567890},{},"2023-11-14T22:13:20.25Z"])");
}

}  // namespace
}  // namespace eventodb
