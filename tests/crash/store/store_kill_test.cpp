#include <gtest/gtest.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <random>
#include <thread>

#include "crash/store/ledger_check.hpp"
#include "crash/store/writer_process.hpp"
#include "store/sqlite/sqlite_store.hpp"

// SIGKILL at random moments of a process that drives the store directly, at a pace no server behind
// sockets reaches, with the index behind, half written, deleted, cut off or exchanged.
namespace eventodb::crash {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr std::size_t kNamespaces = 2;
/// Two namespaces grow for this many cycles, then the next two begin: so that a campaign does not
/// get slower and slower.
constexpr int kCyclesPerLedger = 25;

int cycles() {
  const char* wanted = std::getenv("EVENTODB_CRASH_CYCLES");
  return wanted != nullptr ? std::atoi(wanted) : 200;
}

class StoreKill : public ::testing::Test {
 protected:
  StoreKill() {
    for (Ledger*& ledger : ledgers_) ledger = &Ledger::make();
  }
  ~StoreKill() override {
    for (Ledger* ledger : ledgers_) Ledger::release(*ledger);
  }

  store::sqlite::StoreOptions options(int cycle) const {
    store::sqlite::StoreOptions options;
    options.data_dir = directory_->path();
    options.durability = cycle % 2 == 0 ? Durability::kOs : Durability::kDisk;
    // Index steps and checkpoints all the time, so that many kills hit one.
    options.index_delay = 1ms;
    options.checkpoint_pages = 40;
    if (cycle % 4 == 1) options.slow_sync = {};  // commits beside each other's syncs
    return options;
  }

  void start_over() {
    directory_ = std::make_unique<test::TemporaryDirectory>();
    for (Ledger* ledger : ledgers_) ledger->clear();
  }

  void write_and_kill(int cycle) {
    WriterProcess writer(options(cycle), {ledgers_.begin(), ledgers_.end()}, random_());
    // Now and then while it is opening; else within some milliseconds of writing.
    if (cycle % 8 != 7) {
      ASSERT_TRUE(writer.wait_until_writing());
    }
    std::this_thread::sleep_for(std::chrono::microseconds(random_() % 40'000));
    ASSERT_TRUE(writer.kill()) << "the writer ended by itself";
  }

  std::vector<fs::path> indexes() const {
    std::vector<fs::path> found;
    const fs::path namespaces = fs::path(directory_->path()) / "metadata.db.namespaces";
    if (!fs::exists(namespaces)) return found;
    for (const auto& entry : fs::directory_iterator(namespaces)) {
      if (fs::exists(entry.path() / "index.db")) found.push_back(entry.path() / "index.db");
    }
    return found;
  }

  /// What an operator or a bad disk may do to files that are only derived.
  void harm_indexes() {
    const auto found = indexes();
    if (found.empty()) return;
    const fs::path& index = found[random_() % found.size()];
    const fs::path wal = index.string() + "-wal";
    const fs::path kept = fs::path(directory_->path()) / "kept";
    switch (random_() % 12) {
      case 0:
        fs::remove(index);
        fs::remove(wal);
        break;
      case 1:
        fs::remove(index);
        break;
      case 2:
        fs::resize_file(index, random_() % (fs::file_size(index) + 1));
        break;
      case 3:
        if (found.size() == 2) exchange(found[0], found[1], random_() % 2 == 0);
        break;
      case 4:
        fs::copy_file(index, kept, fs::copy_options::overwrite_existing);
        break;
      case 5:  // an older one, perhaps of the other namespace
        if (fs::exists(kept)) fs::copy_file(kept, index, fs::copy_options::overwrite_existing);
        break;
      default:
        break;
    }
  }

  static void exchange(const fs::path& a, const fs::path& b, bool with_wal) {
    for (const std::string suffix : {"", "-wal"}) {
      const fs::path one = a.string() + suffix;
      const fs::path other = b.string() + suffix;
      if (!fs::exists(one) || !fs::exists(other) || (!suffix.empty() && !with_wal)) continue;
      const fs::path aside = a.string() + ".aside";
      fs::rename(one, aside);
      fs::rename(other, one);
      fs::rename(aside, other);
    }
  }

  void check(int cycle) {
    test::RunningIoThread io;
    auto opened = store::sqlite::SqliteStore::open(options(cycle));
    ASSERT_TRUE(opened) << opened.error().message;
    for (std::size_t n = 0; n < kNamespaces; ++n) {
      const auto found = contract::must(io.run((*opened)->find_namespace(namespace_id(n))));
      if (found == nullptr) {
        EXPECT_EQ(ledgers_[n]->size(), 0U) << "a namespace that was written to is gone";
        continue;
      }
      const contract::Log log(io, found);
      const auto unanswered = unanswered_in(*ledgers_[n]);
      ASSERT_NO_FATAL_FAILURE(check_against_ledger(log, *ledgers_[n]));
      ASSERT_NO_FATAL_FAILURE(resend_unanswered(log, *ledgers_[n], unanswered));
    }
    (*opened)->close();
  }

  std::array<Ledger*, kNamespaces> ledgers_{};
  std::unique_ptr<test::TemporaryDirectory> directory_;
  std::mt19937_64 random_{20'240'521};
};

TEST_F(StoreKill, NothingAcknowledgedIsEverLost) {
  for (int cycle = 0; cycle < cycles(); ++cycle) {
    SCOPED_TRACE("cycle " + std::to_string(cycle));
    if (cycle % kCyclesPerLedger == 0) start_over();
    ASSERT_NO_FATAL_FAILURE(write_and_kill(cycle));
    harm_indexes();
    // Not every time, so that kills pile up on stores that were not closed in order.
    if (cycle % 3 != 0) {
      ASSERT_NO_FATAL_FAILURE(check(cycle));
    }
  }
}

}  // namespace
}  // namespace eventodb::crash
