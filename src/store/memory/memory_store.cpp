#include "store/memory/memory_store.hpp"

#include <algorithm>
#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "base/rfc3339.hpp"
#include "core/refusals.hpp"
#include "store/memory/memory_namespace.hpp"

namespace eventodb::store {
namespace {

using MemoryHandle = std::shared_ptr<MemoryNamespace>;

class MemoryStore final : public Store {
 public:
  StoreDescription describe() const override {
    return {.backend = "memory", .durability = "memory", .location = "memory"};
  }
  bool is_writable() const override { return true; }

  Awaitable<Result<NamespaceHandle>> find_namespace(std::string_view id) override {
    co_return NamespaceHandle(find(id));
  }

  Awaitable<Result<NamespaceHandle>> create_namespace(const NewNamespace& wanted) override {
    auto created = std::make_shared<MemoryNamespace>(wanted, base::wall_clock_now());
    const std::lock_guard lock(mutex_);
    if (!namespaces_.try_emplace(std::string(wanted.id), created).second) {
      co_return namespace_exists(wanted.id);
    }
    co_return NamespaceHandle(std::move(created));
  }

  Awaitable<Result<DeletedNamespace>> delete_namespace(std::string_view id,
                                                       const Namespace* only) override {
    const MemoryHandle removed = remove(id, only);
    if (removed == nullptr) co_return unknown_namespace(id);
    const std::int64_t messages = removed->erase();
    co_return DeletedNamespace{.messages_deleted = messages, .deleted_at = base::wall_clock_now()};
  }

  Awaitable<Result<void>> list_namespaces(NamespaceVisitor& visitor) override {
    for (const MemoryHandle& ns : newest_first()) {
      if (const auto count = ns->message_count()) visitor.visit(*ns, *count);
    }
    co_return Result<void>();
  }

  Awaitable<Result<void>> set_token_hash(std::string_view id, const TokenHash& hash) override {
    const MemoryHandle ns = find(id);
    if (ns == nullptr) co_return unknown_namespace(id);
    ns->set_token_hash(hash);
    co_return Result<void>();
  }

  void close() override {
    const std::lock_guard lock(mutex_);
    for (const auto& [id, ns] : namespaces_) ns->end_listeners();
  }

 private:
  MemoryHandle find(std::string_view id) {
    const std::lock_guard lock(mutex_);
    const auto found = namespaces_.find(id);
    return found == namespaces_.end() ? nullptr : found->second;
  }

  MemoryHandle remove(std::string_view id, const Namespace* only) {
    const std::lock_guard lock(mutex_);
    const auto found = namespaces_.find(id);
    if (found == namespaces_.end()) return nullptr;
    if (only != nullptr && found->second.get() != only) return nullptr;
    MemoryHandle removed = std::move(found->second);
    namespaces_.erase(found);
    return removed;
  }

  std::vector<MemoryHandle> newest_first() {
    std::vector<MemoryHandle> all;
    {
      const std::lock_guard lock(mutex_);
      all.reserve(namespaces_.size());
      for (const auto& [id, ns] : namespaces_) all.push_back(ns);
    }
    // They come in order of id, which a stable sort keeps among equals.
    std::stable_sort(all.begin(), all.end(), [](const MemoryHandle& a, const MemoryHandle& b) {
      return a->created_at() > b->created_at();
    });
    return all;
  }

  std::mutex mutex_;
  std::map<std::string, MemoryHandle, std::less<>> namespaces_;
};

}  // namespace

std::unique_ptr<Store> make_memory_store() {
  return std::make_unique<MemoryStore>();
}

}  // namespace eventodb::store
