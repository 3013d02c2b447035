#include "load/response_reader.hpp"

#include <algorithm>
#include <charconv>

namespace eventodb::load {
namespace {

constexpr std::size_t kHeadBytesMax = 64 * 1024;
constexpr std::size_t kErrorTextBytesMax = 300;
constexpr std::string_view kHeadEnd = "\r\n\r\n";

bool equals_ignoring_case(std::string_view text, std::string_view lower) {
  return std::equal(text.begin(), text.end(), lower.begin(), lower.end(), [](char a, char b) {
    return (a >= 'A' && a <= 'Z' ? static_cast<char>(a + ('a' - 'A')) : a) == b;
  });
}

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

template <class Number>
bool parse_all(std::string_view text, Number& value, int base) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value, base);
  return error == std::errc() && end == text.data() + text.size();
}

}  // namespace

std::size_t ResponseReader::feed(std::string_view data) {
  std::size_t taken = 0;
  while (taken < data.size() && state_ != State::kComplete && state_ != State::kBroken) {
    const std::string_view rest = data.substr(taken);
    switch (state_) {
      case State::kHead:
        taken += feed_head(rest);
        break;
      case State::kBody:
      case State::kChunk:
        taken += feed_counted(rest);
        break;
      default:
        taken += feed_line(rest);
    }
  }
  return taken;
}

void ResponseReader::next() {
  state_ = State::kHead;
  closes_ = chunked_ = length_known_ = false;
  status_ = 0;
  left_ = 0;
  error_text_.clear();
}

std::size_t ResponseReader::feed_head(std::string_view data) {
  if (pending_.empty()) {
    const auto end = data.find(kHeadEnd);
    if (end != std::string_view::npos) {
      end_of_head(data.substr(0, end));
      return end + kHeadEnd.size();
    }
    pending_ = data;
    return data.size();
  }
  const std::size_t before = pending_.size();
  pending_.append(data);
  const auto end = pending_.find(kHeadEnd, before < kHeadEnd.size() ? 0 : before - kHeadEnd.size());
  if (end == std::string::npos) {
    if (pending_.size() > kHeadBytesMax) state_ = State::kBroken;
    return data.size();
  }
  const std::string head = std::move(pending_);
  pending_.clear();
  end_of_head(std::string_view(head).substr(0, end));
  return end + kHeadEnd.size() - before;
}

void ResponseReader::end_of_head(std::string_view head) {
  // "HTTP/1.1 200 OK"
  if (head.size() < 12 || !head.starts_with("HTTP/1.") || head[8] != ' ' ||
      !parse_all(head.substr(9, 3), status_, 10)) {
    state_ = State::kBroken;
    return;
  }
  closes_ = head[7] == '0';
  auto line_end = head.find("\r\n");
  while (line_end != std::string_view::npos) {
    head.remove_prefix(line_end + 2);
    line_end = head.find("\r\n");
    field(head.substr(0, line_end));
    if (state_ == State::kBroken) return;
  }
  if (status_ < 200) {
    next();  // an interim answer; the final one follows
  } else if (status_ == 204 || status_ == 304) {
    state_ = State::kComplete;
  } else if (chunked_) {
    state_ = State::kChunkSize;
  } else if (length_known_) {
    state_ = left_ == 0 ? State::kComplete : State::kBody;
  } else {
    state_ = State::kBroken;
  }
}

void ResponseReader::field(std::string_view line) {
  // Only names that begin with c or t matter.
  if (line.empty()) return;
  const char first = static_cast<char>(line.front() | 0x20);
  if (first != 'c' && first != 't') return;
  const auto colon = line.find(':');
  if (colon == std::string_view::npos) return;
  const std::string_view name = line.substr(0, colon);
  const std::string_view value = trimmed(line.substr(colon + 1));
  if (equals_ignoring_case(name, "content-length")) {
    length_known_ = parse_all(value, left_, 10);
    if (!length_known_) state_ = State::kBroken;
  } else if (equals_ignoring_case(name, "transfer-encoding")) {
    chunked_ = equals_ignoring_case(value, "chunked");
  } else if (equals_ignoring_case(name, "connection")) {
    closes_ = closes_ || equals_ignoring_case(value, "close");
  }
}

std::size_t ResponseReader::feed_counted(std::string_view data) {
  const auto taken = static_cast<std::size_t>(std::min<std::uint64_t>(left_, data.size()));
  if (!ok() && error_text_.size() < kErrorTextBytesMax) {
    error_text_.append(data.substr(0, std::min(taken, kErrorTextBytesMax - error_text_.size())));
  }
  left_ -= taken;
  if (left_ == 0) state_ = state_ == State::kBody ? State::kComplete : State::kChunkSize;
  return taken;
}

std::size_t ResponseReader::feed_line(std::string_view data) {
  const auto end = data.find('\n');
  if (end == std::string_view::npos) {
    pending_.append(data);
    if (pending_.size() > kHeadBytesMax) state_ = State::kBroken;
    return data.size();
  }
  pending_.append(data.substr(0, end));
  if (!pending_.empty() && pending_.back() == '\r') pending_.pop_back();
  const std::string line = std::move(pending_);
  pending_.clear();
  end_of_line(line);
  return end + 1;
}

void ResponseReader::end_of_line(std::string_view line) {
  if (state_ == State::kTrailer) {
    if (line.empty()) state_ = State::kComplete;
    return;
  }
  std::uint64_t size = 0;
  if (!parse_all(trimmed(line.substr(0, line.find(';'))), size, 16)) {
    state_ = State::kBroken;
  } else if (size == 0) {
    state_ = State::kTrailer;
  } else {
    left_ = size + 2;  // the line end after the chunk is counted with it
    state_ = State::kChunk;
  }
}

}  // namespace eventodb::load
