#pragma once

#include <array>
#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/intrusive/list_hook.hpp>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <utility>

#include "base/arena.hpp"
#include "base/byte_buffer.hpp"
#include "base/io_thread.hpp"
#include "eventodb/store.hpp"
#include "rpc/write_run.hpp"

namespace eventodb::net {

class SessionThread;

/// What a connection needs while a request is on it. Pooled per thread, so that a connection that
/// waits for its next request costs little.
struct RequestMemory {
  base::ByteBuffer in;      ///< received; the first `taken` bytes are done with
  std::size_t taken = 0;    ///< of `in`
  base::ByteBuffer out;     ///< answers, not yet sent
  base::ByteBuffer body;    ///< of the current request, without framing
  base::Arena arena;        ///< reset for every request
  rpc::WriteRun write_run;  ///< of the pipelined requests that are served together

  /// Received and not yet taken: of the current request and of pipelined ones.
  std::string_view pending() const { return in.view().substr(taken); }
  void take(std::size_t bytes) { taken += bytes; }
  /// Makes room in front of the next read.
  void drop_taken() { in.consume(std::exchange(taken, 0)); }
  /// Forgets everything; gives back what grew past limits::kBufferKeptBytes.
  void reset();
};

/// What a connection is doing, as far as time limits and shutdown are concerned.
enum class Phase : std::uint8_t {
  kIdle,    ///< nothing of a request has arrived
  kHeader,  ///< the head is arriving; counted from its first byte
  kBody,    ///< the body is arriving; counted from its last progress
  kServe,   ///< a request runs; no limit
  kWrite,   ///< the client does not take bytes; counted from its last progress
  kLinger,  ///< the last answer is sent; reading what the client still sends
  kStream,  ///< an endpoint keeps the connection; no limit, ends through its StreamEnd
};
inline constexpr std::size_t kPhases = 7;

/// How the owner of an endless stream learns that time passes and that the server stops.
class StreamEnd {
 public:
  /// Called on the connection's thread; must make the endpoint return soon, without blocking.
  virtual void end_stream() noexcept = 0;
  /// Called with every sweep over the connections.
  virtual void sweep_stream() noexcept {}

 protected:
  ~StreamEnd() = default;
};

/// One client connection: its socket, its time limits, its part in shutdown. Everything happens on
/// the thread it belongs to. Knows nothing of HTTP.
class Connection : public boost::intrusive::list_base_hook<
                       boost::intrusive::link_mode<boost::intrusive::auto_unlink>> {
 public:
  using Buffers = std::array<boost::asio::const_buffer, 4>;

  /// Takes the connected, non-blocking socket. Throws boost::system::system_error, the descriptor
  /// is closed then.
  Connection(SessionThread& thread, int descriptor);
  ~Connection();
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  SessionThread& thread() { return thread_; }

  /// Of the current request; kept until release_memory().
  RequestMemory& memory() { return *memory_; }
  void acquire_memory();
  /// REQUIRES: all of it is done with.
  void release_memory();
  bool has_memory() const { return memory_ != nullptr; }

  /// Starts counting the time of `phase`; forgets a timeout of the one before.
  void enter(Phase phase);
  Phase phase() const { return phase_; }
  /// The time limit of the phase passed; reads and writes have failed since.
  bool timed_out() const { return timed_out_; }

  enum class ReadEnd : std::uint8_t {
    kBytes,   ///< at least one was appended
    kClosed,  ///< by the client, by an error, a timeout or shutdown
    kUnused,  ///< the memory lies idle: release it and wait_readable()
  };
  /// Goes on when the others that are ready have had their turn. A client that was just answered
  /// has often sent its next request by then, so that neither a vain read nor a wait is needed.
  Awaitable<void> yield() { return base::next_turn(); }
  /// Appends what arrives to `to`, at most `bytes_max` at once.
  Awaitable<ReadEnd> read(base::ByteBuffer& to, std::size_t bytes_max);
  /// Waits until there is something to read, without holding memory. False: as kClosed.
  Awaitable<bool> wait_readable();
  /// The same for a handler of (boost::system::error_code).
  template <class Handler>
  void when_readable(Handler&& handler) {
    socket_.async_wait(boost::asio::socket_base::wait_read, std::forward<Handler>(handler));
  }

  /// Reads and drops what has arrived, but not for ever. False: the client closed or is gone.
  bool drop_received();
  /// The client said that it sends nothing more, or is gone, and all it sent has been read.
  bool client_closed() noexcept;

  /// Sends everything. False: the client is gone or takes nothing. Empty buffers are skipped. In
  /// Phase::kStream a client may take as long as it likes.
  Awaitable<bool> send(Buffers buffers);
  Awaitable<bool> send(std::string_view bytes) { return send(Buffers{asio_buffer(bytes)}); }
  /// What the socket takes at once, which usually is everything: the way without a coroutine.
  /// Drops it from `bytes`; the rest is for send(). False: the client is gone.
  bool send_now(std::string_view& bytes);

  /// Says that nothing more will be sent, then reads until the client closes or the linger time
  /// ends. Without it, bytes the client still sends would reset the connection and destroy the
  /// answer on its way.
  Awaitable<void> linger();

  /// For a connection that will be silent or slow for long: bounds what the kernel holds for it
  /// and has the kernel look for peers that vanished.
  void configure_stream();
  /// Makes the reads and writes that are waiting fail.
  void cancel_waits();

  /// While set, shutdown calls it instead of closing; null to clear.
  void set_stream_end(StreamEnd* end) { stream_end_ = end; }

  // --- for SessionThread ---
  /// Enforces time limits; gives idle memory back.
  void sweep();
  /// Shutdown begins: closes if idle, ends the stream if there is one.
  void begin_stop();
  /// Shutdown's grace is over.
  void abort();

 private:
  /// Knows its loop's type, which saves a look-up in each operation.
  using Socket = boost::asio::basic_stream_socket<boost::asio::ip::tcp,
                                                  boost::asio::io_context::executor_type>;
  static boost::asio::const_buffer asio_buffer(std::string_view bytes) {
    return {bytes.data(), bytes.size()};
  }

  SessionThread& thread_;
  Socket socket_;
  std::unique_ptr<RequestMemory> memory_;
  StreamEnd* stream_end_ = nullptr;
  std::uint32_t since_ = 0;  // tick of the thread
  Phase phase_ = Phase::kIdle;
  bool timed_out_ = false;
  bool memory_unused_ = false;
  bool closing_ = false;
};

}  // namespace eventodb::net
