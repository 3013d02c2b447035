#include "json_examples.hpp"

namespace eventodb::test {
namespace {

using Examples = std::vector<JsonExample>;
using std::string_literals::operator""s;

void add_structures(Examples& examples) {
  for (const char* text : {"[]", "{}", "[[]]", "[{}]", "{\"a\":[]}", "{\"a\":{}}", "[[],[[]]]",
                           "[null]", "[true]", "[false]", "[\"\"]", "[1,\"a\",null,true,{},[]]",
                           "{\"a\":\"b\"}", "{\"a\":1,\"b\":2}", "{\"\":0}", "{\"a\":{\"a\":{}}}",
                           "{\"a\":1,\"a\":2}", "{\"a\":1,\"a\":1}", "[1,null,null,null,2]"}) {
    examples.push_back({"structure "s + text, text});
  }
  for (const char* scalar : {"null", "true", "false", "0", "-1.5e3", "\"\"", "\"text\""}) {
    examples.push_back({"scalar "s + scalar, scalar});
  }
  std::string deep;
  for (int i = 0; i < 500; ++i) deep = i % 2 == 0 ? "[" + deep + "]" : "{\"a\":" + deep + "}";
  examples.push_back({"500 levels", deep});
}

void add_white_space(Examples& examples) {
  for (const char* text :
       {" []", "[] ", "\n[\n]\n", "\t{\t}\t", "\r[\r]\r", " [ 1 , 2 ] ", "{ \"a\" : 1 }",
        "{\n\t\"a\"\r\n:\t[ ] , \"b\" : { } }\n", "[1\n]", " \t\r\n[ \t\r\n]"}) {
    examples.push_back({"white space "s + text, text});
  }
}

void add_numbers(Examples& examples) {
  for (const char* number : {"0",
                             "-0",
                             "1",
                             "-1",
                             "9",
                             "10",
                             "123",
                             "-123",
                             "0.0",
                             "-0.0",
                             "0.1",
                             "1.5",
                             "-1.5",
                             "123.456",
                             "0e0",
                             "0e+1",
                             "0E-1",
                             "1e0",
                             "1E0",
                             "1e+2",
                             "1e-2",
                             "1E+2",
                             "1E-2",
                             "1.5e3",
                             "1.5E-3",
                             "0.5e10",
                             "123e65",
                             "1e00",
                             "1e-01",
                             "9007199254740993",
                             "12345678901234567890",
                             "123456789012345678901234567890",
                             "-9223372036854775808",
                             "18446744073709551616",
                             "0.1000000000000000055511151231257827021181583404541015625",
                             "1e400",
                             "-1e400",
                             "1e-400",
                             "0.4e006699999999999999",
                             "-2.2250738585072014e-308"}) {
    examples.push_back({"number "s + number, "["s + number + "]"});
  }
}

void add_strings(Examples& examples) {
  const std::string inside[] = {"a",
                                "abc def",
                                "\\\"",
                                "\\\\",
                                "\\/",
                                "/",
                                "\\b\\f\\n\\r\\t",
                                "\\u0000",
                                "\\u0041",
                                "\\u00e9",
                                "\\u00E9",
                                "\\uABCD",
                                "\\uabcd",
                                "\\ud83d\\ude00",
                                "\\uD834\\uDD1E",
                                "\\u2028",
                                "\\uFFFF",
                                "\\\\u0041",
                                "\\\\a",
                                "\\ud800",
                                "\\udc00",
                                "\\ud800a",
                                "\\ud800\\ud800",
                                "\\ud800\\n",
                                "\\udc00\\ud800",
                                "\x7f",
                                "\xc3\xa9",
                                "\xe2\x82\xac",
                                "\xf0\x9f\x98\x80",
                                "\xe2\x80\xa8",
                                "\xef\xbf\xbf",
                                "\xf4\x8f\xbf\xbf",
                                "\xef\xbb\xbf",
                                "\xed\x9f\xbf",
                                "\xee\x80\x80",
                                "'",
                                "[",
                                "]",
                                "{",
                                "}",
                                ",",
                                ":",
                                "a\\u000ab",
                                "seven..",
                                "eight...",
                                "nine....9",
                                "seven..\\n",
                                "eight...\\\""};
  for (const auto& text : inside) {
    examples.push_back({"string " + text, "[\"" + text + "\"]"});
    examples.push_back({"key " + text, "{\"" + text + "\":0}"});
  }
}

}  // namespace

std::vector<JsonExample> valid_json_examples() {
  Examples examples;
  add_structures(examples);
  add_white_space(examples);
  add_numbers(examples);
  add_strings(examples);
  return examples;
}

}  // namespace eventodb::test
