#include "json_examples.hpp"

namespace eventodb::test {
namespace {

using Examples = std::vector<JsonExample>;
using std::string_literals::operator""s;

const std::string kBrokenStructures[] = {"",
                                         " ",
                                         "\n",
                                         "[",
                                         "]",
                                         "{",
                                         "}",
                                         "[[",
                                         "]]",
                                         "[}",
                                         "{]",
                                         "[{]",
                                         "{[}",
                                         "[]]",
                                         "[}]",
                                         "{}}",
                                         "[][]",
                                         "[],",
                                         "{},",
                                         "[]x",
                                         "[] x",
                                         "[]\"\"",
                                         "{}[]",
                                         "[1]1",
                                         "[1],2",
                                         "null null",
                                         "1 2",
                                         "[,",
                                         "[,]",
                                         "[,1]",
                                         "[1,]",
                                         "[1,,2]",
                                         "[1,,]",
                                         "[,,]",
                                         "[1 2]",
                                         "[\"a\" \"b\"]",
                                         "[\"a\",\n4\n,1,",
                                         "[1:2]",
                                         "[\"a\":1]",
                                         "[1;2]",
                                         "[1",
                                         "[1,",
                                         "[\"a\"",
                                         "[\"a\",",
                                         "[null",
                                         "[{}",
                                         "[[1]",
                                         "{\"a\"",
                                         "{\"a\":",
                                         "{\"a\":1",
                                         "{\"a\":1,",
                                         "{\"a\":1,}",
                                         "{\"a\":1,,\"b\":2}",
                                         "{,}",
                                         "{,\"a\":1}",
                                         "{\"a\"}",
                                         "{\"a\",1}",
                                         "{\"a\" 1}",
                                         "{\"a\"::1}",
                                         "{\"a\":}",
                                         "{\"a\":,}",
                                         "{\"a\":1 \"b\":2}",
                                         "{\"a\":1;\"b\":2}",
                                         "{a:1}",
                                         "{'a':1}",
                                         "{1:1}",
                                         "{null:1}",
                                         "{true:1}",
                                         "{[]:1}",
                                         "{{}:1}",
                                         "{\"a\":1:2}",
                                         "{\"a\":\"a\" 123}",
                                         "{:1}",
                                         "{\"a\"=1}",
                                         "{\"a\":1]",
                                         "[\"a\":1}",
                                         "{\"a\":\"a\"}/**/",
                                         "{\"a\":\"a\"}//",
                                         "/**/[]",
                                         "[/**/]",
                                         "[1]//x",
                                         "# \n[]",
                                         "<.>",
                                         "[<null>]",
                                         "*",
                                         "[*]",
                                         "{\"a\":\"a\"}#",
                                         "[1]\x01",
                                         "\x01[1]",
                                         "\xef\xbb\xbf",
                                         "\xef\xbb\xbf[]",
                                         "(1)",
                                         "abc",
                                         "[abc]",
                                         "[\"a\",,\"b\"]",
                                         "{\"a\":[}",
                                         "[{\"a\":1]",
                                         "[1}"};

void add_broken_structures(Examples& examples) {
  for (const auto& text : kBrokenStructures) examples.push_back({"structure " + text, text});
  examples.push_back({"null byte", "\0"s});
  examples.push_back({"null byte inside", "[1\0]"s});
  examples.push_back({"null byte behind", "[1]\0"s});
  examples.push_back({"100000 brackets", std::string(100'000, '[')});
  std::string objects;
  for (int i = 0; i < 50'000; ++i) objects += "{\"\":[";
  examples.push_back({"50000 open objects", objects});
}

void add_broken_white_space(Examples& examples) {
  for (const char* space : {"\f", "\v", "\x08", "\x1c", "\xc2\xa0", "\xe2\x80\x89", "\xe2\x81\xa0",
                            "\xe3\x80\x80", "\xe2\x80\xa8", "\\n", "\x7f"}) {
    examples.push_back({"white space in an array", "["s + space + "]"});
    examples.push_back({"white space around", space + "[]"s});
  }
}

void add_broken_literals(Examples& examples) {
  for (const char* word :
       {"nul",      "nulll",     "tru",      "truee",     "fals", "falsee", "Null",
        "NULL",     "True",      "TRUE",     "False",     "nan",  "NaN",    "-NaN",
        "Infinity", "-Infinity", "inf",      "undefined", "n",    "t",      "f",
        "n ull",    "true1",     "nullnull", "truefalse", "none", "yes",    "nil"}) {
    examples.push_back({"word "s + word, "["s + word + "]"});
  }
}

void add_broken_numbers(Examples& examples) {
  for (const char* number : {"01",
                             "00",
                             "-01",
                             "-00",
                             "-",
                             "--1",
                             "+1",
                             "++1",
                             "- 1",
                             "-a",
                             "-.5",
                             ".5",
                             ".",
                             "1.",
                             "-1.",
                             "1.e1",
                             "0.e1",
                             "1..2",
                             "1.2.3",
                             "1e",
                             "1E",
                             "1e+",
                             "1e-",
                             "1E+",
                             "1ee2",
                             "1e2e3",
                             "1e1.5",
                             "1.5e",
                             "1e++2",
                             "1e+-2",
                             "0x1",
                             "0x",
                             "1x",
                             "1a",
                             "0b1",
                             "0o7",
                             "1_000",
                             "1 000",
                             "1'000",
                             "1,5.",
                             "1L",
                             "1f",
                             "1e2f",
                             "$1",
                             "1%",
                             "0.1.",
                             "-e1",
                             "e1",
                             "1+2",
                             "1-2",
                             "1/2",
                             "\xef\xbc\x91",
                             "1\xef\xbc\x91",
                             "2.e3",
                             "2.e-3",
                             "2.e+3",
                             "9.e+",
                             "0e",
                             "0e+",
                             "0.3e",
                             "0.3e+",
                             "1eE2",
                             "-0x1",
                             "012.5",
                             "-012"}) {
    examples.push_back({"number "s + number, "["s + number + "]"});
  }
}

void add_broken_strings(Examples& examples) {
  const std::string insides[] = {
      "\\",         "\\a",         "\\x41",        "\\'",     "\\0",        "\\u",     "\\u1",
      "\\u12",      "\\u123",      "\\u123g",      "\\uu123", "\\u 123",    "\\U0041", "\\ud800\\",
      "\\ud800\\u", "\\ud800\\u1", "\\ud800\\u1x", "\\e",     "\\\xc3\xa9", "\\\n",    "\n",
      "\t",         "\r",          "\b",           "\x01",    "\x1f",       "a\nb",    "seven..\n",
      "eight...\n", "nine....9\n", "\\\\\\",       "\\v",     "\\u-123",    "\\u+123", "\\u00g0"};
  for (const auto& inside : insides) {
    examples.push_back({"string " + inside, "[\"" + inside + "\"]"});
  }
  examples.push_back({"null byte in a string", "[\"a\0b\"]"s});
  for (const char* text : {"[\"]", "[\"a]", "[\"\\\"]", "['a']", "['']", "\"", "\"a", "[\"a\\",
                           "[a", "[\"a\"b]", "[\"a\"\"b\"]", "[`a`]", "[\\u0022a\\u0022]", "[\"\\u",
                           "[\"\\ud800\\u", "{\"a", "{\"a\\\":1}"}) {
    examples.push_back({"string "s + text, text});
  }
}

void add_broken_utf8(Examples& examples) {
  const std::string sequences[] = {"\x80",
                                   "\xbf",
                                   "\xc0\x80",
                                   "\xc1\xbf",
                                   "\xc3",
                                   "\xc3(",
                                   "\xe0\x80\x80",
                                   "\xe0\x9f\xbf",
                                   "\xe2\x82",
                                   "\xe2(\xa1",
                                   "\xed\xa0\x80",
                                   "\xed\xbf\xbf",
                                   "\xf0\x80\x80\x80",
                                   "\xf0\x8f\xbf\xbf",
                                   "\xf0\x9f\x98",
                                   "\xf4\x90\x80\x80",
                                   "\xf5\x80\x80\x80",
                                   "\xf8\x88\x80\x80\x80",
                                   "\xfc\x84\x80\x80\x80\x80",
                                   "\xfe",
                                   "\xff",
                                   "\xe9",
                                   "seven..\xff",
                                   "eight...\xff",
                                   "\xff\xfe"};
  for (const auto& bytes : sequences) {
    examples.push_back({"UTF-8 in a string", "[\"" + bytes + "\"]"});
    examples.push_back({"UTF-8 in a key", "{\"" + bytes + "\":1}"});
    examples.push_back({"UTF-8 outside", "[" + bytes + "]"});
  }
  examples.push_back({"UTF-16 little endian", "[\0]\0"s});
  examples.push_back({"UTF-16 big endian", "\0[\0]"s});
  examples.push_back({"UTF-16 with a mark", "\xff\xfe[\0]\0"s});
}

}  // namespace

std::vector<JsonExample> invalid_json_examples() {
  Examples examples;
  add_broken_structures(examples);
  add_broken_white_space(examples);
  add_broken_literals(examples);
  add_broken_numbers(examples);
  add_broken_strings(examples);
  add_broken_utf8(examples);
  return examples;
}

}  // namespace eventodb::test
