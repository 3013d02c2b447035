#pragma once

#include "base/json_writer.hpp"
#include "eventodb/store.hpp"

/// Visitors that render what the listing methods return: objects separated by commas.
namespace eventodb::rpc {

/// Puts the comma before every object but the first.
class ListSeparator {
 public:
  void operator()(base::ByteBuffer& out) {
    if (!first_) out.append(',');
    first_ = false;
  }

 private:
  bool first_ = true;
};

class NamespaceList final : public NamespaceVisitor {
 public:
  explicit NamespaceList(base::ByteBuffer& out) : out_(out) {}
  void visit(const Namespace& ns, std::int64_t message_count) override {
    separate_(out_);
    out_.append("{\"namespace\":");
    base::append_json_string(out_, ns.id());
    out_.append(",\"description\":");
    base::append_json_string(out_, ns.description());
    out_.append(",\"createdAt\":");
    base::append_json_time(out_, ns.created_at());
    out_.append(",\"messageCount\":");
    base::append_int(out_, message_count);
    out_.append('}');
  }

 private:
  base::ByteBuffer& out_;
  ListSeparator separate_;
};

class StreamList final : public StreamInfoVisitor {
 public:
  explicit StreamList(base::ByteBuffer& out) : out_(out) {}
  void visit(const StreamInfo& stream) override {
    separate_(out_);
    out_.append("{\"stream\":");
    base::append_json_string(out_, stream.name);
    out_.append(",\"version\":");
    base::append_int(out_, stream.version.value);
    out_.append(",\"lastActivity\":");
    base::append_json_time(out_, stream.last_activity);
    out_.append('}');
  }

 private:
  base::ByteBuffer& out_;
  ListSeparator separate_;
};

class CategoryList final : public CategoryInfoVisitor {
 public:
  explicit CategoryList(base::ByteBuffer& out) : out_(out) {}
  void visit(const CategoryInfo& category) override {
    separate_(out_);
    out_.append("{\"category\":");
    base::append_json_string(out_, category.name);
    out_.append(",\"streamCount\":");
    base::append_int(out_, category.stream_count);
    out_.append(",\"messageCount\":");
    base::append_int(out_, category.message_count);
    out_.append('}');
  }

 private:
  base::ByteBuffer& out_;
  ListSeparator separate_;
};

}  // namespace eventodb::rpc
