#pragma once

#include <cstddef>
#include <vector>

#include "base/byte_buffer.hpp"
#include "eventodb/store.hpp"
#include "rpc/invocation.hpp"

namespace eventodb::rpc {

/// Calls of one namespace that append: carried out in order, each for itself, with shared commits.
/// Reused from run to run, so that a steady state allocates nothing.
class WriteRun {
 public:
  void clear();
  /// Takes the call if it is one that appends. False: it runs by itself, behind those taken.
  /// The arguments must stay where they are until clear().
  bool add(const Invocation& invocation);

  /// Holds as much as one commit should: commit it before the next add().
  bool is_full() const;
  std::size_t size() const { return appends_.size(); }
  bool empty() const { return appends_.empty(); }

  /// Appends everything. Call once.
  Awaitable<void> commit(Namespace& ns) { return ns.append_each(appends_); }

  /// Appends the JSON of what the call returns, or fails with its error. REQUIRES: commit()
  /// completed, each call once.
  Result<void> finish(std::size_t call, base::ByteBuffer& out);

 private:
  std::vector<Invocation> invocations_;
  std::vector<Append> appends_;
  std::size_t messages_ = 0;
  std::size_t bytes_ = 0;  // of their data and metadata
};

}  // namespace eventodb::rpc
