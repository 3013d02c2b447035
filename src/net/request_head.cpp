#include "net/request_head.hpp"

#include <boost/beast/http/basic_parser.hpp>
#include <limits>

#include "net/ascii.hpp"

namespace eventodb::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using BeastText = boost::beast::string_view;

std::string_view view(BeastText text) {
  return {text.data(), text.size()};
}

/// Beast's parser with nothing behind it but the fields we use: no container, no allocation.
class HeadParser final : public http::basic_parser<true> {
 public:
  HeadParser() {
    header_limit(std::numeric_limits<std::uint32_t>::max());  // the guard has counted
    body_limit(boost::none);
  }

  RequestHead head;
  std::string_view raw_target;

 private:
  void on_request_impl(http::verb, BeastText method, BeastText target, int version,
                       error_code&) override {
    head.method = view(method);
    head.http11 = version == 11;
    raw_target = view(target);
  }

  void on_field_impl(http::field name, BeastText text, BeastText value, error_code&) override {
    switch (name) {
      case http::field::authorization:
        keep_first(head.authorization, value);
        break;
      case http::field::origin:
        keep_first(head.origin, value);
        break;
      case http::field::access_control_request_method:
        keep_first(head.requested_method, value);
        break;
      case http::field::expect:
        if (equals_ignoring_case(view(value), "100-continue")) head.expect_continue = true;
        break;
      case http::field::content_encoding:
        if (!equals_ignoring_case(view(value), "identity")) head.encoded = true;
        break;
      case http::field::unknown:
        if (equals_ignoring_case(view(text), "last-event-id"))
          keep_first(head.last_event_id, value);
        break;
      default:
        break;
    }
  }

  static void keep_first(std::string_view& field, BeastText value) {
    if (field.empty()) field = view(value);
  }

  void on_response_impl(int, BeastText, int, error_code&) override {}
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(BeastText, error_code&) override { return 0; }
  void on_chunk_header_impl(std::uint64_t, BeastText, error_code&) override {}
  std::size_t on_chunk_body_impl(std::uint64_t, BeastText, error_code&) override { return 0; }
  void on_finish_impl(error_code&) override {}
};

}  // namespace

Result<RequestHead> parse_head(std::string_view head, base::Arena& arena) {
  HeadParser parser;
  error_code error;
  parser.put(boost::asio::buffer(head.data(), head.size()), error);
  // Without eager() the parser takes one structure a call: the request line brings the fields
  // along.
  if (error || !parser.is_header_done()) {
    return Error{ErrorCode::kInvalidRequest, "malformed request header", {}};
  }
  RequestHead parsed = parser.head;
  parsed.keep_alive = parsed.http11 && parser.keep_alive();
  parsed.expect_continue = parsed.expect_continue && parsed.http11;
  parsed.target = split_target(parser.raw_target, arena);
  return parsed;
}

}  // namespace eventodb::net
