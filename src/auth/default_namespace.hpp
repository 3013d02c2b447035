#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "eventodb/store.hpp"

namespace eventodb::auth {

inline constexpr std::string_view kDefaultNamespaceId = "default";

/// What ensuring the namespace `default` did (protocol 2.7).
struct BootstrapOutcome {
  enum class Change : std::uint8_t {
    kCreated,  ///< the namespace was absent
    kRotated,  ///< it had another token; the supplied one replaced it
    kKept,     ///< the token it has stays valid
  };
  Change change = Change::kKept;
  /// To be shown once: the token that is valid from now on. Absent when the old one was kept.
  std::optional<std::string> token_to_print;
};

/// Makes sure that the namespace `default` exists, before requests are served. Without a supplied
/// token a new namespace gets a random one; in test mode the deterministic test token.
/// Fails with kInvalidRequest when `supplied_token` does not parse or is another namespace's (then
/// nothing was changed), kBackendError. On an I/O thread, as every call of the store.
Awaitable<Result<BootstrapOutcome>> ensure_default_namespace(
    Store& store, std::optional<std::string_view> supplied_token, bool test_mode);

}  // namespace eventodb::auth
