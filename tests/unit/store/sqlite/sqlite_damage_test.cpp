#include <algorithm>
#include <filesystem>
#include <fstream>

#include "unit/store/sqlite/sqlite_fixture.hpp"

// Damage at every page of log.db: what is delivered is right, and what is missing is an error.
namespace eventodb::store::sqlite {
namespace {

namespace fs = std::filesystem;

constexpr int kCount = 600;
constexpr std::size_t kPageBytes = 8192;

class SqliteDamage : public SqliteTest {
 protected:
  SqliteDamage() {
    open();
    const Log log = create();
    for (int n = 0; n < kCount; ++n) {
      const std::string stream = "s-" + std::to_string(n % 40);
      must(log.append(event(stream, data_of(n))));
    }
    close();
    whole_ = contents(log_file());
  }

  static std::string data_of(int n) {
    return "{\"n\":" + std::to_string(n) + ",\"pad\":\"" +
           std::string(static_cast<std::size_t>(n % 300 == 7 ? 20'000 : n % 90), 'x') + "\"}";
  }

  void lay_out(std::string content) const {
    std::ofstream(log_file(), std::ios::binary | std::ios::trunc) << content;
  }

  /// Reads the category step by step. True: all of it came, without an error.
  bool reads_whole(const Log& log) const {
    test::MessageCollector all;
    CategoryCursor cursor{
        .category = "s", .next = {0}, .remaining = -1, .group = {}, .correlation = {}};
    for (;;) {
      const auto step = log.step(cursor, all);
      for (const auto& message : all.found) {
        const auto n = static_cast<int>(message.global_position.value) - 1;
        EXPECT_EQ(message.data, data_of(n));
        EXPECT_EQ(message.stream, "s-" + std::to_string(n % 40));
      }
      if (!step) return false;
      if (*step == ReadState::kMore) continue;
      EXPECT_EQ(all.found.size(), static_cast<std::size_t>(kCount)) << "missing without an error";
      return true;
    }
  }

  /// Opens, reads everything, counts, writes; nothing of it may be wrong.
  void expect_right_or_refused() {
    open();
    const Log log = find();
    static_cast<void>(reads_whole(log));
    if (const auto head = log.head()) {
      EXPECT_EQ(head->value, kCount);
    }
    close();
  }

  std::string whole_;
};

TEST_F(SqliteDamage, AZeroedPage) {
  for (std::size_t at = 0; at < whole_.size(); at += kPageBytes) {
    SCOPED_TRACE(at / kPageBytes);
    std::string damaged = whole_;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), kPageBytes, '\0');
    lay_out(damaged);
    expect_right_or_refused();
  }
}

TEST_F(SqliteDamage, AFlippedBit) {
  for (std::size_t i = 0; i < 3 * whole_.size() / kPageBytes; ++i) {
    // All over the pages, at their headers too.
    const std::size_t at = i * kPageBytes / 3 + i * 97 % 700;
    if (at >= whole_.size()) break;
    SCOPED_TRACE(at);
    std::string damaged = whole_;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 << i % 8));
    lay_out(damaged);
    expect_right_or_refused();
  }
}

TEST_F(SqliteDamage, TwoPagesExchanged) {
  for (std::size_t at = kPageBytes; at + 2 * kPageBytes <= whole_.size(); at += kPageBytes) {
    SCOPED_TRACE(at / kPageBytes);
    std::string damaged = whole_;
    std::swap_ranges(damaged.begin() + static_cast<std::ptrdiff_t>(at),
                     damaged.begin() + static_cast<std::ptrdiff_t>(at + kPageBytes),
                     damaged.begin() + static_cast<std::ptrdiff_t>(at + kPageBytes));
    lay_out(damaged);
    expect_right_or_refused();
  }
}

TEST_F(SqliteDamage, TheIndexIsRebuiltFromADamagedLogOnlyWithAnError) {
  // Rebuilding reads every message: what it cannot read it may not leave out.
  for (std::size_t at = kPageBytes; at < whole_.size(); at += kPageBytes) {
    SCOPED_TRACE(at / kPageBytes);
    std::string damaged = whole_;
    std::fill_n(damaged.begin() + static_cast<std::ptrdiff_t>(at), kPageBytes, '\0');
    lay_out(damaged);
    fs::remove(index_file());
    expect_right_or_refused();
  }
}

using SqliteDamagedRow = SqliteTest;

TEST_F(SqliteDamagedRow, IsAnErrorForItsRetriesAloneAndKeepsNoCheckpointAway) {
  wanted_.checkpoint_pages = 4;
  NewMessage first = event("s-1", "{\"note\":\"the one that is damaged\"}");
  first.id = contract::id_number(7);
  open();
  must(create().append(first));
  close();
  const std::size_t at = contents(log_file()).find("one that is damaged");
  ASSERT_NE(at, std::string::npos);
  overwrite(log_file(), at, "One");
  open();
  const Log log = find();
  EXPECT_EQ(failure_of(log.append(first)), ErrorCode::kBackendError);
  for (int n = 0; n < 100; ++n) must(log.append(event("s-2")));
}

}  // namespace
}  // namespace eventodb::store::sqlite
