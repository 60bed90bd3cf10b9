#include "tests/chaos/client/replica.h"

#include <random>

#include "tests/chaos/digest.h"

namespace msync::chaos {

namespace {

// Acknowledged writes that are remembered, to be reported if a restore loses them.
constexpr std::size_t remembered = 3000;

Json to_json(const Document& document) {
  return {{"version", document.version},
          {"seq", document.seq},
          {"ts", document.ts},
          {"by", document.by},
          {"data", document.data}};
}

Document document_from(const Json& json) {
  return {json.at("version"), json.at("seq"), json.at("ts"), json.at("by"), json.at("data")};
}

}  // namespace

std::string random_src() {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::random_device dice;
  std::string src(24, '0');
  for (char& c : src) c = digits[dice() % 36];
  return src;
}

Replica::Replica(std::string scope, std::string user, std::string src)
    : scope_(std::move(scope)), user_(std::move(user)), src_(std::move(src)) {}

Json Replica::to_json() const {
  Json documents = Json::object(), outbox = Json::array(), done = Json::array();
  for (const auto& [id, document] : documents_) documents[id] = chaos::to_json(document);
  for (const auto& p : outbox_) outbox.push_back({{"uid", p.uid}, {"n", p.n}, {"mutation", p.mutation}});
  for (const auto& [n, uid] : done_) done.push_back({n, uid});
  return {{"src", src_},
          {"epoch", epoch_},
          {"seq", seq_},
          {"snap", snap_},
          {"told", told_},
          {"next_n", next_n_},
          {"acked", acked_},
          {"marked", marked_},
          {"documents", documents},
          {"tombstones", tombstones_},
          {"outbox", outbox},
          {"done", done},
          {"moving", moving_},
          {"marking", marking_},
          {"want_snapshot", want_snapshot_},
          {"mismatches", mismatches_}};
}

void Replica::load(const Json& s) {
  src_ = s.at("src");
  epoch_ = s.at("epoch");
  seq_ = s.at("seq");
  snap_ = s.at("snap");
  told_ = s.at("told");
  next_n_ = s.at("next_n");
  acked_ = s.at("acked");
  marked_ = s.at("marked").get<std::set<std::string>>();
  for (const auto& [id, document] : s.at("documents").items()) documents_[id] = document_from(document);
  tombstones_ = s.at("tombstones").get<std::map<std::string, std::uint64_t>>();
  for (const auto& p : s.at("outbox")) outbox_.push_back({p.at("uid"), p.at("n"), p.at("mutation")});
  for (const auto& d : s.at("done")) done_[d.at(0)] = d.at(1);
  moving_ = s.at("moving");
  marking_ = s.at("marking");
  want_snapshot_ = s.at("want_snapshot");
  mismatches_ = s.at("mismatches");
}

void Replica::note(const char* event, Json line) {
  line["ev"] = event;
  line["scope"] = scope_;
  events_.push_back(std::move(line));
}

std::vector<Json> Replica::take_events() {
  return std::exchange(events_, {});
}

std::uint64_t Replica::tombstone(const std::string& id) const {
  const auto found = tombstones_.find(id);
  return found == tombstones_.end() ? 0 : found->second;
}

std::string Replica::digest() const {
  Digest digest;
  for (const auto& [id, d] : documents_) digest.add(id, d.version, d.ts, d.by);
  return digest.text();
}

Json Replica::documents_json() const {
  Json documents = Json::object();
  for (const auto& [id, document] : documents_) documents[id] = chaos::to_json(document);
  return documents;
}

void Replica::write(const std::string& uid, Json mutation) {
  outbox_.push_back({uid, 0, std::move(mutation)});
}

bool Replica::number(std::size_t unacked) {
  bool any = false;
  std::size_t place = 0;
  for (auto& pending : outbox_) {
    if (++place > unacked) break;
    if (pending.n != 0) continue;
    pending.n = next_n_++;
    any = true;
  }
  return any;
}

/// Everything up to n has been processed: it leaves the outbox.
void Replica::cover(std::uint64_t n, const char* why) {
  acked_ = std::max(acked_, n);
  Json uids = Json::array();
  while (!outbox_.empty() && outbox_.front().n != 0 && outbox_.front().n <= n) {
    uids.push_back({outbox_.front().n, outbox_.front().uid});
    done_[outbox_.front().n] = outbox_.front().uid;
    outbox_.pop_front();
  }
  while (done_.size() > remembered) done_.erase(done_.begin());
  if (!uids.empty()) note("covered", {{"epoch", epoch_}, {"src", src_}, {"why", why}, {"writes", uids}});
}

bool Replica::take_ack(const Json& ack) {
  if (ack.value("src", "") != src_ || ack.value("epoch", "") != epoch_ || moving_ ||
      ack.value("stale", false)) {
    return false;
  }
  const std::uint64_t n = ack.at("n");
  if (n >= next_n_) {
    note("contradiction",
         {{"what", "an ack covers a number that was never given"}, {"n", n}, {"next_n", next_n_}});
    return false;
  }
  if (ack.value("gap", false)) {
    // An ack may be older than what a delta has told since; or the server lost its tail. A pull tells.
    gap_ = gap_ || n < acked_;
    return false;  // the caller sends again
  }
  if (ack.contains("head")) told_ = std::max(told_, ack.at("head").get<std::uint64_t>());
  cover(n, "ack");
  return true;
}

void Replica::start_as(std::string src) {
  note("new_src", {{"from", src_}, {"to", src}, {"epoch", epoch_}});
  src_ = std::move(src);
  next_n_ = 1;
  acked_ = 0;
  done_.clear();
  for (auto& pending : outbox_) pending.n = 0;
}

/// Rule 6: what the restored server knows of the old src is known; the rest is asked again, by a new one.
void Replica::finish_move(std::uint64_t server_n) {
  Json lost = Json::array();
  for (const auto& [n, uid] : done_) {
    if (n > server_n) lost.push_back(uid);
  }
  cover(server_n, "restored server");
  start_as(random_src());
  for (auto& pending : outbox_) {
    if (!pending.mutation.is_array())
      rebase(pending.mutation);
    else
      for (auto& operation : pending.mutation) rebase(operation);
  }
  moving_ = false;
  note("moved", {{"epoch", epoch_}, {"server_n", server_n}, {"lost", lost}});
}

void Replica::rebase(Json& operation) const {
  if (!operation.contains("id")) return;
  const auto found = documents_.find(operation.at("id").get<std::string>());
  operation["base"] = found == documents_.end() ? 0 : found->second.version;
}

}  // namespace msync::chaos
