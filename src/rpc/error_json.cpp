#include "rpc/error_json.hpp"

#include "base/json_writer.hpp"

namespace eventodb::rpc {
namespace {

/// Appends one object per kind of details.
struct DetailsWriter {
  base::ByteBuffer& out;

  void operator()(std::monostate) const {}
  void operator()(const VersionConflict& conflict) const {
    out.append("{\"expected\":");
    base::append_int(out, conflict.expected);
    out.append(",\"actual\":");
    base::append_int(out, conflict.actual);
    if (!conflict.stream.empty()) {
      out.append(",\"stream\":");
      base::append_json_string(out, conflict.stream);
    }
    out.append('}');
  }
  void operator()(const ExistingMessage& message) const {
    out.append("{\"id\":");
    base::append_json_uuid(out, message.id);
    out.append(",\"stream\":");
    base::append_json_string(out, message.stream);
    out.append(",\"position\":");
    base::append_int(out, message.written.position.value);
    out.append(",\"globalPosition\":");
    base::append_int(out, message.written.global_position.value);
    out.append('}');
  }
  void operator()(const ParseProblem& problem) const {
    out.append("{\"error\":");
    base::append_json_string(out, problem.text);
    out.append('}');
  }
  void operator()(const RefusedNamespace& refused) const {
    out.append("{\"namespace\":");
    base::append_json_string(out, refused.id);
    out.append('}');
  }
};

void append_details(base::ByteBuffer& out, const Error& error) {
  if (std::holds_alternative<std::monostate>(error.details)) return;
  out.append(",\"details\":");
  std::visit(DetailsWriter{out}, error.details);
}

}  // namespace

void append_error(base::ByteBuffer& out, const Error& error) {
  out.append("{\"error\":{\"code\":");
  base::append_json_string(out, error_row(error.code).wire_name);
  out.append(",\"message\":");
  base::append_json_string(out, error.message);
  append_details(out, error);
  out.append("}}");
}

void append_json_rpc_error(base::ByteBuffer& out, const Error& error, std::string_view id) {
  const ErrorRow& row = error_row(error.code);
  out.append("{\"jsonrpc\":\"2.0\",\"error\":{\"code\":");
  base::append_int(out, row.json_rpc_code);
  out.append(",\"message\":");
  base::append_json_string(out, error.message);
  out.append(",\"data\":{\"code\":");
  base::append_json_string(out, row.wire_name);
  append_details(out, error);
  out.append("}},\"id\":");
  out.append(id);
  out.append('}');
}

}  // namespace eventodb::rpc
