#pragma once

#include <string>
#include <string_view>

#include "eventodb/store.hpp"

namespace eventodb::auth {

/// Where a request said who it is. Views into the request.
struct Credentials {
  std::string_view query_token;    ///< form-decoded; "" when absent or empty
  std::string_view authorization;  ///< the header's value; "" when absent
};

/// What an authenticated request may use.
struct Access {
  /// The token's namespace. Null only in test mode, for a well-formed token of a namespace that
  /// does not exist: writes create it, reads answer kNamespaceNotFound.
  NamespaceHandle ns;
  std::string namespace_id;
  TokenHash presented_hash{};   ///< of the token; what an on-the-fly creation stores
  bool token_compared = false;  ///< presented_hash was compared with the namespace's (auth mode)
  bool administrator = false;   ///< token of `default`, or anyone in test mode
};

}  // namespace eventodb::auth
