#pragma once

#include <string>
#include <string_view>

#include "eventodb/store.hpp"

/// The token grammar (protocol 2.1, 2.2):
///   token  = "ns_" nspart "_" secret
///   nspart = base64url without padding of the namespace id
///   secret = 64 hexadecimal digits
/// Nothing in a token is proof of anything; only its hash, compared with the stored one, is.
namespace eventodb::auth {

/// The namespace id a token names. Fails with kAuthInvalidToken and details ParseProblem.
Result<std::string> parse_token(std::string_view token);

/// A token for this namespace (REQUIRES: not empty) with a secret from the system's random source.
/// Throws std::runtime_error when that fails.
std::string generate_token(std::string_view namespace_id);

/// The token clients of test mode can compute: its secret is the hex SHA-256 of
/// "eventodb-test-token:" + id. REQUIRES: `namespace_id` is not empty.
std::string deterministic_test_token(std::string_view namespace_id);

/// What is stored and compared: over the exact characters, so the case of the secret counts.
TokenHash hash_token(std::string_view token);

}  // namespace eventodb::auth
