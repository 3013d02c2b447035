#pragma once

#include <pthread.h>

#include <algorithm>
#include <string>

namespace eventodb::base {

/// Names the calling thread "<role>-<number>", as top, gdb and /debug/pprof/threads show it. The
/// system keeps the first 15 characters.
inline void name_thread(const char* role, unsigned number) {
  const std::string name = std::string(role) + "-" + std::to_string(number);
  pthread_setname_np(pthread_self(),
                     name.substr(0, std::min<std::size_t>(name.size(), 15)).c_str());
}

}  // namespace eventodb::base
