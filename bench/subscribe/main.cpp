// eventodb-subscribers: measures the subscriptions of a running server.
#include <poll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <cstdio>
#include <exception>
#include <stdexcept>
#include <string>

#include "load/latency_histogram.hpp"
#include "load/server_url.hpp"
#include "subscribe/rpc_writer.hpp"
#include "subscribe/subscriber_set.hpp"

namespace {

using namespace eventodb::load;
using Clock = std::chrono::steady_clock;

struct Options {
  std::string url = "http://127.0.0.1:8080";
  std::string token;
  std::string query = "all=true";
  std::string stream = "latency-1";
  std::size_t subscribers = 1;
  std::uint64_t messages = 1000;
};

void allow_many_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  limit.rlim_cur = limit.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &limit);
}

SubscriberSet::Target make_target(const Options& options) {
  const auto url = parse_server_url(options.url);
  if (!url) throw std::runtime_error("not an http URL: " + options.url);
  std::string why;
  const auto address = find_server(*url, why);
  if (!address) throw std::runtime_error("no server at " + options.url + ": " + why);
  return {*address, url->authority(), options.token};
}

/// Opens the subscriptions, says so, and reads whatever comes until standard input ends.
void hold(const Options& options) {
  SubscriberSet set;
  set.open(make_target(options), options.query, options.subscribers);
  std::printf("ready\n");
  std::fflush(stdout);
  std::uint64_t received = 0;
  pollfd waited[] = {{STDIN_FILENO, POLLIN, 0}, {set.fd(), POLLIN, 0}};
  while (::poll(waited, 2, -1) >= 0 && waited[0].revents == 0) {
    if (waited[1].revents != 0) set.read_some(0, [&](auto, std::size_t n) { received += n; });
  }
  std::printf("events %llu\n", static_cast<unsigned long long>(received));
}

/// From the first event of the first message to the last; the head is on its way before.
void catch_up(const Options& options) {
  SubscriberSet set;
  const auto begin = Clock::now();
  set.open(make_target(options), options.query, options.subscribers);
  std::uint64_t left = options.messages * options.subscribers;
  while (left > 0) {
    set.read_some(-1, [&](auto, std::size_t n) { left -= std::min<std::uint64_t>(left, n); });
  }
  const std::chrono::duration<double> took = Clock::now() - begin;
  std::printf("%.0f\n", static_cast<double>(options.messages * options.subscribers) / took.count());
}

/// One message at a time: from the moment its acknowledgement was received to the moment each
/// subscriber has its poke. A poke that overtakes the acknowledgement counts as 0.
void latency(const Options& options) {
  const auto target = make_target(options);
  SubscriberSet set;
  set.open(target, options.query, options.subscribers);
  RpcWriter writer(target, options.stream);
  const std::uint64_t warm_up = options.messages / 10;
  LatencyHistogram histogram;
  LatencyHistogram last_histogram;
  for (std::uint64_t i = 0; i < options.messages + warm_up; ++i) {
    if (i == warm_up) histogram.clear();
    if (i == warm_up) last_histogram.clear();
    std::size_t left = set.size();
    std::size_t before_acknowledged = 0;
    bool acknowledged = false;
    Clock::time_point acknowledged_at;
    std::int64_t last_ns = 0;
    writer.send();
    pollfd waited[] = {{writer.fd(), POLLIN, 0}, {set.fd(), POLLIN, 0}};
    while (left > 0 || !acknowledged) {
      ::poll(waited, 2, -1);
      if (waited[0].revents != 0 && !acknowledged && writer.receive()) {
        acknowledged = true;
        acknowledged_at = Clock::now();
      }
      if (waited[1].revents == 0) continue;
      set.read_some(0, [&](auto, std::size_t n) {
        left -= n;
        if (!acknowledged) {
          before_acknowledged += n;
          return;
        }
        last_ns = (Clock::now() - acknowledged_at).count();
        for (std::size_t each = 0; each < n; ++each) histogram.record(last_ns);
      });
    }
    for (std::size_t each = 0; each < before_acknowledged; ++each) histogram.record(0);
    last_histogram.record(last_ns);
  }
  const auto us = [](std::int64_t ns) { return static_cast<double>(ns) / 1000; };
  std::printf("%.1f %.1f %.1f %.1f\n", us(histogram.percentile_ns(50)),
              us(histogram.percentile_ns(99)), us(last_histogram.percentile_ns(50)),
              us(histogram.max_ns()));
}

}  // namespace

int main(int argc, char** argv) {
  Options options;
  CLI::App app("Measures the subscriptions of a running EventoDB server.");
  app.require_subcommand(1);
  const auto add = [&](const char* name, const char* text) {
    auto* command = app.add_subcommand(name, text);
    command->add_option("--url", options.url, "of the server");
    command->add_option("--token", options.token, "of the namespace");
    command->add_option("--query", options.query, "of /subscribe; # is the subscriber's number");
    command->add_option("--subscribers", options.subscribers, "how many");
    return command;
  };
  auto* holding =
      add("hold", "print 'ready', read events until standard input ends, print 'events N'");
  auto* catching_up = add("catch-up", "print the messages a second of reading --messages by each");
  catching_up->add_option("--messages", options.messages, "how many are stored");
  auto* delay = add("latency",
                    "print µs from acknowledgement to poke: p50, p99, p50 of the last subscriber "
                    "to have it, maximum");
  delay->add_option("--messages", options.messages, "how many to write, one after the other");
  delay->add_option("--stream", options.stream, "the stream they go to");
  CLI11_PARSE(app, argc, argv);
  try {
    allow_many_descriptors();
    if (*holding) hold(options);
    if (*catching_up) catch_up(options);
    if (*delay) latency(options);
  } catch (const std::exception& problem) {
    std::fprintf(stderr, "eventodb-subscribers: %s\n", problem.what());
    return 1;
  }
  return 0;
}
