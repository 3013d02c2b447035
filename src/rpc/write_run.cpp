#include "rpc/write_run.hpp"

#include <utility>

#include "eventodb/limits.hpp"
#include "rpc/append_handler.hpp"

namespace eventodb::rpc {
namespace {

const AppendArguments& arguments_of(const Invocation& invocation) {
  return *static_cast<const AppendArguments*>(invocation.arguments);
}

}  // namespace

void WriteRun::clear() {
  invocations_.clear();
  appends_.clear();
  messages_ = 0;
  bytes_ = 0;
}

bool WriteRun::is_full() const {
  return size() >= limits::kWritesTogetherMax || messages_ >= limits::kCommitMessagesMax ||
         bytes_ >= limits::kCommitBytesMax;
}

bool WriteRun::add(const Invocation& invocation) {
  if (invocation.method->handler.finish_append == nullptr) return false;
  const AppendArguments& arguments = arguments_of(invocation);
  invocations_.push_back(invocation);
  appends_.push_back({arguments.messages, arguments.written});
  messages_ += arguments.messages.size();
  for (const NewMessage& message : arguments.messages) {
    bytes_ += message.data.size() + message.metadata.size();
  }
  return true;
}

Result<void> WriteRun::finish(std::size_t call, base::ByteBuffer& out) {
  const Invocation& invocation = invocations_[call];
  return invocation.method->handler.finish_append(out, arguments_of(invocation),
                                                  std::move(appends_[call].outcome));
}

}  // namespace eventodb::rpc
