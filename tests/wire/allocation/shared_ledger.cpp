#include "wire/allocation/shared_ledger.hpp"

#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <stdexcept>
#include <unordered_map>

namespace eventodb::test {
namespace {

std::string hexadecimal(std::uintptr_t number) {
  std::array<char, 2 + 16> text{'0', 'x'};
  const auto end = std::to_chars(text.data() + 2, text.data() + text.size(), number, 16);
  return {text.data(), end.ptr};
}

/// As /debug/pprof/symbol answers: "<address> TAB <function>" a line.
std::unordered_map<std::string, std::string> names_in(const std::string& answer) {
  std::unordered_map<std::string, std::string> names;
  for (std::size_t at = 0; at < answer.size();) {
    const std::size_t end = std::min(answer.find('\n', at), answer.size());
    const std::string line = answer.substr(at, end - at);
    const std::size_t tab = line.find('\t');
    if (tab != line.npos) names[line.substr(0, tab)] = line.substr(tab + 1);
    at = end + 1;
  }
  return names;
}

}  // namespace

SharedLedger::SharedLedger(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  void* memory = MAP_FAILED;
  if (file >= 0 && ::ftruncate(file, sizeof(AllocationLedger)) == 0) {
    memory = ::mmap(nullptr, sizeof(AllocationLedger), PROT_READ | PROT_WRITE, MAP_SHARED, file, 0);
  }
  if (file >= 0) ::close(file);
  if (memory == MAP_FAILED) throw std::runtime_error("cannot make " + path);
  ledger_ = static_cast<AllocationLedger*>(memory);
}

SharedLedger::~SharedLedger() {
  ::munmap(ledger_, sizeof(AllocationLedger));
}

void SharedLedger::start() {
  ledger_->sqlite_allocations = 0;
  ledger_->sqlite_bytes = 0;
  ledger_->without_room = 0;
  ledger_->sites_used = 0;
  ledger_->counting = true;
}

std::map<std::string, std::uint64_t> SharedLedger::by_stack(HttpClient& server,
                                                            const std::string& token) const {
  while (ledger_->locked.test_and_set()) {
  }
  std::string question;
  for (std::size_t i = 0; i < ledger_->sites_used; ++i) {
    const AllocationLedger::Site& site = ledger_->sites[i];
    // A return address may lie behind the calling function.
    for (std::size_t k = 0; k < site.depth; ++k) question += hexadecimal(site.frames[k] - 1) + "+";
  }
  ledger_->locked.clear();
  HttpFields fields;
  if (!token.empty()) fields.emplace_back("Authorization", "Bearer " + token);
  const auto names = names_in(server.request("POST", "/debug/pprof/symbol", question, fields).body);
  std::map<std::string, std::uint64_t> counts;
  for (std::size_t i = 0; i < ledger_->sites_used; ++i) {
    const AllocationLedger::Site& site = ledger_->sites[i];
    std::string stack;
    for (std::size_t k = 0; k < site.depth; ++k) {
      const std::string address = hexadecimal(site.frames[k] - 1);
      const auto name = names.find(address);
      stack += (name == names.end() ? address : name->second) + "\n";
    }
    counts[stack] += site.allocations;
  }
  if (ledger_->without_room > 0) counts["(from many more places)\n"] = ledger_->without_room;
  return counts;
}

}  // namespace eventodb::test
