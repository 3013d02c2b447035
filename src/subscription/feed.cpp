#include "subscription/feed.hpp"

#include <spdlog/spdlog.h>

#include <utility>

#include "base/logging.hpp"
#include "base/spawn.hpp"
#include "eventodb/limits.hpp"
#include "subscription/subscription.hpp"

namespace eventodb::subscription {

namespace {
/// Most feeds read from memory and are done with their stage at once; few are in use together.
constexpr std::size_t kSpareStagesMax = 4;
}  // namespace

Stage::Stage() : arena_(2 * limits::kFeedStageBytes) {
  messages_.reserve(limits::kFeedStageMessages);
}

void Stage::reset(bool payload) {
  arena_.reset();
  messages_.clear();
  bytes_ = 0;
  payload_ = payload;
}

bool Stage::visit(const MessageView& message) {
  MessageView copy = message;
  copy.stream = arena_.copy(message.stream);
  copy.type = payload_ ? arena_.copy(message.type) : std::string_view();
  copy.data = payload_ ? arena_.copy(message.data) : std::string_view();
  copy.metadata = payload_ ? arena_.copy(message.metadata) : std::string_view();
  bytes_ += copy.stream.size() + copy.type.size() + copy.data.size() + copy.metadata.size();
  messages_.push_back(copy);
  return messages_.size() < limits::kFeedStageMessages && bytes_ < limits::kFeedStageBytes;
}

Feed::Feed(FeedSet& owner, NamespaceHandle ns)
    : owner_(owner), ns_(std::move(ns)), rest_timer_(owner.thread_) {}

BufferPool& Feed::buffers() const {
  return owner_.buffers_;
}

Awaitable<void> Feed::run() {
  const auto self = shared_from_this();
  bool watching = false;
  try {
    ns_->watch(*this);
    watching = true;
    const auto followed = co_await follow();
    if (!followed) failure_ = followed.error();
  } catch (const std::exception& problem) {
    failure_ = Error{ErrorCode::kInternalError, problem.what(), {}};
  }
  if (watching) ns_->unwatch(*this);
  owner_.forget(*this);
  ended_ = true;
  wake_all();
  if (failure_ && failure_->code != ErrorCode::kNamespaceNotFound) {  // last: it may throw
    spdlog::error("subscriptions of namespace {} ended: {}", base::loggable(ns_->id()),
                  failure_->message);
  }
}

/// Offers what is new until end().
Awaitable<Result<void>> Feed::follow() {
  const auto head = co_await ns_->head();
  if (!head) co_return head.error();
  read_up_to_ = *head;
  started_ = true;
  wake_all();
  auto began = owner_.pace_.now();
  while (!stop_.load(std::memory_order_acquire)) {
    const auto state = co_await offer_some();
    if (!state) co_return state.error();
    if (*state == ReadState::kMore) {
      // Requests of this thread take their turn between two batches.
      co_await base::next_turn();
    } else {
      if (told_ > 1) {  // one that comes alone waits for nobody, and nobody for it
        turn_.notify();
        co_await turn_.wait();  // behind all that were told
        owner_.pace_.rest(rest_timer_, rest_after(owner_.pace_.now() - began), turn_);
        co_await turn_.wait();  // whoever ends the feed waits, too: it is short
      }
      co_await wake_.wait();
      told_ = 0;
      began = owner_.pace_.now();
    }
  }
  co_return Result<void>();
}

/// Reads a batch of what follows read_up_to() and offers it.
Awaitable<Result<ReadState>> Feed::offer_some() {
  auto stage = owner_.take_stage();
  stage->reset(payload_wanted_ != 0);
  CategoryCursor cursor;
  cursor.next = following(read_up_to_);
  cursor.remaining = -1;
  const auto state = co_await ns_->read_category(cursor, *stage);
  for (const MessageView& message : stage->messages()) offer(message, stage->event());
  owner_.give_back(std::move(stage));
  co_return state;
}

void Feed::offer(const MessageView& message, SharedEvent& event) {
  event.reset(message);
  bool told = offer(event, live_all_);
  if (!live_streams_.empty()) told |= offer(event, live_streams_, message.stream);
  if (!live_categories_.empty()) {
    told |= offer(event, live_categories_, category_of(message.stream));
  }
  if (told) ++told_;
  read_up_to_ = message.global_position;
}

bool Feed::offer(SharedEvent& event, LiveByName& lists, std::string_view name) {
  const auto found = lists.find(name);
  if (found == lists.end()) return false;
  const bool told = offer(event, found->second);
  if (found->second.empty()) lists.erase(found);
  return told;
}

bool Feed::offer(SharedEvent& event, LiveList& list) {
  bool told = false;
  for (auto at = list.begin(); at != list.end();) {
    Subscription& subscription = *at++;  // it may unlink itself
    told |= subscription.offer(event);
  }
  return told;
}

void Feed::join(Subscription& subscription) {
  joined_.push_back(subscription);
  if (subscription.request().payload) ++payload_wanted_;
}

void Feed::leave(Subscription& subscription) {
  if (subscription.request().payload) --payload_wanted_;
  subscription.ListHook<JoinedTag>::unlink();
  if (subscription.ListHook<LiveTag>::is_linked()) subscription.ListHook<LiveTag>::unlink();
  const Request& request = subscription.request();
  if (request.kind != Kind::kAll) {
    LiveByName& lists = request.kind == Kind::kStream ? live_streams_ : live_categories_;
    const auto found = lists.find(request.name);
    if (found != lists.end() && found->second.empty()) lists.erase(found);
  }
  if (joined_.empty()) {
    owner_.forget(*this);
    end();
  }
}

void Feed::go_live(Subscription& subscription) {
  const Request& request = subscription.request();
  switch (request.kind) {
    case Kind::kStream:
      live_streams_[request.name].push_back(subscription);
      break;
    case Kind::kCategory:
      live_categories_[request.name].push_back(subscription);
      break;
    case Kind::kAll:
      live_all_.push_back(subscription);
      break;
  }
}

void Feed::end() {
  stop_.store(true, std::memory_order_release);
  wake_.notify();
}

void Feed::wake_all() {
  for (Subscription& subscription : joined_) subscription.wake();
}

void Feed::head_moved() noexcept {
  wake_.notify();
}

void Feed::ended() noexcept {
  end();
}

std::shared_ptr<Feed> FeedSet::open(NamespaceHandle ns) {
  const auto found = feeds_.find(ns.get());
  if (found != feeds_.end()) return found->second;
  auto feed = std::make_shared<Feed>(*this, std::move(ns));
  feeds_.emplace(&feed->ns(), feed);
  try {
    base::spawn(thread_.context(), feed->run());
  } catch (...) {
    forget(*feed);  // nobody may wait for one that does not run
    throw;
  }
  return feed;
}

void FeedSet::forget(const Feed& feed) {
  const auto found = feeds_.find(&feed.ns());
  if (found != feeds_.end() && found->second.get() == &feed) feeds_.erase(found);
}

std::unique_ptr<Stage> FeedSet::take_stage() {
  if (spare_stages_.empty()) return std::make_unique<Stage>();
  auto stage = std::move(spare_stages_.back());
  spare_stages_.pop_back();
  return stage;
}

void FeedSet::give_back(std::unique_ptr<Stage> stage) {
  if (spare_stages_.size() < kSpareStagesMax) spare_stages_.push_back(std::move(stage));
}

}  // namespace eventodb::subscription
