#include "load/load_options.hpp"

#include <gtest/gtest.h>

#include <chrono>
#include <initializer_list>
#include <vector>

namespace eventodb::load {
namespace {

using namespace std::chrono_literals;

ParsedCommandLine parse(std::initializer_list<const char*> arguments) {
  std::vector<const char*> argv{"eventodb-load"};
  argv.insert(argv.end(), arguments);
  return parse_command_line(static_cast<int>(argv.size()), argv.data());
}

TEST(LoadOptions, DefaultsAreThoseOfTheOriginalClient) {
  const auto parsed = parse({});
  ASSERT_TRUE(parsed.options);
  EXPECT_EQ(parsed.options->duration, 10s);
  EXPECT_EQ(parsed.options->workers, 10u);
  EXPECT_EQ(parsed.options->streams, 100u);
  EXPECT_EQ(parsed.options->mix, (Mix{.writes = 10, .reads = 1}));
  EXPECT_EQ(parsed.options->server.authority(), "localhost:8080");
}

TEST(LoadOptions, LongFlagsTakeOneDashOrTwo) {
  for (const auto& parsed :
       {parse({"-duration", "500ms", "-workers=3", "-url", "http://h:1", "-profile-dir", "/p"}),
        parse({"--duration=500ms", "--workers", "3", "--url=http://h:1", "--profile-dir=/p"})}) {
    ASSERT_TRUE(parsed.options);
    EXPECT_EQ(parsed.options->duration, 500ms);
    EXPECT_EQ(parsed.options->workers, 3u);
    EXPECT_EQ(parsed.options->server.authority(), "h:1");
    EXPECT_EQ(parsed.options->profile_dir, "/p");
  }
}

TEST(LoadOptions, WrongFlagsAndValuesExitWithTwo) {
  for (const char* argument :
       {"--bogus", "--duration=soon", "--workers=0", "--workers=-1", "--url=ftp://h", "--mix=0:0",
        "--payload-bytes=34", "--pipeline=0", "--ids=v5", "--rate=-1", "stray"}) {
    const auto parsed = parse({argument});
    EXPECT_FALSE(parsed.options) << argument;
    EXPECT_EQ(parsed.exit_status, 2) << argument;
  }
}

TEST(LoadOptions, ABatchAcrossStreamsNeedsEnoughOfThem) {
  EXPECT_TRUE(parse({"--across", "--mix=write", "--batch=100", "--streams=100"}).options);
  EXPECT_FALSE(parse({"--across", "--mix=write", "--batch=101", "--streams=100"}).options);
  EXPECT_FALSE(parse({"--across", "--mix=write", "--batch=2", "--ids=v4"}).options);
  EXPECT_FALSE(parse({"--across", "--mix=write", "--batch=1"}).options);
  EXPECT_FALSE(parse({"--across", "--mix=10:1", "--batch=100"}).options);
}

TEST(LoadOptions, HelpExitsWithZero) {
  const auto parsed = parse({"-help"});
  EXPECT_FALSE(parsed.options);
  EXPECT_EQ(parsed.exit_status, 0);
}

TEST(ParseMix, ReadsRatiosAndWords) {
  EXPECT_EQ(parse_mix("9:1"), (Mix{.writes = 9, .reads = 1}));
  EXPECT_EQ(parse_mix("write"), (Mix{.writes = 1, .reads = 0}));
  EXPECT_EQ(parse_mix("read"), (Mix{.writes = 0, .reads = 1}));
  for (const char* text :
       {"", ":", "1", "1:", ":1", "0:0", "1:2:3", "-1:2", "a:b", "1:999999999"}) {
    EXPECT_FALSE(parse_mix(text)) << text;
  }
}

TEST(ParseServerUrl, TakesAUrlApart) {
  const auto plain = parse_server_url("http://localhost:8080");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->host, "localhost");
  EXPECT_EQ(plain->port, "8080");
  EXPECT_EQ(plain->path_prefix, "");
  const auto full = parse_server_url("http://[::1]:90/behind/proxy/");
  ASSERT_TRUE(full);
  EXPECT_EQ(full->host, "::1");
  EXPECT_EQ(full->authority(), "[::1]:90");
  EXPECT_EQ(full->path_prefix, "/behind/proxy");
  EXPECT_EQ(parse_server_url("http://h")->port, "80");
  for (const char* text :
       {"", "localhost:8080", "https://h", "http://", "http://:80", "http://h:", "http://h:x",
        "http://h:123456", "http://[::1", "http://[::1]x", "http://h\r\nX: y", "http://h/?a=b"}) {
    EXPECT_FALSE(parse_server_url(text)) << text;
  }
}

}  // namespace
}  // namespace eventodb::load
