#include "load/load_report.hpp"

#include <cstdarg>
#include <cstdio>
#include <filesystem>
#include <fstream>

#include "base/rfc3339.hpp"

namespace eventodb::load {
namespace {

double ms(double ns) {
  return ns / 1e6;
}
double percentile_ms(const LatencyHistogram& latency, double percent) {
  return ms(static_cast<double>(latency.percentile_ns(percent)));
}
unsigned long long shown(std::uint64_t value) {
  return value;
}

[[gnu::format(printf, 1, 2)]] std::string formatted(const char* format, ...) {
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  return text;
}

}  // namespace

std::string progress_line(int second, const LoadResult& so_far, const LatencyHistogram& interval) {
  return formatted("%4ds  %9llu ops/s  p50 %7.3f ms  p99 %7.3f ms  total %llu  errors %llu\n",
                   second, shown(interval.count()), percentile_ms(interval, 50),
                   percentile_ms(interval, 99), shown(so_far.total()), shown(so_far.errors));
}

std::string summary(const LoadResult& result) {
  const LatencyHistogram& latency = result.latency;
  std::string text =
      formatted("operations   %llu (%llu writes, %llu reads) in %.2f s\n", shown(result.total()),
                shown(result.writes), shown(result.reads), result.seconds);
  text += formatted("throughput   %.0f ops/s\n", result.per_second());
  if (result.messages != result.writes) {
    text += formatted("messages     %llu written, %.0f/s\n", shown(result.messages),
                      result.messages_per_second());
  }
  text += formatted("latency ms   mean %.3f  p50 %.3f  p95 %.3f  p99 %.3f  p99.9 %.3f  max %.3f\n",
                    ms(latency.mean_ns()), percentile_ms(latency, 50), percentile_ms(latency, 95),
                    percentile_ms(latency, 99), percentile_ms(latency, 99.9),
                    ms(static_cast<double>(latency.max_ns())));
  text += formatted("errors       %llu\n", shown(result.errors));
  if (result.errors > 0) text += "first error  " + result.first_error + "\n";
  if (result.not_sent > 0) {
    text += formatted("not sent     %llu were due, but every connection was waiting\n",
                      shown(result.not_sent));
  }
  return text;
}

std::string results_json(const LoadResult& result) {
  char time[base::kRfc3339BytesMax];
  const std::size_t time_size = base::format_rfc3339(base::wall_clock_now(), time);
  const LatencyHistogram& latency = result.latency;
  std::string text = "{\n  \"timestamp\": \"" + std::string(time, time_size) + "\",\n";
  const auto add_count = [&](const char* key, std::uint64_t value) {
    text += formatted("  \"%s\": %llu,\n", key, shown(value));
  };
  const auto add_number = [&](const char* key, double value) {
    text += formatted("  \"%s\": %.6f,\n", key, value);
  };
  add_number("duration_s", result.seconds);
  add_count("total_ops", result.total());
  add_count("writes", result.writes);
  add_count("reads", result.reads);
  add_count("errors", result.errors);
  add_number("ops_per_sec", result.per_second());
  add_count("messages", result.messages);
  add_number("messages_per_sec", result.messages_per_second());
  add_number("avg_latency_ms", ms(latency.mean_ns()));
  add_number("p50_ms", percentile_ms(latency, 50));
  add_number("p95_ms", percentile_ms(latency, 95));
  add_number("p99_ms", percentile_ms(latency, 99));
  add_number("p99_9_ms", percentile_ms(latency, 99.9));
  add_number("max_ms", ms(static_cast<double>(latency.max_ns())));
  text += formatted("  \"not_sent\": %llu\n}\n", shown(result.not_sent));
  return text;
}

std::string write_results(const LoadResult& result, const std::string& directory) {
  std::error_code error;
  std::filesystem::create_directories(directory, error);
  if (error) return "cannot make " + directory + ": " + error.message();
  const std::string path = directory + "/load-test-results.json";
  std::ofstream file(path);
  file << results_json(result);
  file.close();
  return file ? "" : "cannot write " + path;
}

}  // namespace eventodb::load
