#include "base/digest.hpp"

// The replacement for these functions, EVP, allocates for every digest.
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/md5.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <cstring>
#include <stdexcept>

#include "base/check.hpp"

namespace eventodb::base {
namespace {

std::array<char, 64> hex(const unsigned char* bytes) {
  constexpr char kHex[] = "0123456789abcdef";
  std::array<char, 64> text;
  for (std::size_t i = 0; i < 32; ++i) {
    text[2 * i] = kHex[bytes[i] >> 4];
    text[2 * i + 1] = kHex[bytes[i] & 0x0f];
  }
  return text;
}

}  // namespace

std::array<char, 64> sha256_hex(std::string_view bytes) {
  unsigned char out[SHA256_DIGEST_LENGTH];
  SHA256_CTX context;
  EVENTODB_CHECK(SHA256_Init(&context) == 1);
  EVENTODB_CHECK(SHA256_Update(&context, bytes.data(), bytes.size()) == 1);
  EVENTODB_CHECK(SHA256_Final(out, &context) == 1);
  return hex(out);
}

std::uint64_t md5_prefix(std::string_view bytes) {
  unsigned char out[MD5_DIGEST_LENGTH];
  MD5_CTX context;
  EVENTODB_CHECK(MD5_Init(&context) == 1);
  EVENTODB_CHECK(MD5_Update(&context, bytes.data(), bytes.size()) == 1);
  EVENTODB_CHECK(MD5_Final(out, &context) == 1);
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | out[i];
  return value;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  const auto compare = [&](std::size_t at, std::size_t bytes) {
    std::uint64_t from_a = 0;
    std::uint64_t from_b = 0;
    std::memcpy(&from_a, a.data() + at, bytes);
    std::memcpy(&from_b, b.data() + at, bytes);
    difference |= from_a ^ from_b;
    // Whatever it could know of the difference, the compiler must not leave the loop early.
    asm volatile("" : "+r"(difference));
  };
  constexpr std::size_t kWord = sizeof(difference);  // a size the compiler knows needs no call
  std::size_t at = 0;
  for (; at + kWord <= a.size(); at += kWord) compare(at, kWord);
  if (at < a.size()) compare(at, a.size() - at);
  return difference == 0;
}

std::array<char, 64> random_hex_32_bytes() {
  unsigned char bytes[32];
  if (RAND_bytes(bytes, sizeof(bytes)) != 1) {
    throw std::runtime_error("the system's random source failed");
  }
  return hex(bytes);
}

}  // namespace eventodb::base
