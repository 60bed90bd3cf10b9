#include "tests/chaos/client/client.h"

#include <fstream>
#include <random>
#include <sstream>

namespace msync::chaos {

namespace {

// The protocol's waits, shortened.
constexpr std::int64_t head_wait_ms = 3'000;  // 10 s
constexpr std::int64_t ack_wait_ms = 3'000;   // 10 s
constexpr std::int64_t pull_wait_ms = 3'000;
constexpr std::int64_t backoff_ms = 500;        // 1 s
constexpr std::int64_t backoff_max_ms = 8'000;  // 60 s
constexpr std::int64_t renew_ms =
    16'000;  // 15 min; below that the link takes it for a connection that breaks at once
constexpr std::int64_t seen_every_ms = 5'000;  // 60 s
constexpr std::size_t unacked = 60;
constexpr std::size_t mutations_a_message = 12;
constexpr std::size_t outbox_max = 400;  // the user waits when so much waits

std::int64_t backoff(int failures, std::uint64_t jitter) {
  const std::int64_t pause = std::min(backoff_max_ms, backoff_ms << std::min(failures, 6));
  return pause / 2 + static_cast<std::int64_t>(jitter % static_cast<std::uint64_t>(pause));
}

/// Of this process alone: a client that was killed must not write the same again, under the same names.
std::uint64_t own_seed(const std::string& name, std::uint64_t seed) {
  std::random_device dice;
  return seed ^ std::hash<std::string>{}(name) ^ (std::uint64_t{dice()} << 32U | dice());
}

std::string file_name(std::string id) {
  for (char& c : id) c = c == ':' ? '.' : c;
  return id;
}

}  // namespace

std::string whole(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

Client::Client(ClientOptions options)
    : options_(std::move(options)),
      name_(options_.client_id),
      user_(name_.substr(0, name_.rfind(':'))),
      history_(options_.folder + "/" + file_name(name_) + ".jsonl"),
      journal_(options_.folder + "/" + file_name(name_) + ".journal"),
      writer_(name_, own_seed(name_, options_.seed)) {
  std::string src = random_src();
  for (const auto& scope : options_.scopes) {
    auto& replica = replicas_.try_emplace(scope, scope, user_, src).first->second;
    const Json stored = journal_.get(scope);
    if (!stored.is_null()) replica.load(stored);
    store(scope);
    work_[scope];
  }
  history_.record("start", {{"client", name_},
                            {"user", user_},
                            {"scopes", options_.scopes},
                            {"reader", options_.read_only},
                            {"clock_ms", options_.clock_ms}});
  LinkOptions link;
  link.broker = options_.broker;
  link.client_id = name_;
  link.token = [this] { return filled_token(); };
  link.clean_start = false;
  link.session_expiry_s = 3600;
  link.keep_alive_s = 4;
  link.receive_max = 100;
  Link::Handlers handlers;
  handlers.message = [this](LinkMessage&& message) {
    const std::lock_guard lock(mutex_);
    inbox_.push_back({std::move(message.topic), std::move(message.payload), mono_ms()});
    arrived_.notify_one();
  };
  handlers.connected = [this](bool) {
    const std::lock_guard lock(mutex_);
    inbox_.push_back({"", "", mono_ms()});
    arrived_.notify_one();
  };
  link_ = std::make_unique<Link>(std::move(link), std::move(handlers));
  std::vector<std::string> filters = options_.filters;
  filters.push_back("sync/status");
  filters.push_back("sync/" + name_ + "/#");
  link_->subscribe(std::move(filters));
}

std::int64_t Client::clock() const {
  return wall_ms() + options_.clock_ms + (options_.corrects_clock ? correction_ : 0);
}

void Client::store(const std::string& scope) {
  auto& replica = replicas_.at(scope);
  for (Json& event : replica.take_events()) {
    const std::string name = event.at("ev");
    history_.record(name.c_str(), std::move(event));
  }
  journal_.put(scope, replica.to_json());
}

void Client::run() {
  link_->open();
  for (;;) {
    std::deque<Arrived> messages;
    {
      std::unique_lock lock(mutex_);
      arrived_.wait_for(lock, std::chrono::milliseconds(40), [this] { return !inbox_.empty(); });
      messages.swap(inbox_);
    }
    for (const auto& message : messages) {
      if (!message.topic.empty())
        handle(message);
      else if (message.payload.empty())
        on_connected();
      else
        on_token(message);
    }
    look_at_phase();
    look_at_token();
    for (const auto& scope : options_.scopes) tick(scope);
    if (quiet_ != 0) say_settled();
    if (link_->is_connected() && connected_at_ != 0 && mono_ms() > renew_at_) {
      renew_at_ = mono_ms() + renew_ms;
      link_->reconnect();  // and subscribes again
    }
  }
}

void Client::on_connected() {
  connected_at_ = mono_ms();
  renew_at_ = connected_at_ + renew_ms + static_cast<std::int64_t>(writer_.pick(renew_ms / 2));
  history_.record("connected", Json::object());
  for (auto& [scope, work] : work_) {
    work.rid.clear();
    work.head_told = false;
    work.sent = 0;
    work.in_sent = 0;
  }
}

bool Client::wants_pull(const std::string& scope) const {
  const auto& replica = replicas_.at(scope);
  const auto& work = work_.at(scope);
  const bool online = status_.value("state", "") == "online";
  if (!online) return false;
  const std::string epoch = status_.value("epoch", "");
  return !work.pulled || !replica.whole() || epoch > replica.epoch() ||
         (!work.head_told && mono_ms() > connected_at_ + head_wait_ms);
}

void Client::tick(const std::string& scope) {
  auto& work = work_.at(scope);
  const auto now = mono_ms();
  if (quiet_ == 0 && !options_.read_only && now > work.next_write) {
    if (work.next_write != 0) write_something(scope);
    const auto pause = static_cast<std::uint64_t>(options_.pause_ms) * options_.scopes.size();
    work.next_write = now + 1 + static_cast<std::int64_t>(writer_.pick(2 * pause));
  }
  if (connected_at_ == 0 || !link_->is_connected() || !may(scope)) return;
  if (!work.rid.empty() && now > work.pull_sent + pull_wait_ms) {
    work.rid.clear();
    work.pull_after = now + backoff(work.pull_failures++, writer_.dice()());
  }
  if (work.rid.empty() && now > work.pull_after && wants_pull(scope)) pull(scope);
  send_outbox(scope);
  say_seen(scope);
}

void Client::pull(const std::string& scope) {
  const auto& replica = replicas_.at(scope);
  auto& work = work_.at(scope);
  work.rid = std::to_string(++rids_) + "." + random_uid(writer_.dice()).substr(0, 6);
  work.pull_src = replica.src();
  work.pull_sent = mono_ms();
  Json message = {{"rid", work.rid}, {"src", replica.src()}};
  if (!replica.moving()) message["acked"] = replica.acked();  // else it is of another epoch
  if (!replica.epoch().empty()) message["epoch"] = replica.epoch();
  message["since"] = replica.wants_snapshot() ? 0 : replica.seq();
  if (replica.snap() != 0 && !replica.wants_snapshot()) message["snap"] = replica.snap();
  if (writer_.chance(30)) message["limit"] = 1 + writer_.pick(6);
  if (options_.cbor) message["accept"] = {"cbor"};
  history_.record("pull", {{"scope", scope}, {"msg", message}});
  publish(scope + "/pull", message);
}

void Client::send_outbox(const std::string& scope) {
  auto& replica = replicas_.at(scope);
  auto& work = work_.at(scope);
  if (!work.pulled || replica.moving() || replica.epoch().empty()) return;
  if (status_.value("epoch", "") != replica.epoch()) return;
  if (replica.number(unacked)) store(scope);
  const auto now = mono_ms();
  if (work.sent > 0 && now > work.in_sent + ack_wait_ms + backoff(work.in_failures, writer_.dice()())) {
    work.sent = 0;
    ++work.in_failures;
  }
  const auto& outbox = replica.outbox();
  while (work.sent < outbox.size() && outbox[work.sent].n != 0) {
    std::size_t count = 1;
    while (count < mutations_a_message && work.sent + count < outbox.size() &&
           outbox[work.sent + count].n != 0)
      ++count;
    send_in(scope, work.sent, count);
    work.sent += count;
    work.in_sent = now;
  }
}

void Client::send_in(const std::string& scope, std::size_t first, std::size_t count) {
  const auto& replica = replicas_.at(scope);
  Json message = {{"epoch", replica.epoch()}, {"src", replica.src()}, {"n", replica.outbox()[first].n}};
  Json uids = Json::array();
  for (std::size_t i = first; i < first + count; ++i) {
    message["mutations"].push_back(replica.outbox()[i].mutation);
    uids.push_back(replica.outbox()[i].uid);
  }
  history_.record("send", {{"scope", scope}, {"uids", uids}, {"msg", message}});
  publish(scope + "/in", message);
}

void Client::write_something(const std::string& scope) {
  auto& replica = replicas_.at(scope);
  if (replica.moving() || replica.marking() || replica.epoch().empty() ||
      replica.outbox().size() >= outbox_max)
    return;
  const std::string uid = random_uid(writer_.dice());
  Json mutation = writer_.mutation(replica, clock());
  history_.record("ask", {{"scope", scope}, {"uid", uid}, {"mutation", mutation}});
  replica.write(uid, std::move(mutation));
  store(scope);
}

void Client::say_seen(const std::string& scope) {
  const auto& replica = replicas_.at(scope);
  auto& work = work_.at(scope);
  if (!replica.whole() || replica.seq() == work.seen || writer_.pick(seen_every_ms / 40) != 0) return;
  work.seen = replica.seq();
  publish(scope + "/seen", {{"src", replica.src()}, {"epoch", replica.epoch()}, {"seq", work.seen}}, 0);
}

void Client::publish(const std::string& topic, const Json& message, int qos) {
  Publish publish;
  publish.topic = topic;
  publish.qos = qos;
  if (options_.cbor) {
    const auto bytes = Json::to_cbor(message);
    publish.payload.assign(bytes.begin(), bytes.end());
  } else {
    publish.payload = message.dump();
  }
  static_cast<void>(link_->publish(publish));  // lost with its connection: sent again when no answer comes
}

void Client::look_at_phase() {
  if (mono_ms() < phase_read_ + 100) return;
  phase_read_ = mono_ms();
  std::istringstream words(whole(options_.phase_file));
  std::string phase;
  std::uint64_t number = 0;
  words >> phase >> number;
  if (phase.empty()) return;
  const std::uint64_t quiet = phase == "quiet" ? number : 0;
  if (quiet != quiet_) settled_as_.clear();
  quiet_ = quiet;
}

/// Says so whenever it rests at other heads than it last said.
void Client::say_settled() {
  Json scopes = Json::object();
  std::string as = std::to_string(quiet_);
  for (const auto& [scope, replica] : replicas_) {
    const auto& work = work_.at(scope);
    const bool rests = link_->is_connected() && work.pulled && work.rid.empty() && replica.whole() &&
                       replica.outbox().empty() && status_.value("epoch", "") == replica.epoch();
    if (!rests) return;
    as += " " + replica.epoch() + " " + std::to_string(replica.seq());
  }
  if (as == settled_as_) return;
  settled_as_ = as;
  for (const auto& [scope, replica] : replicas_) {
    scopes[scope] = {{"epoch", replica.epoch()},
                     {"seq", replica.seq()},
                     {"digest", replica.digest()},
                     {"outbox", replica.outbox().size()},
                     {"documents", replica.documents_json()}};
  }
  history_.record("settled", {{"quiet", quiet_}, {"scopes", scopes}});
}

}  // namespace msync::chaos
