#pragma once

#include <map>
#include <string>

#include "eventodb/store.hpp"

namespace eventodb::test {

/// A namespace that is only registered: its log cannot be used.
class RegisteredNamespace final : public Namespace {
 public:
  RegisteredNamespace(std::string id, const TokenHash& hash) : id_(std::move(id)), hash_(hash) {}

  std::string_view id() const override { return id_; }
  std::string_view description() const override { return description_; }
  Timestamp created_at() const override { return {}; }
  TokenHash token_hash() const override { return hash_; }
  bool is_deleted() const override { return deleted_; }

  Awaitable<Result<void>> append(std::span<const NewMessage>, std::span<WrittenMessage>) override {
    co_return no_log();
  }
  Awaitable<Result<ReadState>> read_stream(StreamCursor&, MessageVisitor&) override {
    co_return no_log();
  }
  Awaitable<Result<ReadState>> read_category(CategoryCursor&, MessageVisitor&) override {
    co_return no_log();
  }
  Awaitable<Result<bool>> read_last(std::string_view, std::string_view, MessageVisitor&) override {
    co_return no_log();
  }
  Awaitable<Result<std::optional<Position>>> stream_version(std::string_view) override {
    co_return no_log();
  }
  Awaitable<Result<NamespaceInfo>> info() override { co_return no_log(); }
  Awaitable<Result<void>> list_streams(std::string_view, std::string_view, std::int64_t,
                                       StreamInfoVisitor&) override {
    co_return no_log();
  }
  Awaitable<Result<void>> list_categories(CategoryInfoVisitor&) override { co_return no_log(); }
  Awaitable<Result<GlobalPosition>> head() override { co_return no_log(); }
  void watch(HeadListener&) override {}
  void unwatch(HeadListener&) override {}

  void set_description(std::string_view text) { description_ = text; }
  void set_hash(const TokenHash& hash) { hash_ = hash; }
  void mark_deleted() { deleted_ = true; }

 private:
  static Error no_log() { return {ErrorCode::kInternalError, "a registered namespace only", {}}; }

  std::string id_;
  std::string description_;
  TokenHash hash_;
  bool deleted_ = false;
};

/// A store that is nothing but a registry, and can be told to fail.
class FakeRegistry final : public Store {
 public:
  std::map<std::string, std::shared_ptr<RegisteredNamespace>, std::less<>> namespaces;
  bool broken = false;
  int lookups = 0;

  void add(std::string_view id, const TokenHash& hash) {
    namespaces.insert_or_assign(std::string(id),
                                std::make_shared<RegisteredNamespace>(std::string(id), hash));
  }

  StoreDescription describe() const override { return {"fake", "memory", ""}; }
  bool is_writable() const override { return true; }
  Awaitable<Result<NamespaceHandle>> find_namespace(std::string_view id) override {
    ++lookups;
    if (broken) co_return out_of_order();
    const auto found = namespaces.find(id);
    co_return found == namespaces.end() ? nullptr : NamespaceHandle(found->second);
  }
  Awaitable<Result<NamespaceHandle>> create_namespace(const NewNamespace& wanted) override {
    if (broken) co_return out_of_order();
    add(wanted.id, wanted.token_hash);
    const auto& made = namespaces.find(wanted.id)->second;
    made->set_description(wanted.description);
    co_return NamespaceHandle(made);
  }
  Awaitable<Result<DeletedNamespace>> delete_namespace(std::string_view,
                                                       const Namespace*) override {
    co_return out_of_order();
  }
  Awaitable<Result<void>> list_namespaces(NamespaceVisitor&) override { co_return out_of_order(); }
  Awaitable<Result<void>> set_token_hash(std::string_view id, const TokenHash& hash) override {
    if (broken) co_return out_of_order();
    namespaces.find(id)->second->set_hash(hash);
    co_return Result<void>();
  }
  void close() override {}

 private:
  static Error out_of_order() { return {ErrorCode::kBackendError, "out of order", {}}; }
};

}  // namespace eventodb::test
