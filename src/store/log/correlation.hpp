#pragma once

#include <string>
#include <string_view>

namespace eventodb::store {

/// The category of metadata.correlationStreamName (protocol 3.8): the text before the first '-' of
/// the string under the top-level key "correlationStreamName", the last one if there are several;
/// "" when there is no such key, its value is no string, or its category is empty.
/// REQUIRES: `metadata` is empty or a valid JSON object. The result is a view into `metadata`, or
/// into `scratch` when the value holds escapes; without the key nothing is allocated.
std::string_view correlation_category_of(std::string_view metadata, std::string& scratch);

}  // namespace eventodb::store
