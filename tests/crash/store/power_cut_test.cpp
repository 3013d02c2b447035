#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <optional>
#include <random>
#include <sstream>

#include "contract/store_contract.hpp"
#include "store/sqlite/sqlite_store.hpp"
#include "support/fault_vfs.hpp"

// Power cuts: every change SQLite makes to a file is recorded; then the files are put together as
// the disk may have them after a cut at any moment. What was synced is there; of what was not, each
// piece is there, missing, torn or garbage. The store must open every such state and find all that
// was acknowledged before the cut.
namespace eventodb::crash {
namespace {

namespace fs = std::filesystem;
using contract::must;
using Operation = test::FaultVfs::Operation;
using Random = std::mt19937_64;

constexpr std::size_t kSectorBytes = 512;

int states_wanted() {
  const char* wanted = std::getenv("EVENTODB_POWER_CUT_STATES");
  return wanted != nullptr ? std::atoi(wanted) : 600;
}

/// A change of a file, or (empty path) the moment up to which `acknowledged` messages were
/// acknowledged.
struct Change {
  Operation operation = Operation::kWrite;
  std::string path;
  std::int64_t offset = 0;
  std::string bytes;
  std::int64_t acknowledged = 0;
};

using Files = std::map<std::string, std::string>;

std::string read_file(const fs::path& path) {
  std::ifstream in(path, std::ios::binary);
  std::ostringstream text;
  text << in.rdbuf();
  return text.str();
}

/// One file on its way to the disk. No content: there is no such file.
class DiskFile {
 public:
  using Content = std::optional<std::string>;

  DiskFile() = default;
  explicit DiskFile(std::string durable) : durable_(std::move(durable)) {}

  void change(const Change& change) { unsynced_.push_back(&change); }
  void sync() {
    for (const Change* change : unsynced_) apply(*change, durable_);
    unsynced_.clear();
  }
  /// What the disk may have now.
  Content after_cut(Random& random) const {
    Content content = durable_;
    for (const Change* change : unsynced_) {
      switch (random() % 4) {
        case 0:
          break;  // it never got there
        case 1:
          tear(*change, content, random);
          break;
        default:
          apply(*change, content);
      }
    }
    return content;
  }

 private:
  static void write(Content& content, std::size_t at, std::string_view bytes) {
    if (!content) content.emplace();
    if (content->size() < at + bytes.size()) content->resize(at + bytes.size(), '\0');
    content->replace(at, bytes.size(), bytes);
  }
  static void apply(const Change& change, Content& content) {
    if (change.operation == Operation::kDelete) {
      content.reset();
    } else if (change.operation == Operation::kTruncate) {
      if (content) content->resize(static_cast<std::size_t>(change.offset), '\0');
    } else {
      write(content, static_cast<std::size_t>(change.offset), change.bytes);
    }
  }
  /// Some sectors of a write, some of them garbage.
  static void tear(const Change& change, Content& content, Random& random) {
    if (change.operation != Operation::kWrite) return apply(change, content);
    for (std::size_t at = 0; at < change.bytes.size(); at += kSectorBytes) {
      std::string sector = change.bytes.substr(at, kSectorBytes);
      const auto choice = random() % 8;
      if (choice < 3) continue;
      if (choice == 3) {
        std::generate(sector.begin(), sector.end(), [&] { return static_cast<char>(random()); });
      }
      write(content, static_cast<std::size_t>(change.offset) + at, sector);
    }
  }

  Content durable_;
  std::vector<const Change*> unsynced_;
};

std::string data_of(std::int64_t n) {
  return "{\"n\":" + std::to_string(n) + ",\"pad\":\"" +
         std::string(static_cast<std::size_t>(n * 37 % 900), 'p') + "\"}";
}

class PowerCut : public ::testing::TestWithParam<Durability> {
 protected:
  store::sqlite::StoreOptions options(const fs::path& at) const {
    store::sqlite::StoreOptions options;
    options.data_dir = at.string();
    options.durability = GetParam();
    options.checkpoint_pages = 24;
    options.index_delay = std::chrono::milliseconds(2);
    options.slow_sync = {};  // commits beside each other's syncs
    return options;
  }

  /// A store with one message, closed: everything is on the disk.
  void make_base() {
    test::RunningIoThread io;
    auto store = must(store::sqlite::SqliteStore::open(options(base_)));
    const NewNamespace wanted{.id = "test", .description = "", .metadata = "", .token_hash = {}};
    const contract::Log log(io, must(io.run(store->create_namespace(wanted))));
    must(log.append(contract::event("first-1", data_of(1))));
    store->close();
    for (const auto& entry : fs::recursive_directory_iterator(base_)) {
      if (entry.is_regular_file()) base_files_[entry.path().string()] = read_file(entry.path());
    }
  }

