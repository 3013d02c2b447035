// eventodb-load: puts a running server under load and reports what it measured.

#include <cstdio>

#include "load/load_options.hpp"
#include "load/load_report.hpp"
#include "load/load_run.hpp"
#include "load/server_url.hpp"

namespace {

void print(const std::string& text) {
  std::fputs(text.c_str(), stdout);
  std::fflush(stdout);
}

void complain(const std::string& text) {
  std::fprintf(stderr, "eventodb-load: %s\n", text.c_str());
}

int run(const eventodb::load::LoadOptions& options) {
  using namespace eventodb::load;
  std::string why;
  const auto address = find_server(options.server, why);
  if (!address) {
    complain("no server answers at " + options.server.authority() + ": " + why +
             "\nStart one, for example: eventodb serve --test-mode --port " + options.server.port);
    return 1;
  }
  LoadRun load(options, *address);
  const LoadResult result =
      load.run([&](int second, const LoadResult& so_far, const LatencyHistogram& interval) {
        if (!options.quiet) print(progress_line(second, so_far, interval));
      });
  print(summary(result));
  bool failed = result.errors > 0 || result.total() == 0;
  if (result.total() == 0) complain("no request was answered with success");
  if (!options.profile_dir.empty()) {
    const std::string trouble = write_results(result, options.profile_dir);
    if (!trouble.empty()) {
      complain(trouble);
      failed = true;
    }
  }
  return failed ? 1 : 0;
}

}  // namespace

int main(int argc, char** argv) {
  const auto parsed = eventodb::load::parse_command_line(argc, argv);
  return parsed.options ? run(*parsed.options) : parsed.exit_status;
}
