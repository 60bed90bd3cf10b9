// What the histories' received messages say.
#include "tests/chaos/check/facts.h"

namespace msync::chaos {

namespace {

bool refused(const std::string& status) {
  return status == "superseded" || status == "conflict" || status == "rejected";
}

bool opens(const std::set<std::string>& rooms, const std::string& user, const std::string& scope) {
  return scope == "private/" + user || rooms.contains(scope.substr(scope.rfind('/') + 1));
}

}  // namespace

void Facts::serve(Client& client, const Json& message) {
  if (!client.knows_token || !message.contains("now")) return;
  if (client.served == 0) {
    served_.push_back({client.name, client.user, client.iat_s, 0});
    client.served = served_.size();
  }
  auto& now_ms = served_[client.served - 1].now_ms;
  now_ms = std::max(now_ms, message.at("now").get<std::int64_t>());
}

void Facts::received(Client& client, const Json& line) {
  const std::string topic = line.at("topic"), inbox = "sync/" + client.name + "/";
  const Json& message = line.at("msg");
  if (!message.is_object()) return;
  if (topic == "sync/status") {
    if (message.value("state", "") == "online") epochs_.insert(message.at("epoch").get<std::string>());
    return;
  }
  std::string scope, kind;
  if (topic.starts_with(inbox)) {
    const std::string rest = topic.substr(inbox.size());
    kind = rest.substr(0, rest.find('/'));
    scope = rest.size() > kind.size() ? rest.substr(kind.size() + 1) : "";
    if (kind == "notice") return;
  } else if (topic.ends_with("/log")) {
    kind = "delta";
    scope = topic.substr(0, topic.size() - 4);
  }
  const bool granted =
      client.knows_token ? opens(client.rooms, client.user, scope) : client.scopes.contains(scope);
  if (!granted) return complain(7, client.name + " got " + topic + ", which its token does not grant", scope);
  serve(client, message);
  if (!client.scopes.contains(scope)) return;  // granted for a while; it holds no replica of it
  if (message.contains("scope") && message.at("scope") != scope) {
    complain(7, client.name + " got a message of " + message.at("scope").dump() + " on " + topic, scope);
  }
  if (kind == "delta") delta(client, scope, message);
  if (kind == "ack") ack(client, scope, message);
}

void Facts::delta(Client& client, const std::string& scope, const Json& message) {
  const std::uint64_t from = message.at("from"), to = message.at("to"), head = message.at("head");
  const std::string epoch = message.at("epoch");
  if (from > to || to > head) complain(3, "a delta that is none: " + message.dump(), scope);
  for (const auto& c : message.at("changes")) {
    Change next;
    next.id = c.at("id");
    next.version = c.at("version");
    next.user = c.at("by");
    next.src = c.value("src", "");
    next.n = c.value("n", std::uint64_t{0});
    next.content_known = true;
    next.deleted = c.value("deleted", false);
    next.ts = c.at("ts");
    if (c.contains("data")) next.data = c.at("data");
    change(epoch, scope, c.at("seq"), std::move(next));
  }
  if (to == head && message.contains("digest")) named_digest(epoch, scope, to, message.at("digest"));
  if (message.contains("rid")) page_number(client, scope, message);
}

/// What a page says of the replica that asked.
void Facts::page_number(Client& client, const std::string& scope, const Json& page) {
  const auto pull = client.pulls.find(page.at("rid"));
  if (pull == client.pulls.end()) return;
  const Json& asked = pull->second;
  const bool same_epoch = asked.value("epoch", "") == page.at("epoch");
  if (same_epoch && page.contains("n") && page.at("n") < asked.value("acked", std::uint64_t{0})) {
    complain(1,
             client.name + ": acknowledged up to " + asked.value("acked", Json()).dump() +
                 ", now the server has " + page.at("n").dump(),
             scope);
  }
  if (!same_epoch && asked.contains("epoch")) return;
  Json as_ack = page;
  as_ack["src"] = asked.at("src");
  for (const auto& outcome : page.value("outcomes", Json::array())) result(client, scope, as_ack, outcome);
}

void Facts::ack(const Client& client, const std::string& scope, const Json& message) {
  for (const auto& r : message.value("results", Json::array())) result(client, scope, message, r);
}

/// One answer to one mutation: the same whenever it is given.
void Facts::result(const Client& client, const std::string& scope, const Json& message, const Json& result) {
  const std::string src = message.at("src"), status = result.at("status");
  const std::uint64_t n = result.at("n");
  if (write_of(scope, client.user, src, n) == nullptr) {
    return complain(8, client.name + " is answered for what it never sent: " + message.dump(), scope);
  }
  if (status == "processed") return;
  const Json changes = result.value("changes", Json::array());
  const std::string at = scope + "|" + src + "||" + std::to_string(n);
  const auto [place, fresh] = outcomes_.try_emplace(at, Outcome{status, changes});
  if (!fresh && (place->second.status != status || place->second.changes != changes)) {
    const Write& write = *write_of(scope, client.user, src, n);
    complain(8,
             client.name + " number " + std::to_string(n) + " of " + src + " was " + place->second.status +
                 " " + place->second.changes.dump() + " and then " + result.dump(),
             scope, write.operations.at(0).value("id", ""));
  }
  if (fresh) {
    ++statuses_[status];
    if (!refused(status)) ++acknowledged_;
  }
  for (const auto& c : changes) {
    Change next;
    next.id = c.at("id");
    next.version = c.at("version");
    next.user = client.user;
    next.src = src;
    next.n = n;
    change(message.at("epoch"), scope, c.at("seq"), std::move(next));
  }
}

}  // namespace msync::chaos
