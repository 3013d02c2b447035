#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "load/server_url.hpp"

namespace eventodb::load {

/// How many reads come after how many writes, again and again.
struct Mix {
  std::uint32_t writes = 10;
  std::uint32_t reads = 1;
  friend bool operator==(const Mix&, const Mix&) = default;
};

/// Reads "W:R" (not both 0), "write" or "read".
std::optional<Mix> parse_mix(std::string_view text);

/// The ids of written messages.
enum class Ids : std::uint8_t {
  kNone,  ///< the server makes them
  kV7,    ///< UUIDs that ascend with the time
  kV4,    ///< random UUIDs
};

/// Reads "none", "v7" or "v4".
std::optional<Ids> parse_ids(std::string_view text);

struct LoadOptions {
  std::chrono::nanoseconds duration = std::chrono::seconds(10);
  std::uint32_t workers = 10;
  ServerUrl server;
  std::vector<std::string> tokens;  ///< workers use them in turn; none: no Authorization field
  std::string profile_dir;          ///< empty: no load-test-results.json
  Mix mix;
  std::uint32_t payload_bytes = 128;  ///< JSON text of `data`
  std::uint32_t streams = 100;
  std::uint32_t batch = 1;       ///< messages of one write; above 1 it is a stream.append
  std::uint64_t first_step = 0;  ///< where the order of streams begins
  bool scattered = false;        ///< streams in an order without neighbours instead of in turn
  bool across = false;  ///< the messages of a write go to one stream each: a streams.append
  Ids ids = Ids::kNone;
  std::uint32_t pipeline = 1;  ///< requests under way on one connection
  double rate = 0;             ///< operations a second over all workers; 0: as fast as answered
  bool quiet = false;          ///< no progress lines
};

/// Reads the command line; long flags may have one dash or two. Returns the options, or the status
/// to exit with after help (0) or a complaint (2) was printed.
struct ParsedCommandLine {
  std::optional<LoadOptions> options;
  int exit_status = 0;
};
ParsedCommandLine parse_command_line(int argc, const char* const* argv);

}  // namespace eventodb::load
