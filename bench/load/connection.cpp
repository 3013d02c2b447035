#include "load/connection.hpp"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>

namespace eventodb::load {

bool Connection::start(const ServerAddress& address) {
  close();
  fd_ = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd_ < 0) return false;
  const int on = 1;
  setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  const auto* to = reinterpret_cast<const sockaddr*>(&address.storage);
  if (connect(fd_, to, address.length) != 0 && errno != EINPROGRESS) {
    close();
    return false;
  }
  state_ = State::kConnecting;
  return true;
}

bool Connection::finish_connecting() {
  int error = 0;
  socklen_t size = sizeof error;
  if (getsockopt(fd_, SOL_SOCKET, SO_ERROR, &error, &size) != 0 || error != 0) return false;
  state_ = State::kOpen;
  return true;
}

void Connection::close() {
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
  state_ = State::kClosed;
  out_.clear();
  sent_ = 0;
  in_flight_.clear();
  reader_.reset();
  watched_for_writing = false;
}

bool Connection::flush() {
  while (sent_ < out_.size()) {
    const ssize_t taken = send(fd_, out_.data() + sent_, out_.size() - sent_, MSG_NOSIGNAL);
    if (taken < 0) {
      if (errno == EINTR) continue;
      return errno == EAGAIN;
    }
    sent_ += static_cast<std::size_t>(taken);
  }
  out_.clear();
  sent_ = 0;
  return true;
}

std::ptrdiff_t Connection::receive(char* buffer, std::size_t size) {
  const ssize_t received = recv(fd_, buffer, size, 0);
  if (received < 0) return errno == EAGAIN || errno == EINTR ? -1 : 0;
  return received;
}

}  // namespace eventodb::load
