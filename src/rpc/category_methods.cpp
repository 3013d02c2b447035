#include "rpc/category_methods.hpp"

#include <limits>
#include <optional>

#include "rpc/message_list.hpp"
#include "rpc/read_options.hpp"

namespace eventodb::rpc {
namespace {

Result<std::optional<ConsumerGroup>> group_of(const JsonValue& value, base::Arena& arena) {
  using Group = std::optional<ConsumerGroup>;
  if (value.is_absent()) return Group();
  if (value.kind != JsonKind::kObject) return invalid_request("consumerGroup must be an object");
  constexpr std::string_view kNames[] = {"member", "size"};
  JsonValue members[2];
  JsonCursor cursor(value.text);
  read_members(cursor, kNames, members, arena);

  auto member = integer_option(members[0], "consumerGroup.member");
  if (!member) return std::move(member).error();
  auto size = integer_option(members[1], "consumerGroup.size");
  if (!size) return std::move(size).error();
  if (!*member && !*size) return Group();
  if (!*member || !*size) {
    return invalid_request("consumerGroup needs both member and size, or neither");
  }
  if (**member < 0) return invalid_request("consumerGroup.member must not be negative");
  if (**size < 1) return invalid_request("consumerGroup.size must be at least 1");
  if (**member >= **size) {
    return invalid_request("consumerGroup.member must be less than consumerGroup.size");
  }
  return Group(ConsumerGroup{**member, **size});
}

Result<CategoryCursor> decode_get(Arguments& arguments) {
  auto category = arguments.take_string("categoryName");
  if (!category) return std::move(category).error();
  constexpr std::string_view kNames[] = {"position", "globalPosition", "batchSize", "correlation",
                                         "consumerGroup"};
  JsonValue members[5];
  auto taken = arguments.take_options(kNames, members);
  if (!taken) return std::move(taken).error();
  auto range = read_range(members[0], members[1], members[2]);
  if (!range) return std::move(range).error();
  auto correlation = string_option(members[3], "correlation", arguments.arena());
  if (!correlation) return std::move(correlation).error();
  auto group = group_of(members[4], arguments.arena());
  if (!group) return std::move(group).error();

  constexpr std::int64_t kLowest = std::numeric_limits<std::int64_t>::min();
  CategoryCursor cursor;
  cursor.category = *category;
  cursor.next = GlobalPosition{range->global_position.value_or(range->position.value_or(kLowest))};
  cursor.remaining = range->remaining;
  cursor.group = *group;
  cursor.correlation = *correlation;
  return cursor;
}

Awaitable<Result<void>> run_get(Call& call, const CategoryCursor& start) {
  return answer_with_list(call, start, true, &Namespace::read_category);
}

}  // namespace

constinit const Handler kCategoryGet = make_handler<CategoryCursor, decode_get, run_get>();

}  // namespace eventodb::rpc
