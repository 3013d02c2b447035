#include "subscribe/rpc_writer.hpp"

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <stdexcept>

namespace eventodb::load {

RpcWriter::RpcWriter(const SubscriberSet::Target& target, const std::string& stream)
    : fd_(::socket(target.address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const auto* address = reinterpret_cast<const sockaddr*>(&target.address.storage);
  if (fd_ < 0 || ::connect(fd_, address, target.address.length) != 0) {
    throw std::runtime_error(std::strerror(errno));
  }
  const std::string body = "[\"stream.write\",\"" + stream + "\",{\"type\":\"T\",\"data\":{}}]";
  request_ = "POST /rpc HTTP/1.1\r\nHost: " + target.authority + "\r\n";
  if (!target.token.empty()) request_ += "Authorization: Bearer " + target.token + "\r\n";
  request_ += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

RpcWriter::~RpcWriter() {
  if (fd_ >= 0) ::close(fd_);
}

void RpcWriter::send() {
  if (::send(fd_, request_.data(), request_.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(request_.size())) {
    throw std::runtime_error(std::strerror(errno));
  }
}

bool RpcWriter::receive() {
  std::array<char, 4096> buffer;
  const ssize_t got = ::recv(fd_, buffer.data(), buffer.size(), 0);
  if (got <= 0) throw std::runtime_error("the connection of the writer was closed");
  reader_.feed({buffer.data(), static_cast<std::size_t>(got)});
  if (!reader_.complete()) return false;
  if (!reader_.ok()) throw std::runtime_error("a write was refused: " + reader_.error_text());
  reader_.next();
  return true;
}

}  // namespace eventodb::load
