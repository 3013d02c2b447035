#include "wire/subscription/mortal_server.hpp"

#include <cstdlib>
#include <stdexcept>
#include <utility>

#include "base/uuid.hpp"
#include "support/json.hpp"
#include "wire/rpc/rpc_fixture.hpp"

namespace eventodb::test {

MortalServer::Life MortalServer::life() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return server_ != nullptr; });
  return {server_->port(), lives_};
}

void MortalServer::kill_and_restart() {
  std::uint16_t port = 0;
  {
    const std::lock_guard lock(mutex_);
    port = server_->port();
    server_->kill();
    server_.reset();
  }
  start(port);
}

void MortalServer::start(std::uint16_t port) {
  ServerFlags flags;
  flags.arguments = {"-token",          admin_token(), "-data-dir",
                     directory_.path(), "-port",       std::to_string(port)};
  auto server = std::make_unique<ServerProcess>(flags);
  const std::lock_guard lock(mutex_);
  server_ = std::move(server);
  ++lives_;
  changed_.notify_all();
}

void PersistentWriter::write(std::string_view stream, std::string_view type,
                             std::string_view data) {
  char id[base::kUuidTextBytes];
  base::format_uuid(base::make_uuid_v7(), id);
  const std::string body = "[\"stream.write\"," + json_text(stream) +
                           ",{\"type\":" + json_text(type) + ",\"data\":" + std::string(data) +
                           "},{\"id\":\"" + std::string(id, sizeof(id)) + "\"}]";
  while (!attempt(body)) client_.reset();
}

bool PersistentWriter::attempt(const std::string& body) {
  HttpResponse response;
  try {
    if (!client_) client_ = std::make_unique<HttpClient>(server_.life().port);
    response = client_->rpc(body, admin_token());
  } catch (const HttpClientError&) {
    return false;
  }
  if (response.status != 200) throw std::runtime_error("a write got " + response.body);
  return true;
}

std::vector<LogEntry> read_log(std::uint16_t port) {
  const Reply reply(HttpClient(port).rpc(R"(["category.get","",{"batchSize":-1}])", admin_token()));
  std::vector<LogEntry> log;
  std::size_t begin = 1;
  for (const auto& tuple : reply.json().as_array()) {
    const auto end = reply.body().find(']', begin) + 1;
    log.push_back({as_string(tuple.at(1)), as_int(tuple.at(3)), as_int(tuple.at(4)),
                   reply.body().substr(begin, end - begin)});
    begin = end + 1;
  }
  return log;
}

int number_from_environment(const char* name, int otherwise) {
  const char* wanted = std::getenv(name);
  return wanted != nullptr ? std::stoi(wanted) : otherwise;
}

}  // namespace eventodb::test
