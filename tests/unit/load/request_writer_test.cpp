#include "load/request_writer.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "base/uuid.hpp"

#include "load/load_options.hpp"

namespace eventodb::load {
namespace {

LoadOptions options_with(std::uint32_t payload_bytes) {
  LoadOptions options;
  options.server = *parse_server_url("http://localhost:8080/prefix");
  options.payload_bytes = payload_bytes;
  return options;
}

TEST(RequestWriter, WritesAnEventThatDiffersByItsSerial) {
  const RequestWriter writer(options_with(40), "secret");
  std::string out = "before";
  writer.append_write(out, 42, 1234567);
  const std::string body = R"(["stream.write","test-stream-42",{"type":"TestEvent",)"
                           R"("data":{"serial":"000001234567","text":"xxxxx"}}])";
  EXPECT_EQ(out,
            "beforePOST /prefix/rpc HTTP/1.1\r\nHost: localhost:8080\r\n"
            "Authorization: Bearer secret\r\nContent-Type: application/json\r\nContent-Length: " +
                std::to_string(body.size()) + "\r\n\r\n" + body);
}

TEST(RequestWriter, ABatchHoldsMessagesThatCountOn) {
  LoadOptions options = options_with(40);
  options.batch = 3;
  std::string out;
  RequestWriter(options, "").append_write(out, 42, 98);
  const std::string body = out.substr(out.find("\r\n\r\n") + 4);
  EXPECT_EQ(body, R"(["stream.append","test-stream-42",[)"
                  R"({"type":"TestEvent","data":{"serial":"000000000098","text":"xxxxx"}},)"
                  R"({"type":"TestEvent","data":{"serial":"000000000099","text":"xxxxx"}},)"
                  R"({"type":"TestEvent","data":{"serial":"000000000100","text":"xxxxx"}}]])");
  EXPECT_NE(out.find("Content-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos);
}

TEST(RequestWriter, ABatchAcrossStreamsHasOneMessageForEach) {
  LoadOptions options = options_with(40);
  options.batch = 3;
  options.streams = 5;
  options.across = true;
  std::string out;
  RequestWriter(options, "").append_write(out, 1, 98);
  const std::string body = out.substr(out.find("\r\n\r\n") + 4);
  EXPECT_EQ(body, R"(["streams.append",[)"
                  R"({"stream":"test-stream-3","messages":[)"
                  R"({"type":"TestEvent","data":{"serial":"000000000098","text":"xxxxx"}}]},)"
                  R"({"stream":"test-stream-4","messages":[)"
                  R"({"type":"TestEvent","data":{"serial":"000000000099","text":"xxxxx"}}]},)"
                  R"({"stream":"test-stream-0","messages":[)"
                  R"({"type":"TestEvent","data":{"serial":"000000000100","text":"xxxxx"}}]}]])");
  EXPECT_NE(out.find("Content-Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos);
}

/// The ids of `count` writes, from their texts.
std::vector<std::string> ids_of(const LoadOptions& options, std::uint64_t count) {
  const RequestWriter writer(options, "");
  std::string out;
  for (std::uint64_t n = 0; n < count; ++n) writer.append_write(out, 1, n * options.batch);
  constexpr std::string_view kBefore = "\"id\":\"";
  std::vector<std::string> ids;
  for (auto at = out.find(kBefore); at != std::string::npos; at = out.find(kBefore, at + 1)) {
    ids.push_back(out.substr(at + kBefore.size(), base::kUuidTextBytes));
  }
  return ids;
}

TEST(RequestWriter, AnIdIsTheOptionOfASingleWriteAndAMemberInABatch) {
  LoadOptions options = options_with(40);
  options.ids = Ids::kV4;
  for (const std::uint32_t batch : {1u, 2u}) {
    options.batch = batch;
    std::string out;
    RequestWriter(options, "").append_write(out, 42, 98);
    std::string body = out.substr(out.find("\r\n\r\n") + 4);
    EXPECT_NE(out.find("Length: " + std::to_string(body.size()) + "\r\n"), std::string::npos);
    constexpr std::string_view kBefore = "\"id\":\"";
    for (auto at = body.find(kBefore); at != std::string::npos; at = body.find(kBefore, at + 1)) {
      body.replace(at + kBefore.size(), base::kUuidTextBytes, "ID");
    }
    EXPECT_EQ(body, batch == 1 ? R"(["stream.write","test-stream-42",{"type":"TestEvent",)"
                                 R"("data":{"serial":"000000000098","text":"xxxxx"}},{"id":"ID"}])"
                               : R"(["stream.append","test-stream-42",[{"type":"TestEvent",)"
                                 R"("data":{"serial":"000000000098","text":"xxxxx"},"id":"ID"},)"
                                 R"({"type":"TestEvent","data":{"serial":"000000000099",)"
                                 R"("text":"xxxxx"},"id":"ID"}]])");
  }
}

TEST(RequestWriter, IdsAreAscendingOrRandomAndNeverTheSame) {
  LoadOptions options = options_with(40);
  options.batch = 10;
  for (const Ids kind : {Ids::kV7, Ids::kV4}) {
    options.ids = kind;
    const std::vector<std::string> ids = ids_of(options, 50);
    ASSERT_EQ(ids.size(), 500u);
    const std::set<std::string> sorted(ids.begin(), ids.end());
    EXPECT_EQ(sorted.size(), ids.size());
    std::set<char> first_digits;
    for (const std::string& id : ids) {
      EXPECT_TRUE(base::parse_uuid(id)) << id;
      EXPECT_EQ(id[14], kind == Ids::kV7 ? '7' : '4');
      first_digits.insert(id[0]);
    }
    EXPECT_EQ(first_digits.size(), kind == Ids::kV7 ? 1u : 16u);
  }
}

TEST(RequestWriter, PayloadHasTheWantedSize) {
  for (const std::uint32_t bytes : {RequestWriter::kPayloadBytesMin, 128u, 5000u}) {
    std::string out;
    RequestWriter(options_with(bytes), "").append_write(out, 1, 2);
    const auto begin = out.find("{\"serial\"");
    EXPECT_EQ(out.size() - begin - 2, bytes);  // without the "}]" that ends message and request
    EXPECT_EQ(out.find("Authorization"), std::string::npos);
  }
}

TEST(RequestWriter, ReadsTenFromTheBeginning) {
  std::string out;
  RequestWriter(options_with(128), "").append_read(out, 7);
  EXPECT_TRUE(
      out.ends_with("\r\n\r\n[\"stream.get\",\"test-stream-7\",{\"position\":0,"
                    "\"batchSize\":10}]"));
}

}  // namespace
}  // namespace eventodb::load
