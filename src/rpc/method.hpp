#pragma once

#include <cstdint>
#include <new>
#include <string_view>
#include <type_traits>
#include <utility>

#include "auth/access.hpp"
#include "rpc/answer.hpp"
#include "rpc/arguments.hpp"
#include "rpc/server_facts.hpp"

namespace eventodb::rpc {

/// What the dispatcher does around a method's handler.
enum MethodFlags : std::uint8_t {
  kNoFlags = 0,
  kNeedsNamespace = 1,    ///< runs in the token's namespace; kNamespaceNotFound without one
  kCreatesNamespace = 2,  ///< ... which test mode creates on the fly
  kAdministrator = 4,     ///< only for the token of `default`
  kChanges = 8,           ///< has an effect besides its answer
};

/// One call while it runs.
struct Call {
  Call(Store& the_store, const ServerFacts& the_facts, const auth::Access& the_access,
       Answer& the_answer)
      : store(the_store), facts(the_facts), access(the_access), answer(the_answer) {}

  Store& store;
  const ServerFacts& facts;
  const auth::Access& access;
  Answer& answer;
  Namespace* ns = access.ns.get();  ///< never null in a method that needs one
  NamespaceHandle created;          ///< keeps `ns` when it was made on the fly
  bool pieces_sent = false;         ///< part of the answer has left: it can no longer be an error

  base::ByteBuffer& out() { return answer.out(); }
  /// Sends what was rendered so far if that is much. False when the client is gone: stop.
  Awaitable<bool> send_if_large();
};

/// What a handler returns after send_if_large() said that the client is gone; nobody reads it.
inline Error client_gone() {
  return {ErrorCode::kInternalError, "The client is gone", {}};
}

struct AppendArguments;

/// How a method takes its arguments and what it does. The arguments are decoded before anything
/// else is looked at, so an invalid request never touches storage.
struct Handler {
  /// Decodes into the arena; the result is what `run` gets.
  Result<const void*> (*decode)(Arguments& arguments);
  /// Appends the result's JSON to call.out().
  Awaitable<Result<void>> (*run)(Call& call, const void* arguments);
  /// Set for methods that append (append_handler.hpp): what follows on the append.
  Result<void> (*finish_append)(base::ByteBuffer& out, const AppendArguments& arguments,
                                Result<void> outcome) = nullptr;
};

/// A handler from a decoder and a function that share the type `T`.
template <class T, Result<T> (*kDecode)(Arguments&),
          Awaitable<Result<void>> (*kRun)(Call&, const T&)>
constexpr Handler make_handler() {
  static_assert(std::is_trivially_destructible_v<T>, "an arena runs no destructors");
  return {[](Arguments& arguments) -> Result<const void*> {
            auto decoded = kDecode(arguments);
            if (!decoded) return std::move(decoded).error();
            void* place = arguments.arena().allocate(sizeof(T), alignof(T));
            return static_cast<const void*>(::new (place) T(*decoded));
          },
          [](Call& call, const void* arguments) {
            return kRun(call, *static_cast<const T*>(arguments));
          }};
}

/// One row of the method table.
struct Method {
  std::string_view name;
  std::size_t arity;   ///< arguments that must be there
  std::uint8_t flags;  ///< MethodFlags
  const Handler& handler;
};

/// The arguments of a method that takes none.
struct NoArguments {};
inline Result<NoArguments> decode_nothing(Arguments&) {
  return NoArguments{};
}

}  // namespace eventodb::rpc
