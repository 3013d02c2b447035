#include "base/json_writer.hpp"

namespace eventodb::base {
namespace {

bool needs_escape(char c) { return static_cast<unsigned char>(c) < 0x20 || c == '"' || c == '\\'; }

void append_escaped(ByteBuffer& out, char c) {
  constexpr char kHex[] = "0123456789abcdef";
  switch (c) {
    case '"': out.append("\\\""); return;
    case '\\': out.append("\\\\"); return;
    case '\n': out.append("\\n"); return;
    case '\r': out.append("\\r"); return;
    case '\t': out.append("\\t"); return;
    case '\b': out.append("\\b"); return;
    case '\f': out.append("\\f"); return;
    default:
      out.append("\\u00");
      out.append(kHex[static_cast<unsigned char>(c) >> 4]);
      out.append(kHex[static_cast<unsigned char>(c) & 0x0f]);
  }
}

}  // namespace

void append_json_string(ByteBuffer& out, std::string_view text) {
  out.append('"');
  std::size_t plain = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!needs_escape(text[i])) continue;
    out.append(text.substr(plain, i - plain));
    append_escaped(out, text[i]);
    plain = i + 1;
  }
  out.append(text.substr(plain));
  out.append('"');
}

}  // namespace eventodb::base
