#include "tests/chaos/check/facts.h"

namespace msync::chaos {

namespace {

constexpr std::size_t remembered_pulls = 200;

std::string key(const std::string& a, const std::string& b, const std::string& c, std::uint64_t n) {
  return a + "|" + b + "|" + c + "|" + std::to_string(n);
}

Json operations_of(const Json& mutation) {
  return mutation.is_array() ? mutation : Json::array({mutation});
}

}  // namespace

void Facts::complain(int invariant, std::string what, std::string scope, std::string id) {
  violations_.push_back({invariant, std::move(what), std::move(scope), std::move(id)});
}

const Write* Facts::write_of(const std::string& scope, const std::string& user, const std::string& src,
                             std::uint64_t n) const {
  const auto uid = uids_.find(key(scope, user, src, n));
  return uid == uids_.end() ? nullptr : &writes_.at(uid->second);
}

const Outcome* Facts::outcome(const std::string& scope, const std::string& src, std::uint64_t n) const {
  const auto found = outcomes_.find(key(scope, src, "", n));
  return found == outcomes_.end() ? nullptr : &found->second;
}

std::string Facts::digest(const std::string& epoch, const std::string& scope, std::uint64_t seq) const {
  const auto found = digests_.find(key(epoch, scope, "", seq));
  return found == digests_.end() ? "" : found->second;
}

void Facts::feed(const std::string& file, const Json& line) {
  const std::string event = line.value("ev", "");
  if (event == "restore") return nemesis(line);
  if (event == "clock") {
    clocks_jumped_ = true;
    return;
  }
  if (event == "revoked")
    return revoked_.push_back({line.at("user"), line.at("at_s"), line.at("mono"), line.at("wall")});
  Client& client = clients_[file];
  if (token(client, event, line)) return;
  if (event == "start") {
    client.name = line.at("client");
    client.user = line.at("user");
    client.scopes = line.at("scopes").get<std::set<std::string>>();
    grants_[client.name] = client.scopes;
    rests_[client.name].reader = line.value("reader", false);
  } else if (event == "ask") {
    if (writes_.contains(line.at("uid"))) complain(8, "two writes have one name: " + line.dump());
    writes_[line.at("uid")] = {client.name, client.user, line.at("scope"), line.at("uid"),
                               operations_of(line.at("mutation"))};
  } else if (event == "send") {
    sent(client, line);
  } else if (event == "recv") {
    ++messages_;
    received(client, line);
  } else if (event == "pull") {
    if (client.pulls.size() > remembered_pulls) client.pulls.clear();
    client.pulls[line.at("msg").at("rid")] = line.at("msg");
  } else if (event == "covered") {
    covered(line);
  } else if (event == "moved") {
    for (const auto& uid : line.at("lost")) writes_.at(uid).lost = true;
  } else if (event == "head") {
    named_digest(line.at("epoch"), line.at("scope"), line.at("seq"), line.at("digest"));
  } else if (event == "mismatch") {
    complain(4, client.name + " holds other documents than the server counts: " + line.dump(),
             line.at("scope"));
  } else if (event == "contradiction") {
    complain(8, client.name + ": " + line.dump(), line.value("scope", ""));
  } else if (event == "token_refused") {
    refused_tokens_.push_back(client.name + ": " + line.at("notice").dump());
  } else if (event == "settled") {
    auto& rest = rests_[client.name];
    rest.quiet = line.at("quiet");
    rest.scopes = line.at("scopes");
  }
}

/// What its token is, and what it grants.
bool Facts::token(Client& client, const std::string& event, const Json& line) {
  if (event == "connected" && client.knows_token)
    admitted_.push_back({client.name, client.user, client.taken, client.iat_s});
  if (event != "token" && event != "renewing") return event == "connected";
  if (!line.at("rooms").is_array()) return true;
  client.knows_token = true;
  const auto rooms = line.at("rooms").get<std::set<std::string>>();
  if (event == "renewing") {  // either may be in force until it connects again
    client.rooms.insert(rooms.begin(), rooms.end());
    return true;
  }
  client.rooms = rooms;
  client.iat_s = line.at("iat");
  client.taken = line.at("taken");
  client.served = 0;
  return true;
}

void Facts::nemesis(const Json& line) {
  auto& restore = restores_[line.at("epoch")];
  restore.from = line.at("from");
  restore.heads = line.at("heads").get<std::map<std::string, std::uint64_t>>();
}

void Facts::sent(const Client& client, const Json& line) {
  const Json& message = line.at("msg");
  const std::string src = message.at("src"), scope = line.at("scope");
  std::uint64_t n = message.at("n");
  ++messages_;
  for (const auto& uid : line.at("uids")) {
    Write& write = writes_.at(uid);
    const auto [place, fresh] = uids_.try_emplace(key(scope, client.user, src, n), uid);
    if (place->second != uid.get<std::string>()) complain(8, client.name + " gave one number twice", scope);
    if (fresh) write.numbers.emplace_back(src, n);
    write.sent = true;
    // By now `base` may be another than when it was asked: what was sent last counts.
    write.operations = operations_of(message.at("mutations").at(n - message.at("n").get<std::uint64_t>()));
    ++n;
  }
}

void Facts::covered(const Json& line) {
  for (const auto& entry : line.at("writes")) {
    Write& write = writes_.at(entry.at(1));
    write.covered = true;
    write.covered_epoch = line.at("epoch");
  }
}

void Facts::named_digest(const std::string& epoch, const std::string& scope, std::uint64_t seq,
                         const std::string& digest) {
  const auto [place, fresh] = digests_.try_emplace(key(epoch, scope, "", seq), digest);
  if (!fresh && place->second != digest) {
    complain(4, "two digests for seq " + std::to_string(seq) + ": " + place->second + ", " + digest, scope);
  }
}

/// Two reports of one change must not differ in what both say.
void Facts::change(const std::string& epoch, const std::string& scope, std::uint64_t seq, Change next) {
  const auto [place, fresh] = logs_[epoch][scope].try_emplace(seq, next);
  if (fresh) return;
  Change& known = place->second;
  const bool writer_differs =
      !known.src.empty() && !next.src.empty() && (known.src != next.src || known.n != next.n);
  const bool content_differs = known.content_known && next.content_known &&
                               (known.deleted != next.deleted || known.ts != next.ts ||
                                (!known.data.is_null() && !next.data.is_null() && known.data != next.data));
  if (known.id != next.id || known.version != next.version || writer_differs || content_differs) {
    complain(3,
             "seq " + std::to_string(seq) + " is two changes: " + known.id + " version " +
                 std::to_string(known.version) + " by " + known.src + " " + std::to_string(known.n) +
                 ", and " + next.id + " version " + std::to_string(next.version) + " by " + next.src + " " +
                 std::to_string(next.n),
             scope, next.id);
    return;
  }
  if (!known.content_known && next.content_known) known = std::move(next);
}

Log Facts::log(const std::string& epoch, const std::string& scope, std::vector<Violation>& violations) const {
  Log log;
  if (const auto restore = restores_.find(epoch);
      restore != restores_.end() && restore->second.from != epoch) {
    log = this->log(restore->second.from, scope, violations);
    const auto head = restore->second.heads.find(scope);
    log.erase(log.upper_bound(head == restore->second.heads.end() ? 0 : head->second), log.end());
  }
  const auto in_epoch = logs_.find(epoch);
  if (in_epoch == logs_.end() || !in_epoch->second.contains(scope)) return log;
  for (const auto& [seq, change] : in_epoch->second.at(scope)) {
    const auto [place, fresh] = log.try_emplace(seq, change);
    if (!fresh && (place->second.id != change.id || place->second.version != change.version)) {
      violations.push_back(
          {10, "the restored history says otherwise of seq " + std::to_string(seq), scope, change.id});
    }
  }
  return log;
}

}  // namespace msync::chaos
