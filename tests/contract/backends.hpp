#pragma once

#include <filesystem>
#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "eventodb/store.hpp"

namespace eventodb::contract {

/// One storage backend under the contract. Whoever adds a backend adds a row to backends.cpp, and
/// every test of this folder runs for it.
struct Backend {
  std::string name;
  /// Keeps its data: a second open() of the directory, after close(), finds everything again.
  bool is_persistent = false;
  /// Opens the store that keeps its files, if it has any, in `directory`. Throws on failure.
  std::unique_ptr<Store> (*open)(const std::filesystem::path& directory) = nullptr;
};

/// Every backend.
const std::vector<Backend>& backends();
/// Those that keep their data.
std::vector<Backend> persistent_backends();

inline std::ostream& operator<<(std::ostream& out, const Backend& backend) {
  return out << backend.name;
}

}  // namespace eventodb::contract
