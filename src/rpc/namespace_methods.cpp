#include "rpc/namespace_methods.hpp"

#include <string>
#include <utility>

#include "auth/default_namespace.hpp"
#include "auth/token.hpp"
#include "base/json_writer.hpp"
#include "core/refusals.hpp"
#include "eventodb/limits.hpp"
#include "rpc/namespace_id.hpp"
#include "rpc/namespace_lists.hpp"

namespace eventodb::rpc {
namespace {

// --- ns.create -----------------------------------------------------------------------------------

struct CreateArguments {
  std::string_view id;
  std::string_view description;
  std::string_view token;  ///< "" when none was given
  std::string_view metadata;
};

Result<void> check_token(std::string_view token, std::string_view namespace_id) {
  auto named = auth::parse_token(token);
  if (!named) {
    const Error why = std::move(named).error();
    const auto* problem = std::get_if<ParseProblem>(&why.details);
    return invalid_request("token is not valid: " + (problem ? problem->text : why.message));
  }
  if (*named != namespace_id) return invalid_request("token is for another namespace");
  return {};
}

Result<CreateArguments> decode_create(Arguments& arguments) {
  auto id = arguments.take_non_empty_string("namespaceId");
  if (!id) return std::move(id).error();
  auto checked = check_namespace_id(*id);
  if (!checked) return std::move(checked).error();
  constexpr std::string_view kNames[] = {"description", "token", "metadata"};
  JsonValue members[3];
  auto taken = arguments.take_options(kNames, members);
  if (!taken) return std::move(taken).error();

  auto description = string_option(members[0], "description", arguments.arena());
  if (!description) return std::move(description).error();
  if (description->size() > limits::kDescriptionBytesMax) {
    return invalid_request("description must not be longer than " +
                           std::to_string(limits::kDescriptionBytesMax) + " bytes");
  }
  auto token = string_option(members[1], "token", arguments.arena());
  if (!token) return std::move(token).error();
  if (!members[1].is_absent()) {
    auto fits = check_token(*token, *id);
    if (!fits) return std::move(fits).error();
  }
  auto metadata = object_option(members[2], "metadata", arguments.arena());
  if (!metadata) return std::move(metadata).error();
  if (metadata->size() > limits::kNamespaceMetadataBytesMax) {
    return invalid_request("metadata must not be longer than " +
                           std::to_string(limits::kNamespaceMetadataBytesMax) + " bytes");
  }
  return CreateArguments{*id, *description, *token, *metadata};
}

Awaitable<Result<void>> run_create(Call& call, const CreateArguments& arguments) {
  const std::string token =
      arguments.token.empty() ? auth::generate_token(arguments.id) : std::string(arguments.token);
  NewNamespace wanted;
  wanted.id = arguments.id;
  wanted.description = arguments.description;
  wanted.metadata = arguments.metadata;
  wanted.token_hash = auth::hash_token(token);
  auto created = co_await call.store.create_namespace(wanted);
  if (!created) co_return std::move(created).error();
  base::ByteBuffer& out = call.out();
  out.append("{\"namespace\":");
  base::append_json_string(out, arguments.id);
  out.append(",\"token\":");
  base::append_json_string(out, token);
  out.append(",\"createdAt\":");
  base::append_json_time(out, (*created)->created_at());
  out.append('}');
  co_return Result<void>();
}

// --- ns.delete, ns.info --------------------------------------------------------------------------

struct NamespaceArgument {
  std::string_view id;
};

Result<NamespaceArgument> decode_id(Arguments& arguments) {
  auto id = arguments.take_non_empty_string("namespaceId");
  if (!id) return std::move(id).error();
  return NamespaceArgument{*id};
}

/// The administrator may reach every namespace, a token otherwise its own.
Result<void> check_may_reach(const auth::Access& access, std::string_view id) {
  if (access.administrator || access.namespace_id == id) return {};
  return Error{ErrorCode::kAuthUnauthorized, "The token may not do this to another namespace",
               RefusedNamespace{access.namespace_id}};
}

/// A token's own namespace as it was when the token was checked: the id may be another's by now.
/// Null for the administrator, who means whichever has the id.
const NamespaceHandle& own_namespace(const auth::Access& access) {
  static const NamespaceHandle kNone;
  return access.administrator ? kNone : access.ns;
}

Awaitable<Result<void>> run_delete(Call& call, const NamespaceArgument& arguments) {
  auto allowed = check_may_reach(call.access, arguments.id);
  if (!allowed) co_return allowed;
  if (arguments.id == auth::kDefaultNamespaceId) {
    co_return invalid_request("The namespace 'default' cannot be deleted");
  }
  auto deleted =
      co_await call.store.delete_namespace(arguments.id, own_namespace(call.access).get());
  if (!deleted) co_return std::move(deleted).error();
  base::ByteBuffer& out = call.out();
  out.append("{\"namespace\":");
  base::append_json_string(out, arguments.id);
  out.append(",\"deletedAt\":");
  base::append_json_time(out, deleted->deleted_at);
  out.append(",\"messagesDeleted\":");
  base::append_int(out, deleted->messages_deleted);
  out.append('}');
  co_return Result<void>();
}

void append_info(base::ByteBuffer& out, const Namespace& ns, const NamespaceInfo& info) {
  out.append("{\"namespace\":");
  base::append_json_string(out, ns.id());
  out.append(",\"description\":");
  base::append_json_string(out, ns.description());
  out.append(",\"createdAt\":");
  base::append_json_time(out, ns.created_at());
  out.append(",\"messageCount\":");
  base::append_int(out, info.message_count);
  out.append(",\"streamCount\":");
  base::append_int(out, info.stream_count);
  out.append(",\"lastActivity\":");
  if (info.last_activity) {
    base::append_json_time(out, *info.last_activity);
  } else {
    out.append("null");
  }
  out.append('}');
}

Awaitable<Result<void>> run_info(Call& call, const NamespaceArgument& arguments) {
  auto allowed = check_may_reach(call.access, arguments.id);
  if (!allowed) co_return allowed;
  NamespaceHandle ns = own_namespace(call.access);
  if (!ns) {
    auto found = co_await call.store.find_namespace(arguments.id);
    if (!found) co_return std::move(found).error();
    ns = std::move(*found);
  }
  if (!ns) co_return unknown_namespace(arguments.id);
  auto info = co_await ns->info();
  if (!info) co_return std::move(info).error();
  append_info(call.out(), *ns, *info);
  co_return Result<void>();
}

// --- ns.list, ns.streams, ns.categories ----------------------------------------------------------

Awaitable<Result<void>> run_list(Call& call, const NoArguments&) {
  NamespaceList list(call.out());
  call.out().append('[');
  auto visited = co_await call.store.list_namespaces(list);
  call.out().append(']');
  co_return visited;
}

struct StreamsArguments {
  std::string_view prefix;
  std::string_view cursor;
  std::int64_t limit = limits::kStreamListLimitDefault;
};

Result<StreamsArguments> decode_streams(Arguments& arguments) {
  constexpr std::string_view kNames[] = {"prefix", "cursor", "limit"};
  JsonValue members[3];
  auto taken = arguments.take_options(kNames, members);
  if (!taken) return std::move(taken).error();
  auto prefix = string_option(members[0], "prefix", arguments.arena());
  if (!prefix) return std::move(prefix).error();
  auto cursor = string_option(members[1], "cursor", arguments.arena());
  if (!cursor) return std::move(cursor).error();
  auto limit = integer_option(members[2], "limit");
  if (!limit) return std::move(limit).error();
  const std::int64_t wanted = limit->value_or(limits::kStreamListLimitDefault);
  if (wanted < 1 || wanted > limits::kStreamListLimitMax) {
    return invalid_request("limit must be 1 to " + std::to_string(limits::kStreamListLimitMax));
  }
  return StreamsArguments{*prefix, *cursor, wanted};
}

Awaitable<Result<void>> run_streams(Call& call, const StreamsArguments& arguments) {
  StreamList list(call.out());
  call.out().append('[');
  auto visited =
      co_await call.ns->list_streams(arguments.prefix, arguments.cursor, arguments.limit, list);
  call.out().append(']');
  co_return visited;
}

Awaitable<Result<void>> run_categories(Call& call, const NoArguments&) {
  CategoryList list(call.out());
  call.out().append('[');
  auto visited = co_await call.ns->list_categories(list);
  call.out().append(']');
  co_return visited;
}

}  // namespace

constinit const Handler kNsCreate = make_handler<CreateArguments, decode_create, run_create>();
constinit const Handler kNsDelete = make_handler<NamespaceArgument, decode_id, run_delete>();
constinit const Handler kNsList = make_handler<NoArguments, decode_nothing, run_list>();
constinit const Handler kNsInfo = make_handler<NamespaceArgument, decode_id, run_info>();
constinit const Handler kNsStreams = make_handler<StreamsArguments, decode_streams, run_streams>();
constinit const Handler kNsCategories = make_handler<NoArguments, decode_nothing, run_categories>();

}  // namespace eventodb::rpc
