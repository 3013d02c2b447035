#pragma once

#include <string>

#include "eventodb/config.hpp"

namespace eventodb::app {

/// Runs the server until SIGINT or SIGTERM: opens the store, ensures the default namespace, prints
/// its token at the first start and one line when it listens, on standard output. Returns the
/// exit status of the program; what went wrong is on standard error.
int serve(const Config& config);

/// Rebuilds the derived indexes of a store; progress goes to standard error. Returns the exit
/// status.
int reindex(const Config& config, const std::string& only_namespace);

}  // namespace eventodb::app
