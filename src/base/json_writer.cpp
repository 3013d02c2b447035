#include "base/json_writer.hpp"

#include "base/json_special.hpp"

namespace eventodb::base {
namespace {

void append_escaped(ByteBuffer& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"':
      out.append("\\\"");
      return;
    case '\\':
      out.append("\\\\");
      return;
    case '\n':
      out.append("\\n");
      return;
    case '\r':
      out.append("\\r");
      return;
    case '\t':
      out.append("\\t");
      return;
    case '\b':
      out.append("\\b");
      return;
    case '\f':
      out.append("\\f");
      return;
    default:
      out.append("\\u00");
      out.append(kHex[static_cast<unsigned char>(c) >> 4]);
      out.append(kHex[static_cast<unsigned char>(c) & 0x0f]);
  }
}

}  // namespace

void append_json_string(ByteBuffer& out, std::string_view text) {
  out.append('"');
  const char* plain = text.data();
  const char* const end = plain + text.size();
  for (;;) {
    const char* const special = find_json_special(plain, end);
    out.append({plain, static_cast<std::size_t>(special - plain)});
    if (special == end) break;
    append_escaped(out, *special);
    plain = special + 1;
  }
  out.append('"');
}

}  // namespace eventodb::base
