#include "net/debug_pages.hpp"

#include <array>
#include <charconv>
#include <cstdio>

#include "base/byte_buffer.hpp"
#include "base/json_writer.hpp"
#include "base/memory_figures.hpp"
#include "eventodb/limits.hpp"
#include "net/secret_mask.hpp"
#include "profiling/process_files.hpp"
#include "profiling/profiles.hpp"
#include "profiling/symbols.hpp"
#include "profiling/thread_dump.hpp"

namespace eventodb::net {
namespace {

/// The members of one JSON object, in order.
class ObjectWriter {
 public:
  explicit ObjectWriter(base::ByteBuffer& out) : out_(out) { out_.append('{'); }
  ~ObjectWriter() { out_.append('}'); }
  ObjectWriter(const ObjectWriter&) = delete;
  ObjectWriter& operator=(const ObjectWriter&) = delete;

  void key(std::string_view name) {
    if (!first_) out_.append(',');
    first_ = false;
    base::append_json_string(out_, name);
    out_.append(':');
  }
  void member(std::string_view name, std::int64_t value) {
    key(name);
    base::append_int(out_, value);
  }

 private:
  base::ByteBuffer& out_;
  bool first_ = true;
};

void append_process(base::ByteBuffer& out) {
  const profiling::ProcessMemory memory = profiling::process_memory();
  ObjectWriter object(out);
  object.member("residentBytes", memory.resident_bytes);
  object.member("residentBytesHighWater", memory.resident_bytes_high_water);
  object.member("virtualBytes", memory.virtual_bytes);
}

void append_malloc(base::ByteBuffer& out) {
  ObjectWriter object(out);
  for (const auto& [name, value] : profiling::malloc_figures()) {
    object.member(name, static_cast<std::int64_t>(value));
  }
}

void append_pool(base::ByteBuffer& out, base::MemoryKind kind) {
  const base::MemoryFigures figures = base::memory_figures(kind);
  ObjectWriter object(out);
  object.member("count", figures.count);
  object.member("bytes", figures.bytes);
  object.member("bytesHighWater", figures.bytes_high_water);
  object.member("hits", static_cast<std::int64_t>(figures.hits));
  object.member("misses", static_cast<std::int64_t>(figures.misses));
}

}  // namespace

std::string command_line_text() {
  std::string text;
  for (const std::string& argument : mask_secrets(profiling::command_line())) {
    if (!text.empty()) text += '\0';
    text += argument;
  }
  return text;
}

std::string threads_text() {
  return profiling::render_threads(profiling::report_threads());
}

std::string memory_statistics_json() {
  base::ByteBuffer out;
  {
    ObjectWriter all(out);
    all.key("process");
    append_process(out);
    all.key("malloc");
    append_malloc(out);
    all.key("pools");
    ObjectWriter pools(out);
    for (int i = 0; i < static_cast<int>(base::MemoryKind::kCount); ++i) {
      const auto kind = static_cast<base::MemoryKind>(i);
      pools.key(base::memory_kind_name(kind));
      append_pool(out, kind);
    }
  }
  return std::string(out.view());
}

std::optional<std::vector<std::uintptr_t>> parse_addresses(std::string_view question) {
  std::vector<std::uintptr_t> addresses;
  while (!question.empty()) {
    const std::size_t end = std::min(question.find('+'), question.size());
    std::string_view text = question.substr(0, end);
    question.remove_prefix(std::min(end + 1, question.size()));
    if (text.starts_with("0x") || text.starts_with("0X")) text.remove_prefix(2);
    std::uintptr_t address = 0;
    const auto parsed = std::from_chars(text.data(), text.data() + text.size(), address, 16);
    if (parsed.ec != std::errc() || parsed.ptr != text.data() + text.size()) continue;
    if (addresses.size() == limits::kSymbolAddressesMax) return std::nullopt;
    addresses.push_back(address);
  }
  return addresses;
}

std::string symbols_text(const std::vector<std::uintptr_t>& addresses) {
  std::string text = "num_symbols: 1\n";
  profiling::Symbols symbols;
  for (const std::uintptr_t address : addresses) {
    const std::string name = symbols.name_of(address);
    if (name.empty()) continue;
    std::array<char, 24> number;
    std::snprintf(number.data(), number.size(), "0x%zx\t", address);
    text += number.data() + name + '\n';
  }
  return text;
}

}  // namespace eventodb::net
