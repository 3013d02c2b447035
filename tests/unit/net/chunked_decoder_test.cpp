#include "net/chunked_decoder.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "eventodb/limits.hpp"

namespace eventodb::net {
namespace {

using State = ChunkedDecoder::State;

struct Decoded {
  State state = State::kMore;
  std::string body;
  std::size_t consumed = 0;

  friend bool operator==(const Decoded&, const Decoded&) = default;
};

/// Feeds the input in pieces that end at the given offsets.
Decoded decode_at(std::string_view input, const std::vector<std::size_t>& cuts,
                  std::uint64_t bytes_max) {
  ChunkedDecoder decoder(bytes_max);
  base::ByteBuffer body;
  Decoded result;
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    std::size_t consumed = 0;
    result.state = decoder.decode(input.substr(from, cut - from), consumed, body);
    result.consumed = from + consumed;
    if (result.state != State::kMore) break;
    from = cut;
  }
  result.body = body.view();
  return result;
}

Decoded decode(std::string_view input,
               std::uint64_t bytes_max = std::numeric_limits<std::uint64_t>::max()) {
  const Decoded whole = decode_at(input, {input.size()}, bytes_max);
  std::vector<std::size_t> every;
  for (std::size_t i = 1; i <= input.size(); ++i) every.push_back(i);
  EXPECT_EQ(decode_at(input, every, bytes_max), whole) << "per byte";
  for (std::size_t i = 1; i < input.size(); ++i) {
    EXPECT_EQ(decode_at(input, {i, input.size()}, bytes_max), whole) << "cut at " << i;
  }
  return whole;
}

TEST(ChunkedDecoder, JoinsChunksAndStopsAtTheEnd) {
  const std::string input = "3\r\nabc\r\n0A\r\n0123456789\r\n0\r\n\r\n";
  EXPECT_EQ(decode(input + "GET /"), (Decoded{State::kDone, "abc0123456789", input.size()}));
}

TEST(ChunkedDecoder, TakesAnEmptyBody) {
  EXPECT_EQ(decode("0\r\n\r\n"), (Decoded{State::kDone, "", 5}));
}

/// Every way to cut the last chunk into pieces: the case Beast's decoder loses.
TEST(ChunkedDecoder, TakesEverySplitOfTheLastChunk) {
  const std::string input = "1\r\nx\r\n0\r\n\r\n";
  const std::size_t last = input.size() - 7;  // from the chunk's own line end on
  for (unsigned mask = 0; mask < 1u << 6; ++mask) {
    std::vector<std::size_t> cuts{last};
    for (unsigned bit = 0; bit < 6; ++bit) {
      if ((mask >> bit & 1) != 0) cuts.push_back(last + 1 + bit);
    }
    cuts.push_back(input.size());
    EXPECT_EQ(decode_at(input, cuts, 10), (Decoded{State::kDone, "x", input.size()})) << mask;
  }
}

TEST(ChunkedDecoder, SkipsExtensionsAndTrailers) {
  EXPECT_EQ(decode("1;a=b;c=\"d\"\r\nx\r\n0;last\r\nA: b\r\nC: d\r\n\r\n").state, State::kDone);
}

TEST(ChunkedDecoder, RefusesWhatIsMalformed) {
  const std::string nul("1;\0\r\nx\r\n", 8);
  for (const std::string_view input : {std::string_view("\r\n"),
                                       std::string_view("x\r\n"),
                                       std::string_view(" 1\r\nx\r\n"),
                                       std::string_view("1 \r\nx\r\n"),
                                       std::string_view("0x1\r\nx\r\n"),
                                       std::string_view("+1\r\nx\r\n"),
                                       std::string_view("-1\r\nx\r\n"),
                                       std::string_view(";a\r\n"),
                                       std::string_view("1\nx\r\n"),
                                       std::string_view("1\rx"),
                                       std::string_view("1\r\nxy\r\n"),
                                       std::string_view("1\r\nx\n"),
                                       std::string_view("1\r\nx\rx"),
                                       std::string_view("00000000000000001\r\nx"),
                                       std::string_view("10000000000000000\r\n"),
                                       std::string_view("0\r\n\rx"),
                                       std::string_view("0\r\nA: b\n"),
                                       std::string_view("0\r\nA: b\rc"),
                                       std::string_view("0\n\n"),
                                       std::string_view(nul)}) {
    EXPECT_EQ(decode(input).state, State::kMalformed) << input;
  }
}

TEST(ChunkedDecoder, RefusesABodyOverTheLimitBeforeItsBytes) {
  EXPECT_EQ(decode("5\r\nabcde\r\n0\r\n\r\n", 5).state, State::kDone);
  const Decoded over = decode("6\r\nabcdef", 5);
  EXPECT_EQ(over.state, State::kTooLarge);
  EXPECT_EQ(over.body, "");
  const Decoded second = decode("5\r\nabcde\r\n1\r\nf\r\n", 5);
  EXPECT_EQ(second.state, State::kTooLarge);
  EXPECT_EQ(second.body, "abcde");
  EXPECT_EQ(decode("ffffffffffffffff\r\n", 5).state, State::kTooLarge);
}

TEST(ChunkedDecoder, BoundsExtensionsAndTrailers) {
  const std::string much(limits::kHeaderBlockBytesMax, 'a');
  EXPECT_EQ(decode_at("1;" + much, {much.size() + 2}, 10).state, State::kMalformed);
  const std::string trailer = "0\r\nA: " + much;
  EXPECT_EQ(decode_at(trailer, {trailer.size()}, 10).state, State::kMalformed);
}

}  // namespace
}  // namespace eventodb::net
