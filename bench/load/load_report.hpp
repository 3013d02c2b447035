#pragma once

#include <string>

#include "load/load_result.hpp"

namespace eventodb::load {

/// The line printed every second.
std::string progress_line(int second, const LoadResult& so_far, const LatencyHistogram& interval);

/// What is printed at the end.
std::string summary(const LoadResult& result);

/// The text of load-test-results.json: timestamp duration_s total_ops writes reads errors
/// ops_per_sec avg_latency_ms, then p50_ms p95_ms p99_ms p99_9_ms max_ms not_sent.
std::string results_json(const LoadResult& result);

/// Writes it into `directory`, which is made when missing. Empty on success, else what is wrong.
std::string write_results(const LoadResult& result, const std::string& directory);

}  // namespace eventodb::load
