#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace eventodb::profiling {

/// Names of this process's functions by address, static ones included, from the symbol tables of
/// the files it consists of. A stripped file is looked up through its separate debug file where
/// one is installed. Made for one question and then dropped: it holds the tables it has read.
/// Not thread-safe; several objects may be used at once.
class Symbols {
 public:
  Symbols();
  ~Symbols();
  Symbols(const Symbols&) = delete;
  Symbols& operator=(const Symbols&) = delete;

  /// The function an instruction belongs to, demangled; "<file>+0x<offset>" when its symbol was
  /// stripped; "" when no file is mapped there, and in builds without profiling.
  /// For a return address, ask for the byte before it.
  std::string name_of(std::uintptr_t address);

 private:
  class Modules;
  std::unique_ptr<Modules> modules_;
};

}  // namespace eventodb::profiling
