#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace eventodb::net {

/// A command line fit to be shown: values of token flags, anything that looks like a token, and
/// passwords in database URLs are replaced by "***".
std::vector<std::string> mask_secrets(const std::vector<std::string>& arguments);

}  // namespace eventodb::net
