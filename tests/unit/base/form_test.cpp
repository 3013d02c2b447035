#include "base/form.hpp"

#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

namespace eventodb::base {
namespace {

using Fields = std::vector<std::pair<std::string, std::string>>;

Fields fields_of(std::string_view query) {
  Fields fields;
  for_each_form_field(query, [&](std::string name, std::string value) {
    fields.emplace_back(std::move(name), std::move(value));
  });
  return fields;
}

TEST(Form, DecodesEscapesAndPlus) {
  EXPECT_EQ(form_decode("a+b%20c"), "a b c");
  EXPECT_EQ(form_decode("account-1%2Bx"), "account-1+x");
  EXPECT_EQ(form_decode("%c3%A9"), "é");
  EXPECT_EQ(form_decode("%00"), std::string(1, '\0'));
}

TEST(Form, ABrokenEscapeStaysAsItIs) {
  for (const auto* text : {"%", "%4", "%zz", "%4z", "100%", "%-1", "% 1"}) {
    EXPECT_EQ(form_decode(text), text);
  }
}

TEST(Form, SplitsFieldsInOrder) {
  EXPECT_EQ(fields_of(""), Fields{});
  EXPECT_EQ(fields_of("a=1&b=2&a=3"), (Fields{{"a", "1"}, {"b", "2"}, {"a", "3"}}));
  EXPECT_EQ(fields_of("&&a&b=&=c&"), (Fields{{"a", ""}, {"b", ""}, {"", "c"}}));
  EXPECT_EQ(fields_of("a=b=c&x%3Dy=%26"), (Fields{{"a", "b=c"}, {"x=y", "&"}}));
}

}  // namespace
}  // namespace eventodb::base
