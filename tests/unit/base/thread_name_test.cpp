#include "base/thread_name.hpp"

#include <gtest/gtest.h>

#include <array>
#include <string>
#include <thread>

namespace eventodb::base {
namespace {

std::string name_given_by(const char* role, unsigned number) {
  std::array<char, 16> name{};
  std::thread([&] {
    name_thread(role, number);
    pthread_getname_np(pthread_self(), name.data(), name.size());
  }).join();
  return name.data();
}

TEST(ThreadNameTest, IsRoleAndNumber) {
  EXPECT_EQ(name_given_by("io", 0), "io-0");
}

TEST(ThreadNameTest, IsCutToWhatTheSystemKeeps) {
  EXPECT_EQ(name_given_by("a-very-long-role", 12), "a-very-long-rol");
}

}  // namespace
}  // namespace eventodb::base
