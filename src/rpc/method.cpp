#include "rpc/method.hpp"

#include "eventodb/limits.hpp"

namespace eventodb::rpc {

Awaitable<bool> Call::send_if_large() {
  if (out().size() < limits::kResponsePieceBytes) co_return true;
  pieces_sent = true;
  co_return co_await answer.send_piece();
}

}  // namespace eventodb::rpc
