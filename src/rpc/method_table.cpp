#include "rpc/method_table.hpp"

#include "rpc/append_methods.hpp"
#include "rpc/category_methods.hpp"
#include "rpc/namespace_methods.hpp"
#include "rpc/stream_methods.hpp"
#include "rpc/system_methods.hpp"

namespace eventodb::rpc {
namespace {

// The most frequent ones first: the table is searched from its beginning.
constexpr Method kTable[] = {
    {"stream.write", 2, kNeedsNamespace | kCreatesNamespace | kChanges, kStreamWrite},
    {"stream.get", 1, kNeedsNamespace, kStreamGet},
    {"category.get", 1, kNeedsNamespace, kCategoryGet},
    {"stream.last", 1, kNeedsNamespace, kStreamLast},
    {"stream.version", 1, kNeedsNamespace, kStreamVersion},
    {"stream.append", 2, kNeedsNamespace | kCreatesNamespace | kChanges, kStreamAppend},
    {"streams.append", 1, kNeedsNamespace | kCreatesNamespace | kChanges, kStreamsAppend},
    {"ns.create", 1, kAdministrator | kChanges, kNsCreate},
    {"ns.delete", 1, kChanges, kNsDelete},
    {"ns.list", 0, kAdministrator, kNsList},
    {"ns.info", 1, kNoFlags, kNsInfo},
    {"ns.streams", 0, kNeedsNamespace, kNsStreams},
    {"ns.categories", 0, kNeedsNamespace, kNsCategories},
    {"sys.version", 0, kNoFlags, kSysVersion},
    {"sys.health", 0, kNoFlags, kSysHealth},
};

}  // namespace

std::span<const Method> all_methods() {
  return kTable;
}

const Method* find_method(std::string_view name) {
  for (const Method& method : kTable) {
    if (method.name == name) return &method;
  }
  return nullptr;
}

}  // namespace eventodb::rpc
