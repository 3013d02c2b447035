#include "net/debug_endpoint.hpp"

#include <algorithm>
#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "eventodb/limits.hpp"
#include "net/authorize.hpp"
#include "net/debug_pages.hpp"
#include "net/debug_pause.hpp"
#include "net/exchange.hpp"
#include "profiling/profiles.hpp"

namespace eventodb::net {

/// One path. `render` makes its text on the worker's thread; pages without it are served by a
/// function of their own.
struct DebugPage {
  std::string_view path;
  std::string_view about;  ///< for the index; "" for other names of a page
  std::string (*render)();
  bool needs_profiling = true;
  std::string_view content_type = "text/plain; charset=utf-8";
};

namespace {

constexpr std::string_view kCpuProfilePath = "/debug/pprof/profile";
constexpr std::string_view kSymbolPath = "/debug/pprof/symbol";
constexpr std::string_view kHtml = "text/html; charset=utf-8";
constexpr std::string_view kLeftOut =
    "profiling was left out of this build (EVENTODB_PROFILING=OFF or a sanitizer)\n";

std::string index_html();

constexpr std::array<DebugPage, 13> kPages{{
    {kCpuProfilePath, "CPU profile of the next ?seconds=30", nullptr},
    {"/debug/pprof/heap", "live heap, sampled", &profiling::heap_profile},
    {"/debug/pprof/allocs", "allocations since the start, sampled", &profiling::allocation_profile},
    {"/debug/pprof/growth", "where the heap grew", &profiling::growth_profile},
    {"/debug/pprof/threads", "threads with state, CPU time and stack", &threads_text},
    {"/debug/pprof/goroutine", "", &threads_text},
    {kSymbolPath, "names of functions, for pprof", nullptr},
    {"/debug/pprof/cmdline", "how the server was started", &command_line_text, false},
    {"/debug/memstats", "memory of malloc, the process and the program's pools",
     &memory_statistics_json, false, "application/json"},
    {"/debug/pprof/", "", &index_html, false, kHtml},
    {"/debug/pprof", "", &index_html, false, kHtml},
    {"/debug/", "", &index_html, false, kHtml},
    {"/debug", "", &index_html, false, kHtml},
}};

std::string index_html() {
  std::string html = "<!doctype html>\n<title>EventoDB diagnostics</title>\n<ul>\n";
  for (const DebugPage& page : kPages) {
    if (page.about.empty()) continue;
    const std::string path(page.path);
    html += "<li><a href=\"" + path + "\">" + path + "</a>: " + std::string(page.about) + "</li>\n";
  }
  return html + "</ul>\n";
}

const DebugPage* find_page(std::string_view path) {
  const auto* page = std::find_if(kPages.begin(), kPages.end(),
                                  [path](const DebugPage& row) { return row.path == path; });
  return page == kPages.end() ? nullptr : page;
}

void answer(Exchange& exchange, std::string_view content_type, std::string_view body,
            int status = 200) {
  ResponseHead head;
  head.status = status;
  head.content_type = content_type;
  exchange.answer(head, body);
}

bool is_allowed(const RequestHead& head, const DebugPage& page) {
  return head.is("GET") || head.is("HEAD") || (head.is("POST") && page.path == kSymbolPath);
}

Error not_a_time() {
  return {ErrorCode::kInvalidRequest,
          "seconds must be a whole number from 1 to " +
              std::to_string(limits::kCpuProfileTimeMax.count()),
          {}};
}

}  // namespace

Awaitable<void> DebugEndpoint::serve(Exchange& exchange) {
  const bool allowed = co_await authorize_administrator(exchange, authenticator_);
  if (!allowed) co_return;
  const RequestHead& head = exchange.head();
  const DebugPage* page = find_page(head.target.path);
  if (page == nullptr) {
    exchange.refuse({ErrorCode::kNotFound, "no such path", {}});
  } else if (!is_allowed(head, *page)) {
    const bool post = page->path == kSymbolPath;
    exchange.refuse({ErrorCode::kMethodNotAllowed, post ? "use GET or POST" : "use GET", {}},
                    post ? "GET, HEAD, POST" : "GET, HEAD");
  } else if (page->needs_profiling && !profiling::is_built_in()) {
    answer(exchange, page->content_type, kLeftOut, 501);
  } else if (head.is("HEAD")) {
    answer(exchange, page->content_type, {});
  } else {
    co_await serve_page(exchange, *page);
  }
}

Awaitable<void> DebugEndpoint::serve_page(Exchange& exchange, const DebugPage& page) {
  if (page.path == kCpuProfilePath) {
    co_await serve_cpu_profile(exchange);
  } else if (page.path == kSymbolPath) {
    co_await serve_symbols(exchange);
  } else {
    std::string text;
    const std::function<void()> work = [&] { text = page.render(); };
    const bool done = co_await run(exchange, work);
    if (done) answer(exchange, page.content_type, text);
  }
}

Awaitable<void> DebugEndpoint::serve_cpu_profile(Exchange& exchange) {
  const auto time = parse_profile_time(
      query_parameter(exchange.head().target.query, "seconds", exchange.arena()));
  if (!time) {
    exchange.refuse(not_a_time());
    co_return;
  }
  profiling::CpuProfile profile;
  const auto started = profile.start();
  if (started != profiling::CpuProfile::Start::kStarted) {
    const bool busy = started == profiling::CpuProfile::Start::kBusy;
    answer(exchange, "text/plain; charset=utf-8",
           busy ? "another CPU profile is being taken; ask again when it is done\n"
                : "the CPU profile could not be started\n",
           busy ? 409 : 500);
    co_return;
  }
  co_await pause(exchange.connection(), *time);
  std::string bytes;
  const std::function<void()> work = [&] { bytes = profile.finish(); };
  const bool done = co_await worker_.run(work);
  if (!done) work();
  ResponseHead head;
  head.content_type = "application/octet-stream";
  head.extra_fields = "Content-Disposition: attachment; filename=\"cpu.prof\"\r\n";
  exchange.answer(head, bytes);
}

/// GET without a question tells pprof that there are symbols at all.
Awaitable<void> DebugEndpoint::serve_symbols(Exchange& exchange) {
  std::string_view question = exchange.head().target.query;
  if (exchange.head().is("POST")) {
    bool complete = exchange.take_body();
    if (!complete) complete = co_await exchange.read_body();
    if (!complete) co_return;
    question = exchange.body().view();
  }
  const auto addresses = parse_addresses(question);
  if (!addresses) {
    exchange.refuse({ErrorCode::kInvalidRequest, "too many addresses", {}});
    co_return;
  }
  std::string text;
  const std::function<void()> work = [&] { text = symbols_text(*addresses); };
  const bool done = co_await run(exchange, work);
  if (done) answer(exchange, "text/plain; charset=utf-8", text);
}

/// On the worker's thread. False: too much is under way there; the request has been refused.
Awaitable<bool> DebugEndpoint::run(Exchange& exchange, const std::function<void()>& work) {
  const bool done = co_await worker_.run(work);
  if (!done) exchange.refuse({ErrorCode::kOverloaded, "too many diagnostic requests", {}});
  co_return done;
}

}  // namespace eventodb::net
