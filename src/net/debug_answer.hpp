#pragma once

#include <string_view>

#include "net/exchange.hpp"

namespace eventodb::net {

inline void answer_text(Exchange& exchange, int status, std::string_view text) {
  ResponseHead head;
  head.status = status;
  head.content_type = "text/plain; charset=utf-8";
  exchange.answer(head, text);
}

/// Binary: browsers save it.
inline void answer_file(Exchange& exchange, std::string_view bytes) {
  ResponseHead head;
  head.content_type = "application/octet-stream";
  head.extra_fields = "Content-Disposition: attachment; filename=\"profile\"\r\n";
  exchange.answer(head, bytes);
}

}  // namespace eventodb::net
