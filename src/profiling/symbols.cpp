#include "profiling/symbols.hpp"

#include <cxxabi.h>
#include <elfutils/libdwfl.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <cstdlib>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace eventodb::profiling {
namespace {

struct Function {
  std::uintptr_t begin;
  std::uintptr_t end;
  const char* name;  // in libdwfl's tables
};

std::string demangled(const char* name) {
  int status = 0;
  char* text = abi::__cxa_demangle(name, nullptr, nullptr, &status);
  if (text == nullptr) return name;
  std::string result(text);
  std::free(text);
  return result;
}

std::vector<Function> functions_of(Dwfl_Module* module) {
  std::vector<Function> functions;
  const int count = dwfl_module_getsymtab(module);
  for (int i = 1; i < count; ++i) {
    GElf_Sym symbol;
    GElf_Addr address = 0;
    const char* name =
        dwfl_module_getsym_info(module, i, &symbol, &address, nullptr, nullptr, nullptr);
    const auto type = GELF_ST_TYPE(symbol.st_info);
    const bool is_code = type == STT_FUNC || type == STT_GNU_IFUNC;
    if (name == nullptr || !is_code || symbol.st_shndx == SHN_UNDEF || symbol.st_size == 0) {
      continue;
    }
    functions.push_back({address, address + symbol.st_size, name});
  }
  std::sort(functions.begin(), functions.end(),
            [](const Function& a, const Function& b) { return a.begin < b.begin; });
  return functions;
}

/// Where a file lies in memory.
struct Extent {
  std::uintptr_t begin = 0;
  std::uintptr_t end = 0;
  std::string_view file;  // without directories
};

Extent extent_of(Dwfl_Module* module) {
  Dwarf_Addr begin = 0;
  Dwarf_Addr end = 0;
  const char* path =
      dwfl_module_info(module, nullptr, &begin, &end, nullptr, nullptr, nullptr, nullptr);
  std::string_view file = path == nullptr ? "?" : path;
  file.remove_prefix(file.find_last_of('/') + 1);  // npos + 1 is 0
  return {begin, end, file};
}

std::string file_and_offset(const Extent& extent, std::uintptr_t address) {
  std::array<char, 32> offset;
  std::snprintf(offset.data(), offset.size(), "+0x%zx", address - extent.begin);
  return std::string(extent.file) + offset.data();
}

}  // namespace

class Symbols::Modules {
 public:
  Modules() : dwfl_(dwfl_begin(&callbacks_)) {
    if (dwfl_ == nullptr) return;
    dwfl_report_begin(dwfl_);
    dwfl_linux_proc_report(dwfl_, getpid());
    dwfl_report_end(dwfl_, nullptr, nullptr);
  }
  ~Modules() { dwfl_end(dwfl_); }
  Modules(const Modules&) = delete;
  Modules& operator=(const Modules&) = delete;

  std::string name_of(std::uintptr_t address) {
    Dwfl_Module* module = dwfl_ == nullptr ? nullptr : dwfl_addrmodule(dwfl_, address);
    if (module == nullptr) return {};
    const Extent extent = extent_of(module);  // the last file found answers for all above it
    if (address < extent.begin || address >= extent.end) return {};
    const auto [entry, is_new] = functions_.try_emplace(module);
    if (is_new) entry->second = functions_of(module);
    const std::vector<Function>& functions = entry->second;
    auto after = std::upper_bound(
        functions.begin(), functions.end(), address,
        [](std::uintptr_t wanted, const Function& function) { return wanted < function.begin; });
    if (after == functions.begin() || address >= std::prev(after)->end) {
      return file_and_offset(extent, address);
    }
    return demangled(std::prev(after)->name);
  }

 private:
  static constexpr Dwfl_Callbacks callbacks_{
      .find_elf = dwfl_linux_proc_find_elf,
      .find_debuginfo = dwfl_standard_find_debuginfo,
      .section_address = nullptr,
      .debuginfo_path = nullptr,
  };

  Dwfl* dwfl_;
  std::unordered_map<Dwfl_Module*, std::vector<Function>> functions_;
};

Symbols::Symbols() : modules_(std::make_unique<Modules>()) {}
Symbols::~Symbols() = default;

std::string Symbols::name_of(std::uintptr_t address) {
  return modules_->name_of(address);
}

}  // namespace eventodb::profiling
