#include "net/router.hpp"

#include <gtest/gtest.h>

namespace eventodb::net {
namespace {

class Nothing final : public Endpoint {
 public:
  Awaitable<void> serve(Exchange&) override { co_return; }
};

TEST(Router, FindsExactPathsAndTrees) {
  Nothing rpc;
  Nothing debug;
  Router router;
  router.add("/rpc", rpc);
  router.add_tree("/debug", debug);
  EXPECT_EQ(router.find("/rpc"), &rpc);
  EXPECT_EQ(router.find("/debug"), &debug);
  EXPECT_EQ(router.find("/debug/"), &debug);
  EXPECT_EQ(router.find("/debug/pprof/x"), &debug);
  for (const char* path : {"", "/", "/rpc/", "/rpc2", "/RPC", "/rp", "/debugger", "rpc"}) {
    EXPECT_EQ(router.find(path), nullptr) << path;
  }
}

}  // namespace
}  // namespace eventodb::net
