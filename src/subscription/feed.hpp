#pragma once

#include <atomic>
#include <boost/intrusive/list.hpp>
#include <memory>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/arena.hpp"
#include "base/wake_up.hpp"
#include "eventodb/store.hpp"
#include "subscription/event_text.hpp"

namespace eventodb::subscription {

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

  /// Runs until the namespace ends, reading fails or nobody is left.
  Awaitable<void> run();

  Namespace& ns() const { return *ns_; }
  /// Whether read_up_to() is known.
  bool is_started() const { return started_; }
  /// No event follows: the namespace was deleted, the server stops, or reading failed.
  bool is_ended() const { return ended_; }
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
  struct NameHash {
    using is_transparent = void;
    std::size_t operator()(std::string_view name) const {
      return std::hash<std::string_view>()(name);
    }
  };
  using LiveByName = std::unordered_map<std::string, LiveList, NameHash, std::equal_to<>>;

  void head_moved() noexcept override;
  void ended() noexcept override;

  Awaitable<bool> start();
  Awaitable<bool> offer_some(ReadState& state);
  void offer(const MessageView& message, SharedEvent& event);
  void offer(SharedEvent& event, LiveByName& lists, std::string_view name);
  void offer(SharedEvent& event, LiveList& list);
  void wake_all();

  FeedSet& owner_;
  NamespaceHandle ns_;
  bool started_ = false;
  bool ended_ = false;
  GlobalPosition read_up_to_;

  SubscriptionList<JoinedTag> joined_;
  LiveByName live_streams_;
  LiveByName live_categories_;
  LiveList live_all_;
  std::size_t payload_wanted_ = 0;  // joined subscriptions that send messages themselves

  // Written by other threads.
  base::WakeUp wake_;
  std::atomic<bool> stop_{false};
};

/// The feeds of one I/O thread, one for each namespace that has subscribers there.
class FeedSet {
 public:
  explicit FeedSet(base::IoThread& thread) : thread_(thread) {}
  FeedSet(const FeedSet&) = delete;
  FeedSet& operator=(const FeedSet&) = delete;

  /// The namespace's feed; starts one if there is none.
  std::shared_ptr<Feed> open(NamespaceHandle ns);
  /// Ends every subscription of this thread.
  void end_all();

 private:
  friend class Feed;
  void forget(const Feed& feed);
  std::unique_ptr<Stage> take_stage();
  void give_back(std::unique_ptr<Stage> stage);

  base::IoThread& thread_;
  std::unordered_map<const Namespace*, std::shared_ptr<Feed>> feeds_;
  std::vector<std::unique_ptr<Stage>> spare_stages_;
};

}  // namespace eventodb::subscription
