#pragma once

#include <span>
#include <utility>

#include "rpc/method.hpp"

/// The methods that append have one shape: decode, append, render where the messages went. The
/// parts stand apart so that several such calls can share a commit (write_run.hpp).
namespace eventodb::rpc {

/// A decoded call; everything lies in the arena.
struct AppendArguments {
  std::span<const NewMessage> messages;
  std::span<WrittenMessage> written;              ///< room for the result
  std::span<const std::size_t> stream_ends = {};  ///< behind each stream's last message, if several
};

/// Appends the result's JSON, or makes of a failed append what the client is told.
using FinishAppend = Result<void> (*)(base::ByteBuffer& out, const AppendArguments& arguments,
                                      Result<void> outcome);

template <Result<AppendArguments> (*kDecode)(Arguments&), FinishAppend kFinish>
Awaitable<Result<void>> run_append(Call& call, const AppendArguments& arguments) {
  auto outcome = co_await call.ns->append(arguments.messages, arguments.written);
  co_return kFinish(call.out(), arguments, std::move(outcome));
}

template <Result<AppendArguments> (*kDecode)(Arguments&), FinishAppend kFinish>
constexpr Handler make_append_handler() {
  Handler handler = make_handler<AppendArguments, kDecode, run_append<kDecode, kFinish>>();
  handler.finish_append = kFinish;
  return handler;
}

}  // namespace eventodb::rpc
