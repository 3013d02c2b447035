#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.hpp"
#include "base/hash64.hpp"
#include "base/wake_up.hpp"
#include "eventodb/store.hpp"
#include "subscription/buffer_pool.hpp"
#include "subscription/event_text.hpp"
#include "subscription/pace.hpp"

namespace eventodb::subscription {

/// The position after this one; the greatest one follows itself.
template <class AnyPosition>
AnyPosition following(AnyPosition position) {
  constexpr auto kLast = std::numeric_limits<std::int64_t>::max();
  return {position.value == kLast ? kLast : position.value + 1};
}

class FeedSet;
class Subscription;

/// What one read of the log found, copied, because a read may run on a storage thread. Taken from
/// the FeedSet for one batch, so that its memory does not grow with the number of feeds.
class Stage final : public MessageVisitor {
 public:
  Stage();

  /// Empties it. With `payload` the messages are kept whole, else only names and positions.
  void reset(bool payload);
  bool visit(const MessageView& message) override;
  const std::vector<MessageView>& messages() const { return messages_; }
  SharedEvent& event() { return event_; }

 private:
  base::Arena arena_;
  std::vector<MessageView> messages_;
  std::size_t bytes_ = 0;
  bool payload_ = false;
  SharedEvent event_;
};

/// Hooks of the two lists a subscription can be in; both unlink when the subscription goes.
struct JoinedTag;
struct LiveTag;
template <class Tag>
using ListHook =
    boost::intrusive::list_base_hook<boost::intrusive::tag<Tag>,
                                     boost::intrusive::link_mode<boost::intrusive::auto_unlink>>;
template <class Tag>
using SubscriptionList =
    boost::intrusive::list<Subscription, boost::intrusive::base_hook<ListHook<Tag>>,
                           boost::intrusive::constant_time_size<false>>;

/// The new messages of one namespace on one I/O thread: read once, in order, and offered to the
/// live subscriptions they match. The writer only says "the head moved"; what a subscription gets
/// is always read from the log, so no queue can overflow and lose anything.
/// All functions but HeadListener's run on the I/O thread.
class Feed final : public HeadListener, public std::enable_shared_from_this<Feed> {
 public:
  Feed(FeedSet& owner, NamespaceHandle ns);

  /// Runs until the namespace ends, reading fails or nobody is left. Throws only
  /// what its last line of the log does.
  Awaitable<void> run();

  Namespace& ns() const { return *ns_; }
  BufferPool& buffers() const;
  /// Whether read_up_to() is known.
  bool is_started() const { return started_; }
  /// No event follows: the namespace was deleted, the server stops, or reading failed.
  bool is_ended() const { return ended_; }
  /// Why it ended, unless it was told to.
  const std::optional<Error>& failure() const { return failure_; }
  /// Every message up to here has been offered; every later one will be.
  GlobalPosition read_up_to() const { return read_up_to_; }

  void join(Subscription& subscription);
  void leave(Subscription& subscription);
  /// From now on the subscription is offered what comes after read_up_to().
  void go_live(Subscription& subscription);
  /// Ends all subscriptions; run() returns soon.
  void end();

 private:
  using LiveList = SubscriptionList<LiveTag>;
  using LiveByName = std::unordered_map<std::string, LiveList, base::KeyedHash, std::equal_to<>>;

  void head_moved() noexcept override;
  void ended() noexcept override;

  Awaitable<Result<void>> follow();
  Awaitable<Result<ReadState>> offer_some();
  void offer(const MessageView& message, SharedEvent& event);
  // False: nobody took it.
  bool offer(SharedEvent& event, LiveByName& lists, std::string_view name);
  bool offer(SharedEvent& event, LiveList& list);
  void wake_all();

  FeedSet& owner_;
  NamespaceHandle ns_;
  bool started_ = false;
  bool ended_ = false;
  std::optional<Error> failure_;
  GlobalPosition read_up_to_;
  std::size_t told_ = 0;  // messages of the last batch that somebody took

  SubscriptionList<JoinedTag> joined_;
  LiveByName live_streams_;
  LiveByName live_categories_;
  LiveList live_all_;
  std::size_t payload_wanted_ = 0;  // joined subscriptions that send messages themselves

  RestTimer rest_timer_;
  base::WakeUp turn_;  // the feed's own, after others

  // Written by other threads.
  base::WakeUp wake_;
  std::atomic<bool> stop_{false};
};

/// The feeds of one I/O thread, one for each namespace that has subscribers there. All functions
/// run on that thread. REQUIRES: the thread's loop runs until every feed has ended; a feed is
/// outstanding work of it and ends with its last subscription.
class FeedSet {
 public:
  explicit FeedSet(base::IoThread& thread) : FeedSet(thread, Pace::usual()) {}
  /// The pace must outlive it.
  FeedSet(base::IoThread& thread, Pace& pace) : thread_(thread), pace_(pace) {}
  FeedSet(const FeedSet&) = delete;
  FeedSet& operator=(const FeedSet&) = delete;

  /// The namespace's feed; starts one if there is none. It ends when its last subscription goes.
  std::shared_ptr<Feed> open(NamespaceHandle ns);
  BufferPool& buffers() { return buffers_; }

 private:
  friend class Feed;
  void forget(const Feed& feed);
  std::unique_ptr<Stage> take_stage();
  void give_back(std::unique_ptr<Stage> stage);

  base::IoThread& thread_;
  Pace& pace_;
  BufferPool buffers_;
  std::unordered_map<const Namespace*, std::shared_ptr<Feed>> feeds_;
  std::vector<std::unique_ptr<Stage>> spare_stages_;
};

}  // namespace eventodb::subscription
