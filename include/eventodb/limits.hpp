#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

/// Every bound of the server that a client or an operator can notice. docs/limits.md has the same
/// table; a test compares them.
/// Sizes are bytes unless the name says otherwise.
namespace eventodb::limits {

using namespace std::chrono_literals;

// --- what a client may send (protocol appendix B has the minimums) ------------------------------
inline constexpr std::size_t kRequestBodyBytesMax = 104'857'600;  // 413 above
inline constexpr std::size_t kHeaderBlockBytesMax = 16 * 1024;    // 431 above; request line too
inline constexpr std::size_t kTargetBytesMax = 8 * 1024;          // 414 above
inline constexpr std::size_t kHeaderFieldsMax = 100;              // 431 above
inline constexpr std::size_t kStreamNameBytesMax = 4096;          // 400 above
inline constexpr std::size_t kTypeBytesMax = 4096;                // 400 above
inline constexpr std::size_t kNamespaceIdBytesMax = 255;          // 400 above
inline constexpr std::size_t kDescriptionBytesMax = 64 * 1024;    // 400 above
inline constexpr std::size_t kJsonDepthMax = 1000;                // 400 above
inline constexpr std::size_t kAppendMessagesMax = 10'000;         // 400 above
inline constexpr std::size_t kJsonRpcBatchCallsMax = 1000;        // JSON-RPC error -32600 above
inline constexpr std::int64_t kBatchSizeMax = 10'000;             // 400 above; -1 is no limit
inline constexpr std::int64_t kBatchSizeDefault = 1000;
inline constexpr std::int64_t kStreamListLimitMax = 1000;  // 400 above
inline constexpr std::int64_t kStreamListLimitDefault = 100;
/// Metadata of a namespace, without white space; 400 above.
inline constexpr std::size_t kNamespaceMetadataBytesMax = 64 * 1024;

// --- time (steady clock) -------------------------------------------------------------------------
inline constexpr auto kHeaderTimeout = 10s;      // first byte of a request to end of its header
inline constexpr auto kBodyStallTimeout = 30s;   // without a byte of the body
inline constexpr auto kIdleTimeout = 120s;       // between requests
inline constexpr auto kWriteStallTimeout = 30s;  // without the client taking a byte
inline constexpr auto kLingerTimeout = 5s;       // a closing connection still reads, so that its
                                                 // client sees the last answer
inline constexpr auto kShutdownGrace = 3s;       // running requests may finish within this
inline constexpr auto kAbandonAfter = 500ms;     // then what still waits for the storage is left

// --- connections ---------------------------------------------------------------------------------
inline constexpr std::size_t kConnectionsMax = 16'384;  // further ones get 503 and are closed
/// Descriptors that connections leave to the program itself (standard streams, listener, event
/// loops), and those they leave to each namespace that the storage may have open. What the process
/// may open is divided once, at start: at the limit of connections every file can still be opened.
inline constexpr std::size_t kDescriptorsReserved = 32;
inline constexpr std::size_t kDescriptorsPerNamespace = 20;
inline constexpr std::size_t kIoThreadsMax = 64;
/// An unwanted body up to this size is read and dropped; a connection with a larger one is closed.
inline constexpr std::size_t kDroppedBodyBytesMax = 64 * 1024;
/// A read answer is sent in pieces of about this size (chunked) once it grows past it.
inline constexpr std::size_t kResponsePieceBytes = 1024 * 1024;
/// Pipelined answers are gathered up to this size before they are written.
inline constexpr std::size_t kPipelinedAnswerBytes = 64 * 1024;
/// Writes that wait behind each other, pipelined or in a JSON-RPC batch, and are handed over
/// together. Of pipelined ones only those whose bytes have arrived: some eight KiB at a time.
inline constexpr std::size_t kWritesTogetherMax = 128;
/// A connection's buffer that grew past this is given back after the request.
inline constexpr std::size_t kBufferKeptBytes = 64 * 1024;
/// Free memory the allocator keeps at rest; what more nobody needs for some seconds is given back.
inline constexpr std::size_t kFreeMemoryKeptBytes = 16 * 1024 * 1024;

// --- subscriptions -------------------------------------------------------------------------------
/// Events rendered for a subscriber but not yet taken by its socket; beyond, it is behind and reads
/// the log again. Two such buffers and one event are the most a slow reader can cost.
inline constexpr std::size_t kSubscriberBufferBytes = 64 * 1024;
/// What a feed copies from the log in one go before it offers it.
inline constexpr std::size_t kFeedStageMessages = 256;
inline constexpr std::size_t kFeedStageBytes = 64 * 1024;
/// A feed that told its subscribers of several messages at once leaves its thread to requests for
/// at most this long; what is written meanwhile is told together.
inline constexpr auto kFeedRestMax = 4ms;
/// Memory of emptied event buffers an I/O thread keeps for the next events.
inline constexpr std::size_t kSpareEventBytesMax = 4 * 1024 * 1024;
/// What the kernel may hold of a subscriber's events (SO_SNDBUF; Linux accounts twice as much).
inline constexpr std::size_t kSubscriberSocketBytes = 256 * 1024;
/// Silence after which a comment is sent.
inline constexpr auto kKeepAliveInterval = 20s;

// --- storage -------------------------------------------------------------------------------------
/// Appends waiting in one namespace; one more is answered 503.
inline constexpr std::size_t kPendingAppendsMax = 65'536;
inline constexpr std::size_t kPendingAppendBytesMax = 256 * 1024 * 1024;
/// One commit takes at most this many messages, and at least one append, or the writes that came
/// together, however large.
inline constexpr std::size_t kCommitMessagesMax = 4096;
inline constexpr std::size_t kCommitBytesMax = 8 * 1024 * 1024;
/// Where a sync takes longer than this of late, the next commit is written and synced beside it.
/// On a disk that needs 0.2 ms that cost more than it gained; with 2 ms more it gained a third
/// (docs/performance.md).
inline constexpr auto kSlowSync = 1ms;
/// Messages in the log but not yet in the derived index are kept in memory; writers wait above.
inline constexpr std::size_t kTailBytesMax = 16 * 1024 * 1024;
inline constexpr std::size_t kTailMessagesMax = 131'072;
/// A read visits at most this many index rows before it gives the thread back.
inline constexpr std::size_t kReadStepRowsMax = 20'000;
inline constexpr std::size_t kWriterThreads = 8;
inline constexpr std::size_t kReaderThreads = 4;
inline constexpr std::size_t kIndexThreads = 2;
inline constexpr std::size_t kOpenerThreads = 2;
/// A committed message waits at most about this long for its index step.
inline constexpr auto kIndexDelay = 500ms;
/// Heads (stream versions) of an open namespace in memory; others are looked up in the index.
inline constexpr std::size_t kHeadCacheStreamsMax = 32'768;
/// Messages read from the files and kept for the next reader, of all namespaces together.
inline constexpr std::size_t kMessageCacheBytesMax = 16 * 1024 * 1024;
/// Namespaces whose files are open at once; the least recently used idle one is closed.
inline constexpr std::size_t kOpenNamespacesMax = 72;
/// Log pages in the WAL after which the writer checkpoints between two commits.
inline constexpr int kCheckpointPages = 4000;

// --- diagnostics below /debug --------------------------------------------------------------------
inline constexpr auto kCpuProfileTimeMax = 300s;            // 400 above
inline constexpr std::size_t kDebugJobsMax = 8;             // waiting or running; 503 above
inline constexpr std::size_t kSymbolAddressesMax = 50'000;  // 400 above

}  // namespace eventodb::limits
