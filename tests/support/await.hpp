#pragma once

#include <boost/asio/co_spawn.hpp>
#include <exception>
#include <optional>
#include <utility>

#include "base/io_thread.hpp"

namespace eventodb::test {

/// Runs one coroutine to its end on an I/O thread of its own, which the calling thread becomes, and
/// returns its result. Exceptions come through.
template <class T>
T await(boost::asio::awaitable<T> coroutine) {
  base::IoThread io;
  std::optional<T> result;
  std::exception_ptr thrown;
  boost::asio::co_spawn(io.context(), std::move(coroutine),
                        [&](std::exception_ptr exception, T value) {
                          thrown = exception;
                          if (!exception) result.emplace(std::move(value));
                        });
  io.run();
  if (thrown) std::rethrow_exception(thrown);
  return std::move(*result);
}

}  // namespace eventodb::test
