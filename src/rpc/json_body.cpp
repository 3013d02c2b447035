#include "rpc/json_body.hpp"

#include <simdjson.h>

#include "base/byte_buffer.hpp"
#include "eventodb/limits.hpp"
#include "rpc/json_scan.hpp"
#include "rpc/json_validator.hpp"

namespace eventodb::rpc {
namespace {

static_assert(base::ByteBuffer::kPadding >= simdjson::SIMDJSON_PADDING);

/// simdjson takes about 15 bytes of memory for each byte of the text; larger bodies go to the
/// validator, which takes none. Its speed (some 700 MB/s) is no matter beside their storage.
constexpr std::size_t kParserBytesMax = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";

/// Whether simdjson takes the body: then it is valid. If it does not, nothing is known, as it
/// refuses numbers out of the range of double or 64 bits and unpaired surrogates.
bool is_taken_by_parser(std::string_view body) {
  thread_local simdjson::dom::parser parser(kParserBytesMax);
  // One level less than the limit, as simdjson does not count an empty innermost container; what is
  // too deep for it is the validator's to decide.
  thread_local const bool ready =
      parser.allocate(kParserBytesMax, limits::kJsonDepthMax - 1) == simdjson::SUCCESS;
  return ready && parser.parse(body.data(), body.size(), false).error() == simdjson::SUCCESS;
}

std::string_view without_space_around(std::string_view text) {
  const char* begin = skip_json_space(text.data(), text.data() + text.size());
  const char* end = text.data() + text.size();
  while (end != begin && is_json_space(end[-1])) --end;
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace

Result<std::string_view> check_body(std::string_view body) {
  // Later versions of simdjson skip a byte order mark, which is not JSON.
  const bool for_parser =
      !body.empty() && body.size() <= kParserBytesMax && !body.starts_with(kByteOrderMark);
  if (!for_parser || !is_taken_by_parser(body)) {
    if (const auto problem = find_json_problem(body)) {
      return Error{ErrorCode::kMalformedRequest, "The request body is not valid JSON",
                   ParseProblem{describe(*problem)}};
    }
  }
  return without_space_around(body);
}

}  // namespace eventodb::rpc
