#include "load/load_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cctype>
#include <charconv>
#include <vector>

#include "base/version.hpp"
#include "eventodb/limits.hpp"
#include "load/duration_text.hpp"
#include "load/request_writer.hpp"

namespace eventodb::load {
namespace {

constexpr char kDescription[] =
    "Puts a running EventoDB server under load and reports throughput and latency.\n"
    "Each worker has one connection. A step writes one event to test-stream-{n mod streams};\n"
    "every tenth step also reads ten messages of that stream from position 0.";

/// "-duration" means "--duration", as in Go; CLI11 would read it as -d with a value.
std::vector<std::string> with_two_dashes(int argc, const char* const* argv) {
  std::vector<std::string> arguments;
  for (int i = 1; i < argc; ++i) {
    std::string argument = argv[i];
    const bool long_name = argument.size() > 2 && argument[0] == '-' &&
                           std::isalpha(static_cast<unsigned char>(argument[1])) != 0;
    arguments.push_back(long_name ? "-" + argument : argument);
  }
  std::reverse(arguments.begin(), arguments.end());  // the order in which CLI11 wants them
  return arguments;
}

/// Makes an option of a text that `parse` turns into a value or refuses.
template <class Value, class Parse>
CLI::Option* add_parsed(CLI::App& app, const std::string& name, Value& to, Parse parse,
                        const std::string& help, const std::string& shown_default) {
  return app
      .add_option_function<std::string>(
          name,
          [&to, parse, name](const std::string& text) {
            auto value = parse(text);
            if (!value) throw CLI::ValidationError(name, "cannot read \"" + text + "\"");
            to = std::move(*value);
          },
          help + " [" + shown_default + "]")
      ->type_name("");
}

void declare_flags(CLI::App& app, LoadOptions& options) {
  constexpr std::uint32_t kMany = 1'000'000'000;
  add_parsed(app, "--duration", options.duration, parse_duration,
             "how long: 10s, 500ms, 1m30s or seconds", "10s");
  app.add_option("--workers", options.workers, "connections")
      ->check(CLI::Range(1u, 100'000u))
      ->capture_default_str();
  add_parsed(app, "--url", options.server, parse_server_url, "the server", "http://localhost:8080");
  app.add_option("--token", options.tokens,
                 "token for the Authorization field; of several, workers use one each, in turn")
      ->type_name("TEXT ...");
  app.add_option("--profile-dir", options.profile_dir,
                 "directory for load-test-results.json, made if missing");
  add_parsed(app, "--mix", options.mix, parse_mix, "writes:reads, or write, or read", "10:1");
  app.add_option("--payload-bytes", options.payload_bytes, "size of the JSON text of data")
      ->check(CLI::Range(RequestWriter::kPayloadBytesMin, 100u * 1024 * 1024))
      ->capture_default_str();
  app.add_option("--streams", options.streams, "streams written to")
      ->check(CLI::Range(1u, kMany))
      ->capture_default_str();
  app.add_option("--batch", options.batch, "messages of one write, appended together")
      ->check(CLI::Range(1u, static_cast<std::uint32_t>(limits::kAppendMessagesMax)))
      ->capture_default_str();
  app.add_flag("--across", options.across,
               "a batch has one message for each of as many streams that follow each other");
  app.add_option("--first-step", options.first_step,
                 "number of the first step, to go on where another run ended")
      ->capture_default_str();
  app.add_flag("--scattered", options.scattered,
               "visit the streams in a scattered order instead of in turn");
  add_parsed(app, "--ids", options.ids, parse_ids,
             "ids of written messages: none (the server's), v7 (ascending) or v4 (random)", "none");
  app.add_option("--pipeline", options.pipeline, "requests under way on each connection")
      ->check(CLI::Range(1u, 4096u))
      ->capture_default_str();
  app.add_option("--rate", options.rate,
                 "operations a second in all; latency counts from the time an operation was due "
                 "(0: each worker sends when it was answered)")
      ->check(CLI::Range(0.0, 1e9))
      ->capture_default_str();
  app.add_flag("--quiet", options.quiet, "no progress lines");
}

}  // namespace

std::optional<Mix> parse_mix(std::string_view text) {
  if (text == "write") return Mix{.writes = 1, .reads = 0};
  if (text == "read") return Mix{.writes = 0, .reads = 1};
  Mix mix;
  const char* const end = text.data() + text.size();
  const auto writes = std::from_chars(text.data(), end, mix.writes);
  if (writes.ec != std::errc() || writes.ptr == end || *writes.ptr != ':') return std::nullopt;
  const auto reads = std::from_chars(writes.ptr + 1, end, mix.reads);
  if (reads.ec != std::errc() || reads.ptr != end) return std::nullopt;
  const std::uint64_t cycle = std::uint64_t{mix.writes} + mix.reads;
  if (cycle == 0 || cycle > 1'000'000) return std::nullopt;
  return mix;
}

std::optional<Ids> parse_ids(std::string_view text) {
  if (text == "none") return Ids::kNone;
  if (text == "v7") return Ids::kV7;
  if (text == "v4") return Ids::kV4;
  return std::nullopt;
}

ParsedCommandLine parse_command_line(int argc, const char* const* argv) {
  LoadOptions options;
  options.server = *parse_server_url("http://localhost:8080");
  CLI::App app(kDescription, "eventodb-load");
  app.set_version_flag("--version", std::string(base::kVersion));
  declare_flags(app, options);
  try {
    app.parse(with_two_dashes(argc, argv));
    const bool fits = options.batch > 1 && options.batch <= options.streams &&
                      options.mix.reads == 0 && options.ids == Ids::kNone;
    if (options.across && !fits) {
      throw CLI::ValidationError(
          "--across", "goes with --mix write, --batch of 2 to --streams messages, and no --ids");
    }
  } catch (const CLI::ParseError& error) {
    return {std::nullopt, app.exit(error) == 0 ? 0 : 2};
  }
  return {std::move(options), 0};
}

}  // namespace eventodb::load
