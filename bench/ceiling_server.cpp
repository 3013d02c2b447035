// eventodb-ceiling: the least a Beast server can do for the requests and answers of EventoDB.
// It parses each request with Beast's own parser, its fields in an arena, and sends one of two
// prepared answers: what stream.write and a stream.get of ten messages answer. No storage, no JSON,
// no allocation; one recv and one send a request (and Asio's own look for more input before it
// waits, which a raw epoll loop saves: within 5 %). Speed targets are stated as ratios to it,
// because the machine the numbers come from changes and the ratio does not.

#include <netinet/tcp.h>

#include <CLI/CLI.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/signal_set.hpp>
#include <boost/asio/write.hpp>
#include <boost/beast/core/flat_static_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/string_body.hpp>
#include <cstdio>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "base/arena.hpp"
#include "base/version.hpp"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using asio::ip::tcp;
using boost::system::error_code;
using eventodb::base::Arena;
using eventodb::base::ArenaAllocator;

std::string rendered(const std::string& body) {
  return "HTTP/1.1 200 OK\r\nServer: EventoDB/" + std::string(eventodb::base::kVersion) +
         "\r\nDate: Wed, 15 Jan 2025 10:00:00 GMT\r\nContent-Type: application/json" +
         "\r\nAccess-Control-Allow-Origin: *" +
         "\r\nContent-Length: " + std::to_string(body.size()) + "\r\n\r\n" + body;
}

std::string read_body() {
  std::string body = "[";
  for (int i = 0; i < 10; ++i) {
    body += i == 0 ? "[" : ",[";
    body += "\"0193f2a5-7c1e-7f00-8000-00000000000" + std::to_string(i) + "\",\"TestEvent\"," +
            std::to_string(i) + "," + std::to_string(10'000 + i) +
            ",{\"serial\":\"000000000000\",\"text\":\"" + std::string(93, 'x') +
            "\"},null,\"2025-01-15T10:00:00.12345" + std::to_string(i) + "Z\"]";
  }
  return body + "]";
}

const std::string kWriteAnswer = rendered(R"({"position":12345,"globalPosition":1234567})");
const std::string kReadAnswer = rendered(read_body());
constexpr std::string_view kReadBegins = "[\"stream.get\"";

/// One connection; frees itself when the client is gone.
class Session {
 public:
  explicit Session(tcp::socket socket) : socket_(std::move(socket)) { restart(); }

  void receive() {
    socket_.async_receive(buffer_.prepare(kReceiveBytes),
                          [this](error_code error, std::size_t size) { received(error, size); });
  }

 private:
  static constexpr std::size_t kReceiveBytes = 16 * 1024;
  using Fields = http::basic_fields<ArenaAllocator<char>>;
  using Body = http::basic_string_body<char, std::char_traits<char>, ArenaAllocator<char>>;
  using Parser = http::parser<true, Body, ArenaAllocator<char>>;

  void restart() {
    parser_.reset();
    arena_.reset();
    const ArenaAllocator<char> allocator(arena_);
    parser_.emplace(std::piecewise_construct, std::make_tuple(allocator),
                    std::make_tuple(allocator));
    parser_->eager(true);
  }

  void received(error_code error, std::size_t size) {
    if (error) return end();
    buffer_.commit(size);
    send_ = {};
    while (buffer_.size() > 0) {
      const std::size_t taken = parser_->put(buffer_.data(), error);
      buffer_.consume(taken);
      if (error == http::error::need_more) break;
      if (error) return end();
      if (!parser_->is_done()) continue;
      const bool is_read = std::string_view(parser_->get().body()).starts_with(kReadBegins);
      const std::string& answer = is_read ? kReadAnswer : kWriteAnswer;
      const bool keep_alive = parser_->keep_alive();
      restart();
      queue(answer);
      if (!keep_alive) {
        send_now();
        return end();
      }
    }
    if (!send_now()) return end();
    receive();
  }

  /// Answers to pipelined requests leave together.
  void queue(std::string_view answer) {
    if (send_.empty()) {
      send_ = answer;
      return;
    }
    if (pipelined_.empty()) pipelined_ = send_;
    pipelined_ += answer;
    send_ = pipelined_;
  }

  /// A client that reads nothing holds up this thread; a benchmark's client reads.
  bool send_now() {
    error_code error;
    if (!send_.empty()) asio::write(socket_, asio::buffer(send_), error);
    pipelined_.clear();
    return !error;
  }

  void end() { delete this; }

  tcp::socket socket_;
  boost::beast::flat_static_buffer<2 * kReceiveBytes> buffer_;
  Arena arena_;
  std::optional<Parser> parser_;
  std::string_view send_;
  std::string pipelined_;
};

class Listener {
 public:
  Listener(std::vector<std::unique_ptr<asio::io_context>>& threads, std::uint16_t port)
      : threads_(threads), acceptor_(*threads[0], {asio::ip::address_v4::loopback(), port}) {}

  std::uint16_t port() const { return acceptor_.local_endpoint().port(); }

  void accept() {
    asio::io_context& home = *threads_[next_++ % threads_.size()];
    acceptor_.async_accept(home, [this, &home](error_code error, tcp::socket socket) {
      if (!error) {
        socket.set_option(tcp::no_delay(true), error);
        auto* session = new Session(std::move(socket));
        asio::post(home, [session] { session->receive(); });
      }
      accept();
    });
  }

 private:
  std::vector<std::unique_ptr<asio::io_context>>& threads_;
  tcp::acceptor acceptor_;
  std::size_t next_ = 0;
};

int serve(std::uint16_t port, unsigned thread_count) {
  std::vector<std::unique_ptr<asio::io_context>> contexts;
  for (unsigned i = 0; i < thread_count; ++i) {
    contexts.push_back(std::make_unique<asio::io_context>(1));
  }
  Listener listener(contexts, port);
  listener.accept();
  std::printf("ceiling listening on 127.0.0.1:%u\n", static_cast<unsigned>(listener.port()));
  std::fflush(stdout);
  asio::signal_set signals(*contexts[0], SIGTERM, SIGINT);
  signals.async_wait([&](error_code, int) {
    for (auto& context : contexts) context->stop();
  });
  std::vector<std::thread> others;
  for (unsigned i = 1; i < thread_count; ++i) {
    others.emplace_back([&context = *contexts[i]] {
      const auto work = asio::make_work_guard(context);
      context.run();
    });
  }
  contexts[0]->run();
  for (auto& thread : others) thread.join();
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("The least a Beast server can do for EventoDB's requests.", "eventodb-ceiling");
  std::uint16_t port = 0;
  unsigned threads = 1;
  app.add_option("--port", port, "on the loopback address; 0: any free one");
  app.add_option("--io-threads", threads)->check(CLI::Range(1u, 64u))->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    return serve(port, threads);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eventodb-ceiling: %s\n", error.what());
    return 1;
  }
}
