#include "eventodb/store.hpp"

namespace eventodb {

Awaitable<void> Namespace::append_each(std::span<Append> appends) {
  for (Append& each : appends) each.outcome = co_await append(each.messages, each.written);
}

}  // namespace eventodb
