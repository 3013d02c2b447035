#pragma once

#include <exception>
#include <optional>
#include <utility>

#include "base/io_thread.hpp"
#include "base/spawn.hpp"

namespace eventodb::test {

/// Runs one coroutine to its end on an I/O thread of its own, which the calling thread becomes, and
/// returns its result. Exceptions come through.
template <class T>
T await(base::Awaitable<T> coroutine) {
  base::IoThread io;
  std::optional<T> result;
  std::exception_ptr thrown;
  base::spawn(io.context(), std::move(coroutine),
              [&](std::exception_ptr exception, std::optional<T> value) {
                thrown = exception;
                result = std::move(value);
              });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

}  // namespace eventodb::test
