#pragma once

#include <string>
#include <vector>

namespace eventodb::test {

/// One JSON text and what it is an example of.
struct JsonExample {
  std::string name;
  std::string text;
};

/// Texts every RFC 8259 parser must take.
std::vector<JsonExample> valid_json_examples();

/// Texts every RFC 8259 parser must refuse, in UTF-8 and not.
std::vector<JsonExample> invalid_json_examples();

}  // namespace eventodb::test
