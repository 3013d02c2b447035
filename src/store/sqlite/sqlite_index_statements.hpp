#pragma once

#include <boost/unordered/unordered_flat_map.hpp>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/hash64.hpp"
#include "store/sqlite/sqlite_index_file.hpp"
#include "store/sqlite/sqlite_pair_page.hpp"

namespace eventodb::store::sqlite {

/// Prepared once per opened index.
struct IndexFile::Statements {
  Statement begin, commit, update_state;
  Statement find_category, insert_category, add_to_category;
  Statement find_correlation, insert_correlation;
  Statement insert_stream, update_stream;
  Statement stream_page, category_page, type;
  Statement correlation, correlation_in_category;

  [[nodiscard]] Code prepare(Database& database);
};

/// Numbers of names seen lately, so that a step does not look the same ones up again and again.
struct IndexFile::Names {
  struct Counts {
    std::int64_t streams = 0;
    std::int64_t messages = 0;
  };
  using Map =
      boost::unordered_flat_map<std::string, std::int64_t, base::KeyedHash, std::equal_to<>>;

  Map categories;
  Map correlations;
  boost::unordered_flat_map<std::int64_t, Counts> counts;  ///< what the step adds, per category

  boost::unordered_flat_map<std::string_view, std::int64_t, base::KeyedHash>
      types;      ///< of the stream at hand
  PairPage page;  ///< of what is at hand

  void clear() {
    categories.clear();
    correlations.clear();
    counts.clear();
    types.clear();
    page.clear();
  }
};

}  // namespace eventodb::store::sqlite
