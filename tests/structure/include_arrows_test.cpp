#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "structure/source_files.hpp"

namespace eventodb::structure {
namespace {

using Rooms = std::vector<std::string>;

// Which rooms a room may look into besides itself. Arrows point from the socket towards the disk:
//   main -> app -> net -> rpc -> { auth, subscription } -> eventodb (words and contracts) -> base
//   app -> store -> store/{memory, sqlite} -> store/log -> eventodb
// `core` is what implements the words of include/eventodb.
const std::map<std::string, Rooms> kMayInclude = {
    {"base", {}},
    {"eventodb", {"base"}},
    {"core", {"eventodb", "base"}},
    {"store/log", {"core", "eventodb", "base"}},
    {"store/memory", {"store/log", "core", "eventodb", "base"}},
    {"store/sqlite", {"store/log", "core", "eventodb", "base"}},
    {"store", {"store/memory", "store/sqlite", "core", "eventodb", "base"}},
    {"auth", {"core", "eventodb", "base"}},
    {"subscription", {"core", "eventodb", "base"}},
    {"profiling", {"eventodb", "base"}},
    {"rpc", {"auth", "subscription", "core", "eventodb", "base"}},
    {"net", {"rpc", "auth", "subscription", "profiling", "core", "eventodb", "base"}},
    {"app", {"net", "rpc", "auth", "profiling", "store", "core", "eventodb", "base"}},
    {"main", {"app"}},
};

// Packages that only these rooms may know.
const std::map<std::string, Rooms> kPackageRooms = {
    {"sqlite3.h", {"store/sqlite"}}, {"boost/beast", {"net"}}, {"CLI/", {"app"}},
    {"openssl/", {"base"}},          {"simdjson", {"rpc"}},
};

bool contains(const Rooms& rooms, const std::string& room) {
  return std::find(rooms.begin(), rooms.end(), room) != rooms.end();
}

/// The room of a path below src/ or include/: its longest known folder; "" when there is none.
std::string room_of(const std::string& path) {
  if (path == "main.cpp") return "main";
  std::string best;
  for (const auto& [room, allowed] : kMayInclude) {
    if (path.starts_with(room + "/") && room.size() > best.size()) best = room;
  }
  return best;
}

std::string below_source_root(const std::string& path) {
  return path.substr(path.find('/') + 1);
}

/// What the line includes, with its opening quote or bracket.
std::optional<std::string> included(const std::string& line) {
  constexpr std::string_view kDirective = "#include ";
  if (!line.starts_with(kDirective)) return std::nullopt;
  return line.substr(kDirective.size(), line.find_last_of("\">") - kDirective.size());
}

/// What is wrong with `line` in a file of `room`; "" when nothing is.
std::string wrong_arrow(const std::string& room, const std::string& line) {
  const auto what = included(line);
  if (!what) return "";
  const std::string path = what->substr(1);
  if (what->front() == '<') {
    for (const auto& [package, rooms] : kPackageRooms) {
      if (path.starts_with(package) && !contains(rooms, room)) return room + " uses " + package;
    }
    return "";
  }
  const std::string target = room_of(path);
  if (target.empty()) return "\"" + path + "\" is in no room; write the path from src/";
  if (target == room || contains(kMayInclude.at(room), target)) return "";
  return room + " looks into " + target;
}

TEST(IncludeArrows, PointFromTheSocketTowardsTheDisk) {
  const auto files = read_sources({"src", "include"});
  ASSERT_GT(files.size(), 40U);
  for (const auto& file : files) {
    const std::string room = room_of(below_source_root(file.path));
    ASSERT_FALSE(room.empty()) << file.path << " is in no room: add it to kMayInclude";
    for (std::size_t i = 0; i < file.lines.size(); ++i) {
      const std::string wrong = wrong_arrow(room, file.lines[i]);
      EXPECT_EQ(wrong, "") << file.path << ":" << i + 1;
    }
  }
}

TEST(IncludeArrows, AWrongArrowIsFound) {
  EXPECT_EQ(wrong_arrow("rpc", "#include \"net/server.hpp\""), "rpc looks into net");
  EXPECT_EQ(wrong_arrow("net", "#include \"store/open_store.hpp\""), "net looks into store");
  EXPECT_EQ(wrong_arrow("store/log", "#include \"store/sqlite/x.hpp\""),
            "store/log looks into store/sqlite");
  EXPECT_EQ(wrong_arrow("eventodb", "#include \"core/message_json.hpp\""),
            "eventodb looks into core");
  EXPECT_EQ(wrong_arrow("rpc", "#include <boost/beast/http.hpp>"), "rpc uses boost/beast");
  EXPECT_EQ(wrong_arrow("net", "#include <sqlite3.h>"), "net uses sqlite3.h");
  EXPECT_NE(wrong_arrow("net", "#include \"server.hpp\""), "");
  EXPECT_NE(wrong_arrow("net", "#include \"../rpc/answer.hpp\""), "");
  EXPECT_EQ(wrong_arrow("net", "#include \"rpc/answer.hpp\""), "");
  EXPECT_EQ(wrong_arrow("net", "#include \"net/router.hpp\"  // why"), "");
}

TEST(IncludeArrows, TheTableHasNoCycle) {
  // Repeatedly remove rooms that look only into removed ones; a cycle would stay.
  auto left = kMayInclude;
  for (bool removed = true; removed;) {
    removed = false;
    for (auto room = left.begin(); room != left.end();) {
      const bool leaf = std::none_of(room->second.begin(), room->second.end(),
                                     [&](auto& target) { return left.contains(target); });
      removed = removed || leaf;
      room = leaf ? left.erase(room) : std::next(room);
    }
  }
  EXPECT_TRUE(left.empty());
}

}  // namespace
}  // namespace eventodb::structure
