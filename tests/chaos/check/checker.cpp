#include "tests/chaos/check/checker.h"

#include "tests/chaos/digest.h"

namespace msync::chaos {

namespace {

constexpr std::int64_t revoked_within_ms = 2'000;  // its connection ends within a second

std::string digest_of(const Json& documents) {
  Digest digest;
  for (const auto& [id, d] : documents.items()) digest.add(id, d.at("version"), d.at("ts"), d.at("by"));
  return digest.text();
}

std::string where(const Json& scope) {
  return scope.at("epoch").get<std::string>() + " " + scope.at("seq").dump();
}

/// The first entity that two replicas hold differently.
std::string difference(const Json& one, const Json& other) {
  for (const auto& [id, document] : one.items()) {
    if (!other.contains(id) || other.at(id) != document) return id;
  }
  for (const auto& [id, document] : other.items()) {
    if (!one.contains(id)) return id;
  }
  return "";
}

}  // namespace

const Rest* Checker::reader(std::uint64_t quiet) const {
  for (const auto& [name, rest] : facts_.rests()) {
    if (rest.reader && rest.quiet == quiet) return &rest;
  }
  return nullptr;
}

std::string Checker::missing(std::uint64_t quiet) const {
  const Rest* server = reader(quiet);
  if (server == nullptr) return "the fresh reader";
  std::string missing;
  for (const auto& [name, rest] : facts_.rests()) {
    if (rest.reader) continue;
    if (rest.quiet != quiet) {
      missing += " " + name;
      continue;
    }
    for (const auto& [scope, held] : rest.scopes.items()) {
      if (!server->scopes.contains(scope) || where(held) == where(server->scopes.at(scope))) continue;
      missing +=
          " " + name + "(" + scope + " at " + where(held) + ", not " + where(server->scopes.at(scope)) + ")";
    }
  }
  return missing;
}

std::vector<Violation> Checker::verify(std::uint64_t quiet) const {
  std::vector<Violation> found = facts_.violations();
  check_epochs(found);
  check_tokens(found);
  check_revocations(found);
  const Rest* server = reader(quiet);
  if (server == nullptr) {
    found.push_back({8, "no fresh reader came to rest"});
    return found;
  }
  check_clients(quiet, *server, found);
  for (const auto& [name, held] : server->scopes.items()) {
    const Scope scope = scope_at_rest(name, held, found);
    check_order(scope, found);
    check_newest(scope, found);
    check_contents(scope, found);
    check_once(scope, found);
    check_counters(scope, found);
    check_writes(scope, found);
  }
  return found;
}

Checker::Scope Checker::scope_at_rest(const std::string& name, const Json& held,
                                      std::vector<Violation>& found) const {
  Scope scope{name, held.at("epoch"), held.at("seq"), held.at("documents"), {}, {}};
  scope.log = facts_.log(scope.epoch, name, found);
  for (const auto& [seq, change] : scope.log) {
    if (change.src.empty()) continue;
    if (const Write* write = facts_.write_of(name, change.user, change.src, change.n)) {
      scope.seqs_of_write[write->uid].push_back(seq);
    }
  }
  return scope;
}

/// A history begins with the first store and with each restore, and for no other reason.
void Checker::check_epochs(std::vector<Violation>& found) const {
  std::size_t unexplained = 0;
  for (const auto& epoch : facts_.epochs()) {
    if (!facts_.restores().contains(epoch) && ++unexplained > 1) {
      found.push_back({1, "epoch " + epoch + " began although nobody restored a backup: the store was lost"});
    }
  }
}

/// 8: only a wrong clock makes a token one of another time.
void Checker::check_tokens(std::vector<Violation>& found) const {
  for (const auto& refused : facts_.refused_tokens()) {
    const bool of_another_time = refused.find("iat is in the future") != std::string::npos;
    if (!facts_.clocks_jumped() || !of_another_time)
      found.push_back({8, "an honest token was refused: " + refused});
  }
}

/// 7: a revoked token opens no connection any more, and what the bridge sends later does not reach who came by it.
void Checker::check_revocations(std::vector<Violation>& found) const {
  for (const auto& revoked : facts_.revoked()) {
    const auto concerns = [&](const auto& it) { return it.user == revoked.user && it.iat_s <= revoked.at_s; };
    for (const auto& it : facts_.admitted()) {
      if (concerns(it) && it.taken > revoked.mono)
        found.push_back({7, it.client + " was let in by a revoked token"});
    }
    for (const auto& it : facts_.served()) {
      if (!facts_.clocks_jumped() && concerns(it) && it.now_ms > revoked.wall_ms + revoked_within_ms)
        found.push_back({7, it.client + " got what was sent after its token was revoked"});
    }
  }
}

/// 4, 8, 9: everybody has arrived where the fresh reader is, with the same documents, and has nothing left to send.
void Checker::check_clients(std::uint64_t quiet, const Rest& server, std::vector<Violation>& found) const {
  for (const auto& [name, rest] : facts_.rests()) {
    if (rest.quiet != quiet) {
      if (!rest.reader)
        found.push_back({8, name + " did not come to rest: its outbox is not empty, or it is not at a head"});
      continue;
    }
    for (const auto& [scope, held] : rest.scopes.items()) {
      if (!server.scopes.contains(scope)) continue;
      const Json& truth = server.scopes.at(scope);
      if (held.at("outbox") != 0) found.push_back({8, name + " has unsent writes", scope});
      if (where(held) != where(truth)) {
        found.push_back({9, name + " rests at " + where(held) + ", the server is at " + where(truth), scope});
        continue;
      }
      if (held.at("documents") != truth.at("documents")) {
        const std::string id = difference(held.at("documents"), truth.at("documents"));
        found.push_back({4,
                         name + " holds " + held.at("documents").value(id, Json()).dump() + ", the server " +
                             truth.at("documents").value(id, Json()).dump(),
                         scope, id});
      }
      const std::string own = digest_of(held.at("documents"));
      const std::string named = facts_.digest(held.at("epoch"), scope, held.at("seq"));
      if (!named.empty() && named != own) {
        found.push_back(
            {4, name + "'s documents have the digest " + own + ", the server named " + named, scope});
      }
    }
  }
}

/// 3, 6: version rises by one a change, no seq is skipped, and what was deleted comes back only by a put.
void Checker::check_order(const Scope& scope, std::vector<Violation>& found) const {
  struct Last {
    std::uint64_t seq, version, known_before;
    bool deleted;
  };
  std::map<std::string, Last> last;
  std::uint64_t known = 0;
  if (!scope.log.empty() && scope.log.rbegin()->first > scope.head) {
    found.push_back({1,
                     "seq " + std::to_string(scope.log.rbegin()->first) + " was seen, the head is " +
                         std::to_string(scope.head),
                     scope.name, scope.log.rbegin()->second.id});
  }
  for (const auto& [seq, change] : scope.log) {
    const auto before = last.find(change.id);
    if (before != last.end()) {
      const std::uint64_t unknown = (seq - before->second.seq) - (known - before->second.known_before + 1);
      const std::uint64_t most = before->second.version + 1 + unknown;
      const bool recreated =
          before->second.deleted || unknown > 0;  // its tombstone may have been purged meanwhile
      if (change.version <= before->second.version || (!recreated && change.version > most)) {
        found.push_back({3,
                         "version " + std::to_string(change.version) + " at seq " + std::to_string(seq) +
                             " follows version " + std::to_string(before->second.version) + " at seq " +
                             std::to_string(before->second.seq),
                         scope.name, change.id});
      }
      if (before->second.deleted && !change.deleted && change.version == before->second.version + 1) {
        const Write* write = facts_.write_of(scope.name, change.user, change.src, change.n);
        bool puts = write == nullptr;
        if (write != nullptr) {
          for (const auto& o : write->operations) {
            const std::string op = o.at("op");
            puts |=
                o.value("id", "") == change.id && (op == "put" || (op == "delete" && !change.content_known));
          }
        }
        if (!puts)
          found.push_back(
              {6, "seq " + std::to_string(seq) + " brings it back, and is no put", scope.name, change.id});
      }
    }
    ++known;
    last[change.id] = {seq, change.version, known, change.deleted};
  }
}

/// 1, 6: the newest change of an entity that anybody was told of is what the server holds.
void Checker::check_newest(const Scope& scope, std::vector<Violation>& found) const {
  std::map<std::string, std::uint64_t> newest;
  for (const auto& [seq, change] : scope.log) newest[change.id] = seq;
  for (const auto& [id, seq] : newest) {
    const Change& change = scope.log.at(seq);
    if (!scope.documents.contains(id)) {
      if (!change.deleted && change.content_known && !may_have_deleted(scope, id)) {
        found.push_back({1, "version " + std::to_string(change.version) + " is gone, and nobody deleted it",
                         scope.name, id});
      }
      continue;
    }
    const Json& held = scope.documents.at(id);
    if (change.content_known && change.deleted && held.at("seq") <= seq) {
      found.push_back({6, "it was deleted at seq " + std::to_string(seq) + " and is there", scope.name, id});
    }
    if (held.at("version") < change.version || held.at("seq") < seq) {
      found.push_back({1,
                       "version " + std::to_string(change.version) + " at seq " + std::to_string(seq) +
                           " was acknowledged or read, the server holds version " +
                           held.at("version").dump() + " of seq " + held.at("seq").dump(),
                       scope.name, id});
    }
  }
  for (const auto& [id, held] : scope.documents.items()) {
    if (!newest.contains(id)) found.push_back({1, "it is there and no change made it", scope.name, id});
  }
}

}  // namespace msync::chaos
