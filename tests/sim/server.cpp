#include "tests/sim/server.h"

#include "bridge/log_messages.h"
#include "bridge/tail.h"
#include "tests/sim/violation.h"

namespace msync::sim {

Server::Server(std::string name, std::shared_ptr<const Collections> collections, Broker& broker,
               Timeline& timeline, Choices& choices, Ledger& ledger)
    : name_(std::move(name)),
      collections_(std::move(collections)),
      broker_(broker),
      timeline_(timeline),
      choices_(choices),
      ledger_(ledger) {}

Server::~Server() = default;

std::unique_ptr<Store> Server::open() {
  auto real = open_store("sqlite::memory:" + name_, timeline_.now_ms());
  return std::make_unique<WatchedStore>(std::move(*real), faults, ledger_, store_);
}

/// What the operating system does when the process has died: nothing is left, and it is started again.
void Server::survive(const std::function<void()>& body) {
  try {
    body();
  } catch (const Died&) {
    die();
  }
}

void Server::start() {
  auto store = open();
  if (!reader_) reader_ = std::move(*open_reader("sqlite::memory:" + name_));
  identity_ = store->identity();
  last_now_ms_ = std::max(last_now_ms_, store->last_time_ms());
  cursors_ = std::make_unique<Cursors>();
  patches_ = Patches(1);  // whatever gets half as large
  for (const auto& behind : reader_->view()->unpublished())
    cursors_->touch(behind.scope.id, behind.published, behind.scope.seq);
  committer_ = std::make_unique<RetryingCommitter>(std::move(store), [this] { return open(); });
  broker_.set_will(
      client, {"sync/status", encode(ServerStatus{false, identity_.epoch, identity_.boot, "sim"}), 1, true});
  broker_.connect(client, *this);
}

void Server::die() {
  ++life_;
  committer_.reset();
  broker_.disconnect(client);
  inbox_.clear();
  pulls_.clear();
  unsaved_cursors_.clear();
  lost_heads_.clear();
  faults.die_in = 0;
  die_at_publish = 0;
  timeline_.after(500 + choices_.below(5000), [this, life = life_] {
    if (life == life_) survive([&] { start(); });
  });
}

std::int64_t Server::now_ms() {
  return last_now_ms_ = std::max(last_now_ms_, timeline_.now_ms());
}

std::uint64_t Server::head(const std::string& topic) {
  return reader_->view()->scope(topic).value_or(ScopeRow{}).seq;
}

// ---- The connection ---------------------------------------------------------------------------------------

void Server::connected() {
  retained_status_.reset();
  for (const Collection& collection : collections_->all()) {
    for (const Leaf leaf : {Leaf::in, Leaf::pull, Leaf::seen})
      broker_.subscribe(client, collection.topic.filter(leaf));
  }
  broker_.subscribe(client, "sync/status");
  timeline_.after(50, [this, life = life_] {
    if (life != life_ || !broker_.is_connected(client)) return;
    survive([&] {
      lost_heads_ = reader_->view()->scopes_since(heads_lost_since(retained_status_, identity_));
      ready_ = true;
      publish({"sync/status", encode(ServerStatus{true, identity_.epoch, identity_.boot, "sim"}), 1, true});
      work();
    });
  });
}

void Server::disconnected() {
  ready_ = false;
  if (cursors_) cursors_->connection_lost();
  if (!committer_) return;
  timeline_.at(std::max(timeline_.now_ms() + 1000, lost_until_ms_), [this, life = life_] {
    if (life == life_) broker_.connect(client, *this);
  });
}

void Server::lose_connection(std::int64_t for_ms) {
  if (!committer_) return;
  lost_until_ms_ = timeline_.now_ms() + for_ms;
  broker_.disconnect(client);
}

void Server::publish(const Publish& message, std::function<void()> done) {
  if (die_at_publish > 0 && --die_at_publish == 0) throw Died();
  broker_.publish(client, message, std::move(done));
}

void Server::deliver(LinkMessage&& message) {
  if (message.topic == "sync/status") {
    if (message.retained) retained_status_ = message.payload;
    return;
  }
  auto inbound = admit(std::move(message), collections_, Broker::stamp_key);
  if (!inbound || inbound->stamp.at_ms <= deaf_until_ms[inbound->stamp.client]) return;
  if (inbound->leaf == Leaf::pull) {
    auto pull = decode_pull(inbound->payload);
    require(pull.ok(), 9, "a phone's pull cannot be read: " + inbound->payload);
    pulls_.emplace_back("sync/" + inbound->stamp.client,
                        PullAnswer(*pull, inbound->stamp.user, inbound->scope, identity_.epoch));
  } else if (inbox_.size() < inbox_max) {
    inbox_.push_back(std::move(*inbound));
  }
  work();
}

// ---- The pipeline's and the publisher's turns -------------------------------------------------------------

void Server::work() {
  if (working_) return;
  working_ = true;
  timeline_.after(1 + choices_.below(4), [this, life = life_] {
    working_ = false;
    if (!committer_ || !ready_) return;
    if (life != life_) return work();
    survive([&] {
      const auto acked = cursors_->take_acked();
      unsaved_cursors_.insert(unsaved_cursors_.end(), acked.begin(), acked.end());
      if (!inbox_.empty() || !unsaved_cursors_.empty()) {
        const std::vector<Inbound> batch(inbox_.begin(), inbox_.end());
        Committed committed;
        try {
          committed = committer_->commit(batch, now_ms(), unsaved_cursors_);
        } catch (const StoreError&) {
          return timeline_.after(200, [this] { work(); });
        }
        unsaved_cursors_.clear();
        require(store_->used_up() == committed.mutations, 8,
                std::to_string(store_->used_up()) + " numbers were used up for " +
                    std::to_string(committed.mutations) + " mutations");
        inbox_.erase(inbox_.begin(), inbox_.begin() + static_cast<std::ptrdiff_t>(committed.messages));
        hand_over(std::move(committed));
      }
      answer_pulls();
      send_heads();
      send_tail();
      if (!inbox_.empty() || !pulls_.empty()) work();
    });
  });
}

void Server::hand_over(Committed&& committed) {
  for (const Touched& touched : committed.touched)
    cursors_->touch(touched.scope.id, touched.head_before, touched.scope.seq);
  for (const Reply& reply : committed.replies) note(reply);
  for (const Reply& reply : committed.replies) publish({reply.topic, reply.payload});
}

/// What is answered goes into the ledger, wherever the answer gets lost.
void Server::note(const Reply& reply) {
  const auto ack = decode_ack(reply.payload);
  if (!ack) return;
  const std::string device = reply.topic.substr(5, reply.topic.find('/', 5) - 5);
  for (MutationResult result : ack->results) {
    const MutationKey key{device.substr(0, device.rfind(':')), ack->src, ack->scope, result.n};
    if (!result.duplicate) {
      ledger_.note_result(key, result);
    } else if (const MutationResult* first = ledger_.result(key);
               first && result.status != Status::processed) {
      result.duplicate = false;
      require(result == *first, 2, to_string(key) + " was answered differently the second time");
    }
  }
}

/// One page of each at a time: the scope may move on between two pages.
void Server::answer_pulls() {
  for (auto pull = pulls_.begin(); pull != pulls_.end();) {
    const auto page = pull->second.next(*reader_, now_ms());
    if (!page) {
      pull = pulls_.erase(pull);
      continue;
    }
    const auto delta = decode_delta(*page);
    require(delta.ok(), 4, "a page cannot be read");
    publish({pull->first + "/delta/" + delta->scope, *page});
    ++pull;
  }
}

void Server::send_heads() {
  for (const ScopeRow& lost : std::exchange(lost_heads_, {})) {
    if (const auto scope = reader_->view()->scope(lost.id)) {
      for (const Publish& message : log_messages(head_delta(*scope), identity_.epoch, now_ms()))
        publish(message);
    }
  }
}

void Server::send_tail() {
  while (const auto work = cursors_->next()) {
    const auto view = reader_->view();
    const auto scope = view->scope(work->scope);
    if (!scope) return;
    // Sometimes small deltas, so that a commit is several.
    const std::uint64_t from = std::max(work->from, scope->horizon);
    Delta delta = choices_.chance(50) ? live_delta(*view, *scope, work->from)
                                      : cut_delta(*view, *scope, from, {1, limits::live_delta_bytes});
    cursors_->sent(scope->id, delta.to, delta.head);
    patches_.shorten(scope->id, delta);
    std::function<void()> done = [this, id = scope->id, to = delta.to, life = life_] {
      if (life != life_) return;
      cursors_->acked(id, to);
      this->work();
    };
    for (const Publish& message : log_messages(delta, identity_.epoch, now_ms()))
      publish(message, std::exchange(done, nullptr));
  }
}

}  // namespace msync::sim
