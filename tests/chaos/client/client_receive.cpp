// What arrives at a client of the chaos suite.
#include "tests/chaos/client/client.h"

namespace msync::chaos {

namespace {

constexpr std::int64_t denied_late_ms = 30'000;  // such a notice may have waited for a connection

/// The parts of "sync/<client-id>/<kind>/<scope>" behind the id; empty if it is no topic of this inbox.
std::string behind_inbox(const std::string& topic, const std::string& name) {
  const std::string inbox = "sync/" + name + "/";
  return topic.starts_with(inbox) ? topic.substr(inbox.size()) : "";
}

Json parsed(const std::string& payload) {
  const bool cbor = !payload.empty() && (static_cast<unsigned char>(payload[0]) & 0xe0U) == 0xa0U;
  return cbor ? Json::from_cbor(payload, true, false) : Json::parse(payload, nullptr, false);
}

}  // namespace

void Client::handle(const Arrived& message) {
  if (message.payload.empty()) return;
  const Json body = parsed(message.payload);
  history_.record("recv", {{"topic", message.topic}, {"msg", body}});
  if (body.is_discarded() || !body.is_object()) {
    history_.record("contradiction", {{"what", "a message that is none"}, {"topic", message.topic}});
    return;
  }
  const std::string answer = behind_inbox(message.topic, name_);
  const auto scope_of = [&](std::size_t prefix) { return answer.substr(prefix); };
  if (message.topic == "sync/status") return on_status(body);
  if (answer == "notice") return on_notice(body);
  if (answer.starts_with("delta/")) return on_delta(scope_of(6), body);
  if (answer.starts_with("ack/")) return on_ack(scope_of(4), body);
  if (message.topic.ends_with("/log"))
    return on_delta(message.topic.substr(0, message.topic.size() - 4), body);
}

void Client::on_status(const Json& status) {
  status_ = status;
}

void Client::on_notice(const Json& notice) {
  if (notice.value("topic", "") == renewal_topic && notice.value("code", "") == "denied")
    return on_refused_token(notice);
  // What it had sent is judged by the token of the moment when it arrives.
  if (notice.value("code", "") == "denied" && limited_at_ != 0 && mono_ms() < limited_at_ + denied_late_ms)
    return;
  if (notice.value("code", "") == "denied" || notice.value("code", "") == "malformed") {
    history_.record("contradiction",
                    {{"what", "a notice that an honest client never gets"}, {"notice", notice}});
  }
}

void Client::on_delta(const std::string& scope, const Json& delta) {
  const auto found = replicas_.find(scope);
  if (found == replicas_.end()) return;
  auto& replica = found->second;
  auto& work = work_.at(scope);
  correction_ = delta.at("now").get<std::int64_t>() - (wall_ms() + options_.clock_ms);
  const std::size_t before = replica.outbox().size();
  const std::string rid = work.pull_src == replica.src() ? work.rid : "";
  const std::string src = replica.src();
  replica.take_delta(delta, rid);
  work.sent = replica.src() == src ? work.sent : 0;
  work.sent -= std::min(work.sent, before - replica.outbox().size());
  store(scope);
  const bool live = !delta.contains("rid");
  if (live && delta.at("epoch") == replica.epoch()) work.head_told = true;
  if (live || delta.at("rid") != work.rid) return;
  work.pull_sent = mono_ms();
  if (delta.at("to") == delta.at("head") && replica.whole()) work.pulled = work.head_told = true;
  if (!delta.value("last", false)) return;
  work.rid.clear();
  work.pull_failures = 0;
  work.pull_after = 0;
}

void Client::on_ack(const std::string& scope, const Json& ack) {
  const auto found = replicas_.find(scope);
  if (found == replicas_.end()) return;
  auto& replica = found->second;
  auto& work = work_.at(scope);
  correction_ = ack.at("now").get<std::int64_t>() - (wall_ms() + options_.clock_ms);
  const std::size_t before = replica.outbox().size();
  if (replica.take_ack(ack)) {
    work.in_failures = 0;
    work.in_sent = mono_ms();
  }
  work.sent -= std::min(work.sent, before - replica.outbox().size());
  if (ack.value("gap", false) && ack.value("src", "") == replica.src() && mono_ms() > work.in_sent + 200)
    work.sent = 0;
  store(scope);
}

}  // namespace msync::chaos
