#include "dispatcher_fixture.hpp"

#include "auth/token.hpp"
#include "store/memory/memory_store.hpp"
#include "support/await.hpp"

namespace eventodb::test {
namespace {

NamespaceHandle create(Store& store, std::string_view id) {
  NewNamespace wanted;
  wanted.id = id;
  wanted.token_hash = auth::hash_token(auth::deterministic_test_token(id));
  return await(store.create_namespace(wanted)).value();
}

}  // namespace

DispatcherTest::DispatcherTest(bool test_mode)
    : store_(store::make_memory_store()), dispatcher_(*store_, {test_mode, &connections_}) {
  default_.ns = create(*store_, "default");
  default_.namespace_id = "default";
  default_.administrator = true;
  tenant_.ns = create(*store_, "tenant");
  tenant_.namespace_id = "tenant";
  tenant_.administrator = test_mode;
}

auth::Access DispatcherTest::access_to(std::string_view namespace_id) {
  auth::Access access;
  access.ns = await(store_->find_namespace(namespace_id)).value();
  access.namespace_id = namespace_id;
  return access;
}

Reply DispatcherTest::call_as(const auth::Access& access, std::string_view body) {
  base::ByteBuffer request;
  request.append(body);
  base::ByteBuffer out;
  out.append("earlier answers");  // as in a pipelined connection
  const std::size_t before = out.size();
  base::Arena arena;
  BufferAnswer answer(out);
  answer.pieces_taken_max = pieces_taken_max_;
  Reply reply;
  reply.status = await(dispatcher_.answer(request, access, arena, answer));
  EXPECT_EQ(request.view(), body) << "the body must stay as it was";
  for (const auto& piece : answer.pieces) reply.body += piece;
  reply.body += out.view();
  EXPECT_TRUE(reply.body.starts_with("earlier answers"));
  reply.body.erase(0, before);
  reply.pieces = answer.pieces.size();
  return reply;
}

void DispatcherTest::write_messages(std::string_view stream, int count) {
  for (int i = 0; i < count; ++i) {
    const auto reply = call("[\"stream.write\",\"" + std::string(stream) +
                            "\",{\"type\":\"T\",\"data\":{\"n\":" + std::to_string(i) + "}}]");
    ASSERT_EQ(reply.status, 200) << reply.body;
  }
}

std::string DispatcherTest::refusal(std::string_view body) {
  const auto reply = call(body);
  EXPECT_EQ(reply.status, 400) << body << " -> " << reply.body;
  if (reply.status != 400) return {};
  EXPECT_EQ(reply.code(), "INVALID_REQUEST");
  return reply.message();
}

}  // namespace eventodb::test
