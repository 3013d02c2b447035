#include "subscription/request.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>

namespace eventodb::subscription {
namespace {

Result<Request> parse(std::string_view query, std::string_view last_event_id = {}) {
  return make_request(parse_parameters(query), last_event_id);
}

/// The text of the refusal, "" when there is none.
std::string refusal(std::string_view query, std::string_view last_event_id = {}) {
  const auto request = parse(query, last_event_id);
  if (request) return {};
  EXPECT_EQ(request.error().code, ErrorCode::kInvalidRequest);
  return request.error().message;
}

TEST(SubscriptionRequest, KnowsTheThreeKinds) {
  const auto stream = parse("stream=account-1%2Ba&position=3");
  ASSERT_TRUE(stream);
  EXPECT_EQ(stream->kind, Kind::kStream);
  EXPECT_EQ(stream->name, "account-1+a");
  EXPECT_EQ(stream->position, 3);
  EXPECT_FALSE(stream->payload);

  const auto category = parse("category=two+words");
  ASSERT_TRUE(category);
  EXPECT_EQ(category->kind, Kind::kCategory);
  EXPECT_EQ(category->name, "two words");
  EXPECT_EQ(category->position, 0);
  EXPECT_FALSE(category->group);

  const auto all = parse("all=true");
  ASSERT_TRUE(all);
  EXPECT_EQ(all->kind, Kind::kAll);
  EXPECT_EQ(all->name, "");
}

TEST(SubscriptionRequest, RefusesInTheOrderOfTheProtocol) {
  const std::string missing = refusal("");
  EXPECT_NE(missing, "");
  EXPECT_EQ(refusal("position=x"), missing);
  EXPECT_EQ(refusal("stream=&category=&all="), missing);
  EXPECT_EQ(refusal("all=TRUE"), missing);
  EXPECT_EQ(refusal("all=1"), missing);

  const std::string all_with_other = refusal("all=true&stream=a");
  EXPECT_NE(all_with_other, missing);
  EXPECT_EQ(refusal("all=true&category=a"), all_with_other);
  EXPECT_EQ(refusal("all=true&category=a&stream=b&position=x"), all_with_other);

  const std::string both = refusal("stream=a&category=b");
  EXPECT_NE(both, all_with_other);
  EXPECT_EQ(refusal("stream=a&category=b&position=x"), both);

  const std::string position = refusal("category=a&position=x");
  EXPECT_NE(position, both);
  EXPECT_EQ(refusal("category=a&position=x&consumer=x"), position);

  const std::string consumer = refusal("category=a&consumer=x");
  EXPECT_NE(consumer, position);
  EXPECT_EQ(refusal("category=a&consumer=x&size=x"), consumer);
  EXPECT_NE(refusal("category=a&consumer=-1&size=x"), consumer);
  EXPECT_EQ(refusal("category=a&consumer=-1&size=x"), refusal("category=a&size=x"));
}

TEST(SubscriptionRequest, TakesAnyDecimalInt64AsPosition) {
  EXPECT_EQ(parse("all=true&position=")->position, 0);
  EXPECT_EQ(parse("all=true&position=-5")->position, -5);
  EXPECT_EQ(parse("all=true&position=%2B5")->position, 5);
  EXPECT_EQ(parse("all=true&position=9223372036854775807")->position,
            std::numeric_limits<std::int64_t>::max());
  EXPECT_EQ(parse("all=true&position=-9223372036854775808")->position,
            std::numeric_limits<std::int64_t>::min());
  for (const char* wrong : {"9223372036854775808", "1.0", "0x1", "1e3", "+1", "1+", "--1", "%2B-1",
                            "-%2B1", "%2B", "-", "%00", "1%00"}) {
    EXPECT_NE(refusal("all=true&position=" + std::string(wrong)), "") << wrong;
  }
}

TEST(SubscriptionRequest, ChecksTheGroupOfACategory) {
  const auto member = parse("category=a&consumer=1&size=3");
  ASSERT_TRUE(member);
  ASSERT_TRUE(member->group);
  EXPECT_EQ(member->group->member, 1);
  EXPECT_EQ(member->group->size, 3);

  EXPECT_EQ(parse("category=a&size=2")->group->member, 0);
  EXPECT_FALSE(parse("category=a&consumer=0&size=0")->group);
  EXPECT_FALSE(parse("category=a&consumer=&size=")->group);
  for (const char* wrong : {"consumer=1", "consumer=2&size=2", "consumer=-1&size=2", "size=-3",
                            "consumer=-1", "consumer=1&size=0", "size=9223372036854775808"}) {
    EXPECT_NE(refusal("category=a&" + std::string(wrong)), "") << wrong;
  }
}

TEST(SubscriptionRequest, TakesTheAliasesOfTheGroup) {
  const auto alias = parse("category=a&consumerGroupMember=1&consumerGroupSize=2");
  ASSERT_TRUE(alias);
  ASSERT_TRUE(alias->group);
  EXPECT_EQ(alias->group->member, 1);
  EXPECT_EQ(alias->group->size, 2);

  const auto both = parse("category=a&consumerGroupMember=1&consumer=0&consumerGroupSize=9&size=3");
  ASSERT_TRUE(both);
  EXPECT_EQ(both->group->member, 0);
  EXPECT_EQ(both->group->size, 3);
  EXPECT_NE(refusal("category=a&consumerGroupMember=x"), "");
}

TEST(SubscriptionRequest, IgnoresTheGroupOfOtherKinds) {
  for (const char* kind : {"stream=a", "all=true"}) {
    const auto request = parse(std::string(kind) + "&consumer=x&size=-1&correlation=c&other=1");
    ASSERT_TRUE(request) << kind;
    EXPECT_FALSE(request->group);
  }
}

TEST(SubscriptionRequest, OfRepeatedParametersTheFirstCounts) {
  EXPECT_EQ(parse("stream=a&stream=b")->name, "a");
}

TEST(SubscriptionRequest, ResumesOnlyWithPayload) {
  EXPECT_TRUE(parse("all=true&payload=true")->payload);
  EXPECT_FALSE(parse("all=true&payload=1")->payload);
  EXPECT_FALSE(parse("all=true&payload=")->payload);

  const auto resumed = parse("stream=a&payload=true&position=3", "17");
  ASSERT_TRUE(resumed);
  EXPECT_EQ(resumed->resume, GlobalPosition{17});
  EXPECT_EQ(resumed->position, 3);

  EXPECT_FALSE(parse("stream=a", "17")->resume);
  EXPECT_EQ(refusal("stream=a", "x"), "");
  EXPECT_NE(refusal("stream=a&payload=true", "x"), "");
  EXPECT_FALSE(parse("stream=a&payload=true", "")->resume);
}

}  // namespace
}  // namespace eventodb::subscription
