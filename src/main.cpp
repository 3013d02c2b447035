#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <variant>
#include <vector>

#include "app/command_line.hpp"
#include "app/serve.hpp"

namespace {

using namespace eventodb;

struct RunCommand {
  int operator()(const app::ServeCommand& command) const { return app::serve(command.config); }
  int operator()(const app::ReindexCommand& command) const {
    return app::reindex(command.config, command.only_namespace);
  }
  int operator()(const app::PrintCommand& command) const {
    std::fputs(command.text.c_str(), stdout);
    return std::fflush(stdout) == 0 ? 0 : 1;
  }
  int operator()(const app::UsageError& error) const {
    std::fprintf(stderr, "eventodb: %s\nRun 'eventodb help' for what there is.\n",
                 error.text.c_str());
    return error.exit_status;
  }
};

}  // namespace

int main(int argc, char** argv) {
  try {
    const std::vector<std::string> arguments(argv + 1, argv + argc);
    return std::visit(RunCommand(), app::read_command_line(arguments, std::getenv));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "eventodb: %s\n", error.what());
    return 1;
  }
}
