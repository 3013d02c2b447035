#include "base/digest.hpp"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <stdexcept>

#include "base/check.hpp"

namespace eventodb::base {
namespace {

struct FreeContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

/// Fetched once: EVP_sha256() and friends look the algorithm up at every use in OpenSSL 3.
const EVP_MD* fetched(const char* name) {
  const EVP_MD* digest = EVP_MD_fetch(nullptr, name, nullptr);
  EVENTODB_CHECK(digest != nullptr);
  return digest;
}

void digest(const EVP_MD* algorithm, std::string_view bytes, unsigned char* to) {
  thread_local const std::unique_ptr<EVP_MD_CTX, FreeContext> context(EVP_MD_CTX_new());
  unsigned length = 0;
  EVENTODB_CHECK(EVP_DigestInit_ex2(context.get(), algorithm, nullptr) == 1);
  EVENTODB_CHECK(EVP_DigestUpdate(context.get(), bytes.data(), bytes.size()) == 1);
  EVENTODB_CHECK(EVP_DigestFinal_ex(context.get(), to, &length) == 1);
}

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
  static const EVP_MD* algorithm = fetched("SHA256");
  unsigned char out[32];
  digest(algorithm, bytes, out);
  return hex(out);
}

std::uint64_t md5_prefix(std::string_view bytes) {
  static const EVP_MD* algorithm = fetched("MD5");
  unsigned char out[16];
  digest(algorithm, bytes, out);
  std::uint64_t value = 0;
  for (int i = 0; i < 8; ++i) value = value << 8 | out[i];
  return value;
}

bool equal_constant_time(std::string_view a, std::string_view b) {
  if (a.size() != b.size()) return false;
  std::uint64_t difference = 0;
  for (std::size_t at = 0; at < a.size(); at += sizeof(difference)) {
    const std::size_t bytes = std::min(sizeof(difference), a.size() - at);
    std::uint64_t from_a = 0;
    std::uint64_t from_b = 0;
    std::memcpy(&from_a, a.data() + at, bytes);
    std::memcpy(&from_b, b.data() + at, bytes);
    difference |= from_a ^ from_b;
    // Whatever it could know of the difference, the compiler must not leave the loop early.
    asm volatile("" : "+r"(difference));
  }
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
