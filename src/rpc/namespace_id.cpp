#include "rpc/namespace_id.hpp"

#include <cstddef>
#include <string>

#include "eventodb/limits.hpp"
#include "rpc/arguments.hpp"

namespace eventodb::rpc {
namespace {

/// C0, DEL and C1 (U+0080 to U+009F, in UTF-8 0xC2 and the number).
bool has_control_character(std::string_view id) {
  for (std::size_t i = 0; i < id.size(); ++i) {
    const auto byte = static_cast<unsigned char>(id[i]);
    if (byte < 0x20 || byte == 0x7f) return true;
    if (byte == 0xc2 && static_cast<unsigned char>(id[i + 1]) < 0xa0) return true;
  }
  return false;
}

}  // namespace

Result<void> check_namespace_id(std::string_view id) {
  if (id.empty()) return invalid_request("namespaceId must not be empty");
  if (id.size() > limits::kNamespaceIdBytesMax) {
    return invalid_request("namespaceId must not be longer than " +
                           std::to_string(limits::kNamespaceIdBytesMax) + " bytes");
  }
  if (has_control_character(id)) {
    return invalid_request("namespaceId must not hold control characters");
  }
  return {};
}

}  // namespace eventodb::rpc
