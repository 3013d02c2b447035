#include "wire/subscription/subscription_fixture.hpp"

#include <algorithm>

namespace eventodb::test {

void SubscriptionFixture::pipeline_writes(std::uint16_t port, const std::string& token,
                                          std::string_view stream, int count) {
  constexpr int kAtOnce = 100;
  const std::string request = http_request(
      "POST", "/rpc", "[\"stream.write\"," + json_text(stream) + ",{\"type\":\"T\",\"data\":{}}]",
      {{"Authorization", "Bearer " + token}});
  HttpClient client(port);
  for (int left = count; left > 0; left -= kAtOnce) {
    const int now = std::min(left, kAtOnce);
    std::string requests;
    for (int i = 0; i < now; ++i) requests += request;
    client.send(requests);
    for (int i = 0; i < now; ++i) ASSERT_EQ(client.receive().status, 200);
  }
}

}  // namespace eventodb::test
