#include "net/debug_endpoint.hpp"

#include <algorithm>
#include <array>

#include "net/authorize.hpp"
#include "net/debug_answer.hpp"
#include "net/debug_cpu_profile.hpp"
#include "net/debug_pages.hpp"
#include "net/exchange.hpp"
#include "profiling/profiles.hpp"

namespace eventodb::net {

/// One path and what makes its text. Without a function it is served in its own way.
struct DebugEndpoint::Page {
  std::string_view path;
  std::string_view about;
  std::string (*render)();
  bool needs_profiling;
  std::string_view content_type = "text/plain; charset=utf-8";
};

namespace {

constexpr std::string_view kCpuProfile = "/debug/pprof/profile";
constexpr std::string_view kSymbol = "/debug/pprof/symbol";

constexpr std::string_view kLeftOut =
    "profiling was left out of this build (EVENTODB_PROFILING=OFF or a sanitizer)\n";

}  // namespace

const DebugEndpoint::Page* DebugEndpoint::find_page(std::string_view path) {
  static constexpr std::string_view kHtml = "text/html; charset=utf-8";
  static constexpr std::array<Page, 14> kPages{{
      {kCpuProfile, "CPU profile of ?seconds=30", nullptr, true},
      {"/debug/pprof/heap", "live heap, sampled", &profiling::heap_profile, true},
      {"/debug/pprof/allocs", "allocations since the start, sampled",
       &profiling::allocation_profile, true},
      {"/debug/pprof/growth", "where the heap grew", &profiling::growth_profile, true},
      {"/debug/pprof/threads", "threads: state, CPU time, stack", &threads_text, true},
      {"/debug/pprof/goroutine", "", &threads_text, true},
      {"/debug/pprof/cmdline", "how the server was started", &command_line_text, false},
      {kSymbol, "function names of addresses", nullptr, true},
      {"/debug/memstats", "memory of malloc, process and pools", &memory_statistics_json, false,
       "application/json"},
      {"/debug", "", &index_html, false, kHtml},
      {"/debug/", "", &index_html, false, kHtml},
      {"/debug/pprof", "", &index_html, false, kHtml},
      {"/debug/pprof/", "", &index_html, false, kHtml},
      {"/debug/pprof/index", "", &index_html, false, kHtml},
  }};
  const auto* page = std::find_if(kPages.begin(), kPages.end(),
                                  [path](const Page& row) { return row.path == path; });
  return page == kPages.end() ? nullptr : page;
}

std::string DebugEndpoint::index_html() {
  return "";
}

}  // namespace eventodb::net
