#include "contract/store_contract.hpp"
#include "eventodb/limits.hpp"

// What is stored comes back byte for byte.
namespace eventodb::contract {
namespace {

using namespace std::string_literals;

class ValuesContract : public StoreContract {};
EVENTODB_FOR_EVERY_BACKEND(ValuesContract);

TEST_P(ValuesContract, DataAndMetadataKeepTheirBytes) {
  const Log log = create();
  const std::vector<std::string> texts = {
      R"({"z":1,"a":2,"z":3})",
      R"({"n":[9007199254740993,12345678901234567890,1e400,-0.0,1.0,1E2,0.1]})",
      R"({"s":"\u0000\u001f\ud800 \" \\ / \/ é 😀","e":"","":{}})",
      R"({"t":true,"f":false,"n":null,"o":{"o":{"o":[[[]]]}}})",
      "{\"raw\":\"\xc3\xa9\xe2\x80\xa8\xf0\x9f\x98\x80\"}"};
  for (const auto& text : texts) must(log.append(event("a-1", text, text)));
  const auto found = log.read_stream("a-1").messages;
  ASSERT_EQ(found.size(), texts.size());
  for (std::size_t i = 0; i < texts.size(); ++i) {
    EXPECT_EQ(found[i].data, texts[i]);
    EXPECT_EQ(found[i].metadata, texts[i]);
  }
}

TEST_P(ValuesContract, PayloadsOfAnySizeKeepTheirBytes) {
  const Log log = create();
  std::vector<std::string> payloads;
  for (const std::size_t size :
       {10UL, 4000UL, 4096UL, 65'536UL, 100'000UL, 262'000UL, 262'144UL, 300'000UL, 5'000'000UL}) {
    std::string body(size, 'x');
    for (std::size_t i = 0; i < size; i += 61) body[i] = static_cast<char>('a' + i % 26);
    payloads.push_back("{\"v\":\"" + body + "\"}");
  }
  for (const auto& payload : payloads) {
    must(log.append(event("big-1", payload)));
    must(log.append(event("small-1")));
    must(log.append(event("big-1", "{}", payload)));
  }
  const auto found = log.read_stream("big-1").messages;
  ASSERT_EQ(found.size(), 2 * payloads.size());
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    EXPECT_TRUE(found[2 * i].data == payloads[i]) << payloads[i].size() << " bytes of data";
    EXPECT_TRUE(found[2 * i + 1].metadata == payloads[i]) << payloads[i].size() << " of metadata";
  }
  EXPECT_EQ(log.read_stream("small-1").messages.size(), payloads.size());
  EXPECT_EQ(log.read_all().messages.size(), 3 * payloads.size());
}

TEST_P(ValuesContract, NamesMayBeAnyText) {
  const Log log = create();
  const std::vector<std::string> names = {"a.b_c:d e+f/g-1",
                                          "quote'\"\\-1",
                                          "\xc3\xa9t\xc3\xa9-1",
                                          "nul\0in-1"s,
                                          "nul\0in-1\0"s,
                                          "nul\0"s,
                                          "\0"s,
                                          "%-1",
                                          "_-1",
                                          " ",
                                          "-",
                                          "--",
                                          "+",
                                          "tab\tline\n\r-1",
                                          "\xf0\x9f\x98\x80-\xf0\x9f\x98\x80",
                                          "*?[a]-1",
                                          "../../etc/passwd-1",
                                          std::string(limits::kStreamNameBytesMax, 'n')};
  for (const auto& name : names) {
    NewMessage message = event(name);
    message.type = name.size() <= limits::kTypeBytesMax ? std::string_view(name) : "T";
    EXPECT_EQ(must(log.append(message)).position.value, 0) << name;
  }
  for (const auto& name : names) {
    const auto found = log.read_stream(name).messages;
    ASSERT_EQ(found.size(), 1U) << name;
    EXPECT_EQ(found[0].stream, name);
    EXPECT_EQ(found[0].type, name);
    EXPECT_EQ(must(log.version(name))->value, 0);
    EXPECT_EQ(must(log.last(name, name))->stream, name);
    const std::string category(category_of(name));
    bool in_category = false;
    for (const auto& message :
         log.read(CategoryCursor{.category = category, .next = {0}, .remaining = -1}).messages) {
      in_category = in_category || message.stream == name;
    }
    EXPECT_TRUE(in_category) << name;
  }
  const auto rows = must(log.streams());
  ASSERT_EQ(rows.size(), names.size());
  for (const auto& name : names) {
    EXPECT_EQ(must(log.streams(name, "", 1)).at(0).name.substr(0, name.size()), name);
  }
}

}  // namespace
}  // namespace eventodb::contract
