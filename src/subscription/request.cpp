#include "subscription/request.hpp"

#include <charconv>
#include <utility>

#include "base/form.hpp"

namespace eventodb::subscription {
namespace {

Error invalid(std::string text) {
  return {ErrorCode::kInvalidRequest, std::move(text), {}};
}

bool given(const std::optional<std::string>& value) {
  return value && !value->empty();
}

std::optional<std::int64_t> parse_int(std::string_view text) {
  if (text.starts_with('+') && !text.starts_with("+-")) text.remove_prefix(1);
  std::int64_t value = 0;
  const auto [end, problem] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (problem != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return value;
}

/// The short spelling wins over its alias when both are present.
const std::optional<std::string>& preferred(const std::optional<std::string>& name,
                                            const std::optional<std::string>& alias) {
  return name ? name : alias;
}

/// Absent and empty count as 0.
Result<std::int64_t> int_or_zero(const std::optional<std::string>& value, const char* name) {
  if (!given(value)) return 0;
  const auto number = parse_int(*value);
  if (!number) return invalid(std::string(name) + " must be an integer");
  return *number;
}

Result<std::optional<ConsumerGroup>> parse_group(const Parameters& parameters) {
  const auto member =
      int_or_zero(preferred(parameters.consumer, parameters.consumer_group_member), "consumer");
  if (!member) return member.error();
  const auto size = int_or_zero(preferred(parameters.size, parameters.consumer_group_size), "size");
  if (!size) return size.error();
  if (*member == 0 && *size == 0) return std::optional<ConsumerGroup>();
  if (*size < 1) return invalid("size must be at least 1");
  if (*member < 0 || *member >= *size) return invalid("consumer must be from 0 to size - 1");
  return std::optional(ConsumerGroup{*member, *size});
}

Result<Kind> parse_kind(const Parameters& parameters) {
  const bool all = parameters.all == "true";
  const bool stream = given(parameters.stream);
  const bool category = given(parameters.category);
  if (!all && !stream && !category) {
    return invalid("one of the parameters stream, category and all=true is required");
  }
  if (all && (stream || category)) return invalid("all=true excludes stream and category");
  if (stream && category) return invalid("stream and category exclude each other");
  return all ? Kind::kAll : stream ? Kind::kStream : Kind::kCategory;
}

}  // namespace

Parameters parse_parameters(std::string_view query) {
  Parameters found;
  const std::pair<std::string_view, std::optional<std::string>*> known[] = {
      {"stream", &found.stream},
      {"category", &found.category},
      {"all", &found.all},
      {"position", &found.position},
      {"payload", &found.payload},
      {"consumer", &found.consumer},
      {"size", &found.size},
      {"consumerGroupMember", &found.consumer_group_member},
      {"consumerGroupSize", &found.consumer_group_size},
  };
  base::for_each_form_field(query, [&](const std::string& name, std::string value) {
    for (const auto& [wanted, slot] : known) {
      if (name != wanted) continue;
      if (!*slot) *slot = std::move(value);
      return;
    }
  });
  return found;
}

Result<Request> make_request(const Parameters& parameters, std::string_view last_event_id) {
  Request request;
  const auto kind = parse_kind(parameters);
  if (!kind) return kind.error();
  request.kind = *kind;
  if (request.kind == Kind::kStream) request.name = *parameters.stream;
  if (request.kind == Kind::kCategory) request.name = *parameters.category;
  const auto position = int_or_zero(parameters.position, "position");
  if (!position) return position.error();
  request.position = *position;
  if (request.kind == Kind::kCategory) {
    const auto group = parse_group(parameters);
    if (!group) return group.error();
    request.group = *group;
  }
  request.payload = parameters.payload == "true";
  if (request.payload && !last_event_id.empty()) {
    const auto last = parse_int(last_event_id);
    if (!last) return invalid("Last-Event-ID must be an integer");
    request.resume = GlobalPosition{*last};
  }
  return request;
}

}  // namespace eventodb::subscription