  /// Writes `count` messages and closes the store in order while every change is recorded.
  void record(std::int64_t count) {
    make_base();
    test::FaultVfs layer;
    test::RunningIoThread io;
    layer.set_hook([this](const test::FaultVfs::Event& event) {
      changes_.push_back({event.operation, std::string(event.path), event.offset,
                          std::string(event.bytes), acknowledged_});
      return SQLITE_OK;
    });
    auto store = must(store::sqlite::SqliteStore::open(options(base_)));
    const contract::Log log(io, must(io.run(store->find_namespace("test"))));
    for (std::int64_t n = 2; n <= count; ++n) {
      const std::string stream = "s-" + std::to_string(n % 5);
      const std::string data = data_of(n);
      must(log.append(contract::event(stream, data)));
      acknowledged_ = n;
      // Readers keep checkpoints from moving everything.
      if (n % 20 == 0) log.read_all();
    }
    store->close();
  }

  /// Lays out the files as a cut right after `changes_[cut - 1]` may leave them. Returns how many
  /// messages had been acknowledged.
  std::int64_t lay_out(std::size_t cut, const fs::path& at, Random& random) const {
    std::map<std::string, DiskFile> files;
    for (const auto& [path, content] : base_files_) files.try_emplace(path, content);
    for (std::size_t i = 0; i < cut; ++i) {
      const Change& change = changes_[i];
      DiskFile& file = files.try_emplace(change.path).first->second;
      if (change.operation == Operation::kSync) {
        file.sync();
      } else {
        file.change(change);
      }
    }
    fs::remove_all(at);
    for (const auto& [path, file] : files) {
      if (path.ends_with("-shm")) continue;  // memory of processes that no longer run
      const auto content = file.after_cut(random);
      if (!content) continue;
      const fs::path to = at / fs::path(path).lexically_relative(base_);
      fs::create_directories(to.parent_path());
      std::ofstream(to, std::ios::binary) << *content;
    }
    return cut == 0 ? 1 : std::max<std::int64_t>(1, changes_[cut - 1].acknowledged);
  }

  /// How many messages the store has in this state, all of them right; -1: it does not open, or
  /// something is wrong.
  std::int64_t count_after_cut(const fs::path& at) const {
    test::RunningIoThread io;
    auto opened = store::sqlite::SqliteStore::open(options(at));
    if (!opened) return complain(opened.error().message);
    const auto found = must(io.run((*opened)->find_namespace("test")));
    if (found == nullptr) return complain("the namespace is gone");
    const contract::Log log(io, found);
    if (const auto head = log.head(); !head) return complain(head.error().message);
    const auto all = log.read_all().messages;
    for (std::size_t i = 0; i < all.size(); ++i) {
      const auto n = static_cast<std::int64_t>(i) + 1;
      if (all[i].global_position.value != n || all[i].data != data_of(n)) {
        return complain("message " + std::to_string(n) + " is wrong");
      }
    }
    std::size_t in_streams = 0;
    for (const auto& stream : must(log.streams())) {
      const auto messages = log.read_stream(stream.name).messages;
      if (messages.empty() || messages.back().position.value != stream.version) {
        return complain("the index is wrong");
      }
      in_streams += messages.size();
    }
    if (in_streams != all.size()) return complain("the index has another number of messages");
    const auto next = log.append(contract::event("after-1"));
    if (!next || next->global_position.value != static_cast<std::int64_t>(all.size()) + 1) {
      return complain("writing does not go on");
    }
    return static_cast<std::int64_t>(all.size());
  }

  static std::int64_t complain(const std::string& what) {
    ADD_FAILURE() << what;
    return -1;
  }

  test::TemporaryDirectory directory_;
  fs::path base_ = fs::path(directory_.path()) / "base";
  Files base_files_;
  std::vector<Change> changes_;
  std::atomic<std::int64_t> acknowledged_ = 1;
};

TEST_P(PowerCut, EveryStateOpensAndDiskLosesNothing) {
  ASSERT_NO_FATAL_FAILURE(record(400));
  Random random(77);
  int lost = 0;
  const int states = states_wanted();
  for (int i = 0; i < states && !HasFailure(); ++i) {
    const std::size_t cut = random() % (changes_.size() + 1);
    SCOPED_TRACE("state " + std::to_string(i) + ", cut after change " + std::to_string(cut));
    const fs::path at = fs::path(directory_.path()) / "state";
    const std::int64_t acknowledged = lay_out(cut, at, random);
    if (count_after_cut(at) < acknowledged) ++lost;
  }
  if (GetParam() == Durability::kDisk) {
    EXPECT_EQ(lost, 0);
  } else {
    // The control: without syncs before the answers this must be seen to lose some.
    EXPECT_GT(lost, 0);
  }
}

INSTANTIATE_TEST_SUITE_P(Each, PowerCut, ::testing::Values(Durability::kDisk, Durability::kOs),
                         [](const auto& param_info) {
                           return param_info.param == Durability::kDisk ? "disk" : "os";
                         });

}  // namespace
}  // namespace eventodb::crash
