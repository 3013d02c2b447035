#include "net/request_target.hpp"

#include <cstddef>

#include "net/ascii.hpp"

namespace eventodb::net {
namespace {

/// Replaces %xx, and '+' by a space when `form`; a view into the arena unless nothing changes.
std::string_view decode(std::string_view text, bool form, base::Arena& arena) {
  const bool plain = text.find('%') == text.npos && (!form || text.find('+') == text.npos);
  if (plain) return text;
  char* const to = arena.allocate_chars(text.size());
  std::size_t size = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const int high = text[i] == '%' && i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
    const int low = high >= 0 ? hex_digit(text[i + 2]) : -1;
    if (low >= 0) {
      to[size++] = static_cast<char>(high * 16 + low);
      i += 2;
    } else {
      to[size++] = form && text[i] == '+' ? ' ' : text[i];
    }
  }
  return {to, size};
}

/// Merges slashes and resolves "." and "..", as RFC 3986 5.2.4 does, in one pass. The result ends
/// with a slash when the path did or when its last segment was a dot segment.
std::string_view normalize(std::string_view path, base::Arena& arena) {
  if (path.find("//") == path.npos && path.find("/.") == path.npos) return path;
  char* const to = arena.allocate_chars(path.size() + 1);
  std::size_t size = 0;
  std::size_t at = 0;
  while (at < path.size()) {
    // At a slash: take it and the segment behind it.
    while (at < path.size() && path[at] == '/') ++at;
    std::size_t end = path.find('/', at);
    if (end == path.npos) end = path.size();
    const std::string_view segment = path.substr(at, end - at);
    const bool last = end == path.size();
    at = end;
    if (segment == "..") {
      while (size != 0 && to[--size] != '/') {
      }
    }
    if (segment == "." || segment == ".." || segment.empty()) {
      if (last) to[size++] = '/';
      continue;
    }
    to[size++] = '/';
    segment.copy(to + size, segment.size());
    size += segment.size();
  }
  return {to, size};
}

/// "http://host:port/path?query" without scheme and authority.
std::string_view without_origin(std::string_view target) {
  if (target.starts_with('/')) return target;
  const std::size_t authority = target.find("://");
  if (authority == target.npos) return target;
  const std::size_t path = target.find_first_of("/?", authority + 3);
  return path == target.npos ? std::string_view("/") : target.substr(path);
}

}  // namespace

RequestTarget split_target(std::string_view target, base::Arena& arena) {
  target = without_origin(target);
  RequestTarget parts;
  const std::size_t mark = target.find('?');
  if (mark != target.npos) parts.query = target.substr(mark + 1);
  parts.path = target.substr(0, mark);
  if (parts.path.starts_with('/')) parts.path = normalize(decode(parts.path, false, arena), arena);
  return parts;
}

std::string_view query_parameter(std::string_view query, std::string_view name,
                                 base::Arena& arena) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view pair = query.substr(0, end);
    query = end == query.npos ? std::string_view() : query.substr(end + 1);
    const std::size_t equals = pair.find('=');
    if (decode(pair.substr(0, equals), true, arena) != name) continue;
    if (equals == pair.npos) return {};
    return decode(pair.substr(equals + 1), true, arena);
  }
  return {};
}

}  // namespace eventodb::net
