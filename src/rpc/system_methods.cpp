#include "rpc/system_methods.hpp"

#include "base/json_writer.hpp"
#include "base/version.hpp"

namespace eventodb::rpc {
namespace {

Awaitable<Result<void>> run_version(Call& call, const NoArguments&) {
  base::append_json_string(call.out(), base::kVersion);
  co_return Result<void>();
}

Awaitable<Result<void>> run_health(Call& call, const NoArguments&) {
  const StoreDescription store = call.store.describe();
  const bool writable = call.store.is_writable();
  base::ByteBuffer& out = call.out();
  out.append("{\"status\":");
  base::append_json_string(out, writable ? "ok" : "read-only");
  out.append(",\"backend\":");
  base::append_json_string(out, store.backend);
  out.append(",\"connections\":");
  const auto* connections = call.facts.connections;
  base::append_int(out, connections ? connections->load(std::memory_order_relaxed) : 0);
  out.append(",\"durability\":");
  base::append_json_string(out, store.durability);
  out.append(",\"writable\":");
  out.append(writable ? "true" : "false");
  out.append('}');
  co_return Result<void>();
}

}  // namespace

constinit const Handler kSysVersion = make_handler<NoArguments, decode_nothing, run_version>();
constinit const Handler kSysHealth = make_handler<NoArguments, decode_nothing, run_health>();

}  // namespace eventodb::rpc
