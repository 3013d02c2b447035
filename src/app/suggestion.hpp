#pragma once

#include <span>
#include <string>
#include <string_view>

namespace eventodb::app {

/// The candidate a mistyped word was most likely meant to be, or "" when none is near.
std::string closest(std::string_view word, std::span<const std::string> candidates);

}  // namespace eventodb::app
