#include "wire/subscription/subscription_fixture.hpp"

#include <algorithm>
#include <vector>

namespace eventodb::test {

void SubscriptionFixture::pipeline_writes(std::uint16_t port, const std::string& token,
                                          std::string_view stream, int count) {
  // The requests of one connection are answered in turn; those of several share commits.
  constexpr int kConnections = 16;
  constexpr int kOnEach = 32;
  const std::string request = http_request(
      "POST", "/rpc", "[\"stream.write\"," + json_text(stream) + ",{\"type\":\"T\",\"data\":{}}]",
      {{"Authorization", "Bearer " + token}});
  std::vector<HttpClient> clients;
  for (int i = 0; i < std::min(kConnections, count); ++i) clients.emplace_back(port);
  for (int left = count; left > 0;) {
    std::vector<int> sent;
    for (auto& client : clients) {
      sent.push_back(std::min(left, kOnEach));
      left -= sent.back();
      std::string requests;
      for (int i = 0; i < sent.back(); ++i) requests += request;
      client.send(requests);
    }
    for (std::size_t at = 0; at < clients.size(); ++at) {
      for (int i = 0; i < sent[at]; ++i) ASSERT_EQ(clients[at].receive().status, 200);
    }
  }
}

}  // namespace eventodb::test
