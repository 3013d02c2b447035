#include "load/request_writer.hpp"

#include <gtest/gtest.h>

#include <string>

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
