#include "subscribe/subscriber_set.hpp"

#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace eventodb::load {
namespace {

constexpr std::size_t kReadBytes = 1024 * 1024;
/// Every event has it once, no comment has it, and JSON text cannot contain it.
constexpr std::string_view kMark = "\ndata: ";

std::string numbered(std::string_view query, std::size_t number) {
  std::string text;
  for (const char c : query) {
    if (c == '#') {
      text += std::to_string(number);
    } else {
      text += c;
    }
  }
  return text;
}

}  // namespace

SubscriberSet::SubscriberSet() : epoll_(::epoll_create1(EPOLL_CLOEXEC)), buffer_(kReadBytes) {}

SubscriberSet::~SubscriberSet() {
  for (const Subscriber& each : subscribers_) ::close(each.fd);
  ::close(epoll_);
}

void SubscriberSet::open(const Target& target, std::string_view query, std::size_t count) {
  for (std::size_t i = 0; i < count; ++i) {
    connect(target, numbered(query, i));
    while (ready_ < subscribers_.size()) read_some(-1, {});
  }
}

void SubscriberSet::connect(const Target& target, std::string_view query) {
  const int fd = ::socket(target.address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) throw std::runtime_error(std::strerror(errno));
  subscribers_.push_back({fd});
  std::string request =
      "GET /subscribe?" + std::string(query) + " HTTP/1.1\r\nHost: " + target.authority + "\r\n";
  if (!target.token.empty()) request += "Authorization: Bearer " + target.token + "\r\n";
  request += "\r\n";
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address.storage);
  if (::connect(fd, address, target.address.length) != 0 ||
      ::send(fd, request.data(), request.size(), MSG_NOSIGNAL) !=
          static_cast<ssize_t>(request.size())) {
    throw std::runtime_error(std::strerror(errno));
  }
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = subscribers_.size() - 1;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &event);
}

void SubscriberSet::read_some(int timeout_ms, const OnEvents& on_events) {
  std::array<epoll_event, 256> events;
  const int found =
      ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), timeout_ms);
  for (int i = 0; i < found; ++i) {
    const std::size_t number = events[static_cast<std::size_t>(i)].data.u64;
    Subscriber& subscriber = subscribers_[number];
    const ssize_t got = ::recv(subscriber.fd, buffer_.data(), buffer_.size(), MSG_DONTWAIT);
    if (got < 0 && errno == EAGAIN) continue;
    if (got <= 0) throw std::runtime_error("a subscription ended");
    const std::string_view bytes(buffer_.data(), static_cast<std::size_t>(got));
    if (!subscriber.is_ready && bytes.find(": ready") != bytes.npos) {
      if (bytes.find(" 200 OK") == bytes.npos) throw std::runtime_error("not a subscription");
      subscriber.is_ready = true;
      ++ready_;
    }
    const std::size_t count = count_events(subscriber, bytes);
    if (count != 0 && on_events) on_events(number, count);
  }
}

std::size_t SubscriberSet::count_events(Subscriber& subscriber, std::string_view bytes) const {
  std::size_t count = 0;
  // What began in the piece before.
  if (subscriber.matched != 0) {
    const std::string_view rest = kMark.substr(subscriber.matched);
    if (bytes.size() < rest.size() && rest.starts_with(bytes)) {
      subscriber.matched += bytes.size();
      return 0;
    }
    if (bytes.starts_with(rest)) ++count;
    subscriber.matched = 0;
  }
  for (auto at = bytes.find(kMark); at != bytes.npos; at = bytes.find(kMark, at + kMark.size())) {
    ++count;
  }
  for (std::size_t length = std::min(kMark.size() - 1, bytes.size()); length > 0; --length) {
    if (kMark.starts_with(bytes.substr(bytes.size() - length))) {
      subscriber.matched = length;
      break;
    }
  }
  return count;
}

}  // namespace eventodb::load
