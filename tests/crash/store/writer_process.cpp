#include "crash/store/writer_process.hpp"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <exception>
#include <random>
#include <stdexcept>

#include "base/io_thread.hpp"
#include "base/spawn.hpp"
#include "base/uuid.hpp"
#include "store/sqlite/sqlite_store.hpp"

namespace eventodb::crash {
namespace {

constexpr int kWritersPerNamespace = 8;
constexpr std::int32_t kStreams = 11;
constexpr std::uint32_t kBatchMax = 4;

[[noreturn]] void give_up(const char* why) {
  std::fprintf(stderr, "writer process: %s\n", why);
  _exit(1);
}

/// Sends what `first` and its batch say, and notes the answer.
Awaitable<void> send(Namespace& ns, Ledger& ledger, std::uint32_t first, std::uint32_t count) {
  std::string texts[2 * kBatchMax];
  NewMessage messages[kBatchMax];
  WrittenMessage written[kBatchMax];
  for (std::uint32_t i = 0; i < count; ++i) {
    const Entry& entry = ledger[first + i];
    texts[2 * i] = stream_name(entry.stream);
    texts[2 * i + 1] = data_of(first + i);
    messages[i] = {.stream = texts[2 * i],
                   .type = kType,
                   .data = texts[2 * i + 1],
                   .metadata = {},
                   .id = {},
                   .expected_version = {}};
    if (entry.has_id) messages[i].id = entry.id;
    if (entry.has_expected) messages[i].expected_version = ExpectedVersion(entry.expected);
  }
  const auto result = co_await ns.append({messages, count}, {written, count});
  for (std::uint32_t i = 0; i < count; ++i) {
    Entry& entry = ledger[first + i];
    if (result) {
      entry.position = written[i].position.value;
      entry.global_position = written[i].global_position.value;
      entry.outcome = Outcome::kStored;
    } else if (result.error().code == ErrorCode::kVersionConflict) {
      entry.outcome = Outcome::kRefused;
    } else {
      give_up(result.error().message.c_str());
    }
  }
  const std::uint64_t now = ledger.tick();
  for (std::uint32_t i = 0; i < count; ++i) ledger[first + i].answered_at = now;
}

Awaitable<void> write_for_ever(Namespace& ns, Ledger& ledger, std::uint64_t seed) {
  std::mt19937_64 random(seed);
  for (;;) {
    const std::uint64_t choice = random();
    const auto count =
        static_cast<std::uint32_t>(choice % 5 == 0 ? 2 + choice / 5 % (kBatchMax - 1) : 1);
    std::uint32_t first = 0;
    if (!ledger.claim(count, first)) co_return;
    for (std::uint32_t i = first; i < first + count; ++i) {
      Entry& entry = ledger[i];
      entry.batch = first;
      entry.batch_size = count;
      entry.stream = static_cast<std::int32_t>(random() % kStreams);
      entry.has_id = (choice & 0x100) != 0;
      if (entry.has_id) entry.id = base::make_uuid_v7();
    }
    if (count == 1 && (choice & 0x200) != 0) {  // an expectation that others may break
      Entry& entry = ledger[first];
      const auto version = co_await ns.stream_version(stream_name(entry.stream));
      if (!version) give_up(version.error().message.c_str());
      entry.expected = *version ? (*version)->value : ExpectedVersion::kNoStream;
      entry.has_expected = true;
    }
    const std::uint64_t now = ledger.tick();
    for (std::uint32_t i = first; i < first + count; ++i) ledger[i].sent_at = now;
    co_await send(ns, ledger, first, count);
  }
}

Awaitable<void> start_writers(Store& store, std::vector<Ledger*>& ledgers, std::uint64_t seed,
                              std::vector<NamespaceHandle>& namespaces, int begun) {
  boost::asio::io_context& loop = base::IoThread::current().context();
  for (std::size_t n = 0; n < ledgers.size(); ++n) {
    auto found = co_await store.find_namespace(namespace_id(n));
    if (found && *found == nullptr) {
      const std::string id = namespace_id(n);
      const NewNamespace wanted{.id = id, .description = "", .metadata = "", .token_hash = {}};
      found = co_await store.create_namespace(wanted);
    }
    if (!found) give_up(found.error().message.c_str());
    namespaces.push_back(*found);
    for (int i = 0; i < kWritersPerNamespace; ++i) {
      base::spawn(loop, write_for_ever(**found, *ledgers[n], ++seed));
    }
  }
  if (write(begun, "", 1) != 1) give_up("the test has gone");
}

[[noreturn]] void run(const store::sqlite::StoreOptions& options, std::vector<Ledger*> ledgers,
                      std::uint64_t seed, int begun) {
  try {
    auto store = store::sqlite::SqliteStore::open(options);
    if (!store) give_up(store.error().message.c_str());
    std::vector<NamespaceHandle> namespaces;
    base::IoThread io;
    base::spawn(io.context(), start_writers(**store, ledgers, seed, namespaces, begun));
    io.run();
    for (;;) pause();  // the ledger is full: wait for the end
  } catch (const std::exception& error) {
    give_up(error.what());
  }
}

}  // namespace

std::string namespace_id(std::size_t n) {
  return "crash-" + std::to_string(n);
}

WriterProcess::WriterProcess(const store::sqlite::StoreOptions& options,
                             std::vector<Ledger*> ledgers, std::uint64_t seed) {
  int ends[2];
  if (pipe(ends) != 0) throw std::runtime_error("pipe");
  child_ = fork();
  if (child_ < 0) throw std::runtime_error("fork");
  if (child_ == 0) {
    ::close(ends[0]);
    run(options, std::move(ledgers), seed, ends[1]);
  }
  ::close(ends[1]);
  begun_ = ends[0];
}

WriterProcess::~WriterProcess() {
  if (child_ > 0) kill();
  ::close(begun_);
}

bool WriterProcess::wait_until_writing() {
  char byte = 0;
  return read(begun_, &byte, 1) == 1;
}

bool WriterProcess::kill() {
  ::kill(child_, SIGKILL);
  int status = 0;
  waitpid(child_, &status, 0);
  child_ = -1;
  return WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
}

}  // namespace eventodb::crash
