#include "tests/system/support/phone.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "tests/system/support/protocol_check.h"
#include "tests/system/support/wait.h"

namespace msync::test {

namespace {

// The protocol says 10 s before a client repeats itself; tests have less time.
constexpr std::int64_t repeat_after_ms = 3'000;
constexpr int session_expiry_s = 3'600;

}  // namespace

Operation put(const std::string& id, Json data, std::optional<std::uint64_t> base) {
  return {.op = Op::put, .id = id, .base = base, .ts = {}, .data = std::move(data), .fault = {}};
}

Operation patch(const std::string& id, Json patch, std::optional<std::uint64_t> base) {
  return {.op = Op::patch, .id = id, .base = base, .ts = {}, .data = std::move(patch), .fault = {}};
}

Operation remove(const std::string& id, std::optional<std::uint64_t> base) {
  return {.op = Op::remove, .id = id, .base = base, .ts = {}, .data = {}, .fault = {}};
}

Mutation alone(Operation operation) {
  return {.operations = {std::move(operation)}, .group = false};
}

Mutation together(std::vector<Operation> operations) {
  return {.operations = std::move(operations), .group = true};
}

Phone::Phone(PhoneOptions options) : options_(std::move(options)), src_(random_src()) {
  for (const auto& scope : options_.scopes) replicas_.emplace(scope, Replica(scope));
}

Phone::~Phone() {
  goes_offline();
}

// ---- connection -------------------------------------------------------------------------------------------

std::vector<std::string> Phone::filters() const {
  std::vector<std::string> all = {"sync/" + options_.client_id + "/#", "sync/status"};
  if (options_.reads) {
    for (const auto& scope : options_.scopes) all.push_back(scope + "/log");
  }
  return all;
}

void Phone::goes_online() {
  if (link_) return;
  open_link();
}

void Phone::open_link() {
  LinkOptions options;
  options.broker = options_.broker;
  options.client_id = options_.client_id;
  options.token = [token = options_.token] { return token; };
  options.clean_start = options_.clean_start;
  options.session_expiry_s = session_expiry_s;
  Link::Handlers handlers;
  handlers.message = [this](LinkMessage&& message) {
    const std::scoped_lock lock(mutex_);
    inbox_.push_back({std::move(message.topic), std::move(message.payload), message.retained});
  };
  handlers.connected = [this](bool) {
    const std::scoped_lock lock(mutex_);
    connected_ = fresh_connection_ = true;
  };
  handlers.disconnected = [this](const std::string& why) {
    const std::scoped_lock lock(mutex_);
    if (connected_) ++disconnections_;
    last_disconnection_ = why;
    connected_ = false;
  };
  link_ = std::make_unique<Link>(std::move(options), std::move(handlers));
  link_->subscribe(filters());
  link_->open();
}

void Phone::goes_offline() {
  if (!link_) return;
  link_->close();
  link_.reset();
  const std::scoped_lock lock(mutex_);
  connected_ = false;
}

bool Phone::connected() const {
  const std::scoped_lock lock(mutex_);
  return connected_;
}

int Phone::disconnections() const {
  const std::scoped_lock lock(mutex_);
  return disconnections_;
}

std::string Phone::last_disconnection() const {
  const std::scoped_lock lock(mutex_);
  return last_disconnection_;
}

// ---- writes -----------------------------------------------------------------------------------------------

std::uint64_t Phone::writes(const std::string& id, const Json& data) {
  return mutates(alone(put(id, data, version(id))));
}

std::uint64_t Phone::patches(const std::string& id, const Json& change) {
  return mutates(alone(patch(id, change, version(id))));
}

std::uint64_t Phone::deletes(const std::string& id) {
  return mutates(alone(remove(id, version(id))));
}

std::uint64_t Phone::mutates(Mutation mutation) {
  return mutates_all({std::move(mutation)});
}

std::uint64_t Phone::mutates_all(std::vector<Mutation> mutations) {
  const std::uint64_t first = next_n_;
  for (auto& mutation : mutations) {
    for (auto& operation : mutation.operations) {
      if (!operation.ts) operation.ts = now_ms();
    }
    outbox_.push_back({next_n_++, std::move(mutation)});
  }
  pump();
  return first;
}

Published Phone::sends(const std::string& topic, const std::string& payload, bool retained,
                       std::vector<std::pair<std::string, std::string>> properties) {
  if (!link_) return {};
  return link_->publish_and_wait(
      {.topic = topic, .payload = payload, .retained = retained, .user_properties = std::move(properties)});
}

std::string Phone::as_payload(const std::string& json) const {
  return options_.cbor ? to_cbor(Json::parse(json)) : json;
}

bool Phone::publish(const std::string& topic, std::string payload) {
  expect_valid(topic, payload);
  return link_ && link_->publish({.topic = topic, .payload = std::move(payload)});
}

void Phone::send_in(std::vector<Pending>::const_iterator first, std::vector<Pending>::const_iterator last) {
  InMessage message{.epoch = status_.epoch, .src = src_, .n = first->n, .mutations = {}};
  for (auto entry = first; entry != last; ++entry) message.mutations.push_back(entry->mutation);
  publish(scope() + "/in", as_payload(encode(message)));
}

void Phone::send_outbox() {
  if (outbox_.empty() || status_.epoch.empty() || !status_.online || moving_) return;
  if (sent_ > 0 && now_ms() - outbox_sent_ms_ > repeat_after_ms) sent_ = 0;
  sent_ = std::min(sent_, outbox_.size());
  const std::size_t end = std::min(outbox_.size(), limits::max_unacked);
  while (sent_ < end) {
    const std::size_t next = std::min(end, sent_ + limits::max_mutations);
    send_in(outbox_.begin() + static_cast<std::ptrdiff_t>(sent_),
            outbox_.begin() + static_cast<std::ptrdiff_t>(next));
    sent_ = next;
    outbox_sent_ms_ = now_ms();
  }
}

// ---- reads ------------------------------------------------------------------------------------------------

void Phone::pulls(const std::string& scope) {
  send_pull(scope);
}

void Phone::send_pull(const std::string& scope) {
  const Replica& replica = replicas_.at(scope);
  PullState& state = pulls_[scope];
  state.rid = std::to_string(++rids_);
  state.sent_ms = now_ms();
  Json pull = {{"rid", state.rid}, {"src", src_}, {"since", replica.seq()}};
  if (!replica.epoch().empty()) pull["epoch"] = replica.epoch();
  if (replica.snap() != 0) pull["snap"] = replica.snap();
  if (options_.limit != 0) pull["limit"] = options_.limit;
  if (!options_.accept.empty()) pull["accept"] = options_.accept;
  publish(scope + "/pull", as_payload(to_text(pull)));
}

void Phone::ask_for_missing() {
  if (!options_.reads || !status_.online) return;
  for (auto& [scope, replica] : replicas_) {
    PullState& state = pulls_[scope];
    const bool waiting = !state.rid.empty() && now_ms() - state.sent_ms < repeat_after_ms;
    const bool overdue = now_ms() - acked_ms_ > repeat_after_ms && !has_what_it_was_told_of(scope, replica);
    const bool other = !replica.epoch().empty() && replica.epoch() != status_.epoch;
    if (waiting) continue;
    state.rid
        .clear();  // the answer was lost, perhaps with the bridge; if something is still missing, it is asked for again
    if (!replica.at_head() || overdue || other) send_pull(scope);
  }
}

// What was acknowledged as stored comes by the log, a little later than the ack.
bool Phone::has_what_it_was_told_of(const std::string& scope, const Replica& replica) const {
  return scope != this->scope() || replica.seq() >= acked_head_;
}

std::string Phone::state() const {
  std::string text = connected() ? "connected" : "not connected";
  text += status_.online ? ", server online, boot " : ", server offline, boot ";
  text += std::to_string(status_.boot) + ", unacknowledged " + std::to_string(outbox_.size());
  if (!outbox_.empty()) text += " from n=" + std::to_string(outbox_.front().n);
  text += ", sent " + std::to_string(sent_) + ", " + std::to_string(now_ms() - outbox_sent_ms_) + " ms ago";
  if (!acks_.empty()) text += ", last ack " + encode(acks_.back()).substr(0, 300);
  for (const auto& [scope, replica] : replicas_) {
    text += "; " + scope + " at " + std::to_string(replica.seq()) + (replica.at_head() ? " (head)" : "");
  }
  return text;
}

bool Phone::settled() const {
  if (!connected() || !outbox_.empty() || moving_) return false;
  if (!options_.reads) return true;
  return std::all_of(replicas_.begin(), replicas_.end(), [this](const auto& entry) {
    const auto pull = pulls_.find(entry.first);
    return entry.second.at_head() && has_what_it_was_told_of(entry.first, entry.second) &&
           (pull == pulls_.end() || pull->second.rid.empty());
  });
}

Replica& Phone::replica(const std::string& scope) {
  return replicas_.at(scope.empty() ? this->scope() : scope);
}

Json Phone::holds(const std::string& id) {
  const auto& documents = replica().documents();
  const auto found = documents.find(id);
  return found == documents.end() ? Json() : found->second.data;
}

std::uint64_t Phone::version(const std::string& id) {
  const auto& documents = replica().documents();
  const auto found = documents.find(id);
  return found == documents.end() ? 0 : found->second.version;
}

bool Phone::acknowledged(std::uint64_t n) const {
  return acknowledged_ >= n;
}

const MutationResult* Phone::result(std::uint64_t n) const {
  const auto found = results_.find(n);
  return found == results_.end() ? nullptr : &found->second;
}

// ---- what arrives -----------------------------------------------------------------------------------------

std::deque<Received> Phone::take_inbox() {
  const std::scoped_lock lock(mutex_);
  if (fresh_connection_) {
    fresh_connection_ = false;
    sent_ = 0;
    for (auto& [scope, pull] : pulls_) pull.rid.clear();
  }
  return std::exchange(inbox_, {});
}

void Phone::pump() {
  for (auto& message : take_inbox()) {
    handle(message);
    received_.push_back(std::move(message));
  }
  if (!connected()) return;
  send_outbox();
  ask_for_missing();
}

void Phone::handle(const Received& message) {
  expect_valid(message.topic, message.payload);
  const std::string kind = kind_of(message.topic);
  if (kind == "ack") {
    if (auto ack = decode_ack(message.payload)) on_ack(*ack);
  } else if (kind == "delta") {
    if (auto delta = decode_delta(message.payload)) on_delta(*delta);
  } else if (kind == "notice") {
    if (auto notice = decode_notice(message.payload)) notices_.push_back(*notice);
  } else if (kind == "status") {
    if (auto status = decode_status(message.payload)) on_status(*status);
  }
}

void Phone::on_ack(const Ack& ack) {
  acks_.push_back(ack);
  if (restore_expected_ && ack.src != src_) return;  // of the former history
  EXPECT_EQ(ack.src, src_);
  if (ack.stale || ack.scope != scope()) return;
  if (ack.gap) {
    sent_ = 0;  // from last + 1 on: what the ack covers leaves the outbox below
  } else {
    acknowledged_ = std::max(acknowledged_, ack.n);
  }
  acked_head_ = std::max(acked_head_, ack.head);
  acked_ms_ = now_ms();
  for (const auto& result : ack.results) results_.emplace(result.n, result);
  const auto covered = [&](const Pending& entry) { return entry.n <= ack.n; };
  const auto dropped = std::erase_if(outbox_, covered);
  sent_ -= std::min(sent_, dropped);
  outbox_sent_ms_ = now_ms();
}

void Phone::on_delta(const Delta& delta) {
  const auto found = replicas_.find(delta.scope);
  if (found == replicas_.end()) return;
  PullState& pull = pulls_[delta.scope];
  const bool page = !delta.rid.empty();
  if (page) pages_.push_back(delta);
  if (page && delta.rid != pull.rid) return;  // of a pull that was given up
  found->second.take(delta);
  if (page && delta.last) pull.rid.clear();
  if (moving_ && delta.scope == scope() && delta.epoch == status_.epoch && delta.n)
    move_to_new_epoch(*delta.n);
}

void Phone::move_to_new_epoch(std::uint64_t n) {
  moving_ = false;
  for (const auto& [number, result] : results_)
    if (number > n && stored(result.status)) lost_.push_back(number);
  std::erase_if(outbox_, [&](const Pending& entry) { return entry.n <= n; });
  src_ = random_src();
  next_n_ = 1;
  sent_ = 0;
  acknowledged_ = acked_head_ = 0;
  results_.clear();
  for (auto& entry : outbox_) {
    entry.n = next_n_++;
    for (auto& operation : entry.mutation.operations)
      if (operation.base) operation.base = version(operation.id);
  }
}

void Phone::on_status(const ServerStatus& status) {
  if (!restore_expected_ && !status_.epoch.empty() && status.online && !status.epoch.empty()) {
    EXPECT_EQ(status.epoch, status_.epoch) << "the epoch changed without a restore";
  }
  const std::string known = status_.epoch;
  status_ = status;
  if (status_.epoch.empty()) status_.epoch = known;
  moving_ = moving_ || (status.online && !known.empty() && status_.epoch != known && options_.reads);
}

}  // namespace msync::test
