#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>

#include "eventodb/stream_name.hpp"

namespace eventodb::store::sqlite {

/// The streams that the tail has and the index has not, in byte order, with their number per
/// category. Not thread-safe.
class NewStreams {
 public:
  /// `name` must stay valid until erase(). There already is fine.
  void add(std::string_view name) {
    if (!names_.insert(name).second) return;
    const auto category = category_of(name);
    auto at = per_category_.find(category);
    if (at == per_category_.end()) at = per_category_.emplace(category, 0).first;
    ++at->second;
  }

  /// Not there is fine.
  void erase(std::string_view name) {
    if (names_.erase(name) == 0) return;
    const auto at = per_category_.find(category_of(name));
    if (--at->second == 0) per_category_.erase(at);
  }

  const std::set<std::string_view>& names() const { return names_; }
  const std::map<std::string, std::int64_t, std::less<>>& per_category() const {
    return per_category_;
  }

 private:
  std::set<std::string_view> names_;
  std::map<std::string, std::int64_t, std::less<>> per_category_;
};

}  // namespace eventodb::store::sqlite
