#pragma once

#include <string>
#include <string_view>

namespace eventodb::base {

/// Decodes %xx and, as forms do, '+' as space. A broken escape stays as it is.
std::string form_decode(std::string_view text);

/// Calls `field(name, value)` for each "name=value" of a query string, both decoded, in order.
template <class Field>
void for_each_form_field(std::string_view query, Field field) {
  while (!query.empty()) {
    const auto end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == std::string_view::npos ? std::string_view() : query.substr(end + 1);
    if (pair.empty()) continue;
    const auto equals = pair.find('=');
    field(form_decode(pair.substr(0, equals)),
          equals == std::string_view::npos ? std::string() : form_decode(pair.substr(equals + 1)));
  }
}

}  // namespace eventodb::base
