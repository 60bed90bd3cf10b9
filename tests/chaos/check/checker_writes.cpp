// The checker's promises about writes.
#include "tests/chaos/check/checker.h"

#include <algorithm>

namespace msync::chaos {

namespace {

std::int64_t increments(const Write& write, const std::string& id) {
  std::int64_t sum = 0;
  for (const auto& o : write.operations) {
    if (o.value("id", "") != id || !o.contains("data") || !o.at("data").is_object()) continue;
    const Json count = o.at("data").value("count", Json());
    if (count.is_object() && count.contains("$inc")) sum += count.at("$inc").get<std::int64_t>();
  }
  return sum;
}

bool is_lone_increment(const Write& write) {
  return write.operations.size() == 1 && increments(write, write.operations[0].value("id", "")) != 0;
}

bool stored(const std::string& status) {
  return status == "applied" || status == "merged";
}

bool refused(const std::string& status) {
  return status == "superseded" || status == "conflict" || status == "rejected";
}

/// Does the document say what this operation asked for? Only what no policy may have changed is looked at.
bool agrees(const Json& operation, const Json& data, bool whole) {
  const Json& asked = operation.at("data");
  if (operation.at("op") == "patch") {
    for (const auto& [name, value] : asked.items()) {
      if (value.is_object()) continue;  // an operator
      if (value.is_null() ? data.contains(name) : data.value(name, Json()) != value) return false;
    }
    return true;
  }
  if (operation.at("op") != "put" || !whole) return true;
  return std::ranges::all_of(std::array{"text", "note"}, [&](const char* name) {
    return asked.value(name, Json()) == data.value(name, Json());
  });
}

}  // namespace

bool Checker::is_refused(const Write& write) const {
  if (write.numbers.empty()) return false;
  const auto& [src, n] = write.numbers.back();
  const Outcome* outcome = facts_.outcome(write.scope, src, n);
  return outcome != nullptr && refused(outcome->status);
}

/// Somebody deleted it, and what became of that nobody was told: neither an ack nor a live delta came through.
bool Checker::may_have_deleted(const Scope& scope, const std::string& id) const {
  return std::ranges::any_of(facts_.writes(), [&](const auto& entry) {
    const Write& write = entry.second;
    if (write.scope != scope.name || !write.sent || write.lost || is_refused(write)) return false;
    if (scope.seqs_of_write.contains(write.uid)) return false;
    return std::ranges::any_of(write.operations,
                               [&](const Json& o) { return o.at("op") == "delete" && o.at("id") == id; });
  });
}

/// 1: a change does what its write asked for, and so does an acknowledged one.
void Checker::check_contents(const Scope& scope, std::vector<Violation>& found) const {
  for (const auto& [seq, change] : scope.log) {
    const Write* write =
        change.src.empty() ? nullptr : facts_.write_of(scope.name, change.user, change.src, change.n);
    if (write == nullptr) {
      if (!change.src.empty()) {
        found.push_back({8,
                         "seq " + std::to_string(seq) + " is by " + change.src + " " +
                             std::to_string(change.n) + ", which nobody sent",
                         scope.name, change.id});
      }
      continue;
    }
    const auto about = [&](const Json& o) { return o.value("id", "") == change.id; };
    const Outcome* outcome = facts_.outcome(scope.name, change.src, change.n);
    const auto count = std::ranges::count_if(write->operations, about);
    if (count == 0) {
      found.push_back(
          {1, "seq " + std::to_string(seq) + " changes what its write does not name", scope.name, change.id});
    }
    if (outcome != nullptr && refused(outcome->status)) {
      found.push_back({8, "seq " + std::to_string(seq) + " is a write that was answered " + outcome->status,
                       scope.name, change.id});
    }
    if (count != 1 || !change.content_known || outcome == nullptr || !stored(outcome->status)) continue;
    const Json& operation = *std::ranges::find_if(write->operations, about);
    const bool merges = scope.name.starts_with("tasks/");
    const bool sequential = operation.value("base", std::uint64_t{0}) + 1 == change.version;
    if (merges && !sequential) continue;  // property by property: another's may stand
    const bool right = change.deleted ? operation.at("op") == "delete"
                                      : operation.at("op") != "delete" &&
                                            (change.data.is_null() ||
                                             agrees(operation, change.data, outcome->status == "applied"));
    if (!right) {
      found.push_back(
          {1, "seq " + std::to_string(seq) + " is " + change.data.dump() + ", asked was " + operation.dump(),
           scope.name, change.id});
    }
  }
}

/// 2: no number, and no write under two numbers, is in the log more often than it has operations.
void Checker::check_once(const Scope& scope, std::vector<Violation>& found) const {
  for (const auto& [uid, seqs] : scope.seqs_of_write) {
    const Write& write = facts_.writes().at(uid);
    std::map<std::string, std::size_t> asked, done;
    for (const auto& o : write.operations) ++asked[o.value("id", "")];
    for (const auto seq : seqs) ++done[scope.log.at(seq).id];
    for (const auto& [id, times] : done) {
      if (times <= asked[id]) continue;
      found.push_back({2,
                       "write " + uid + " of " + write.client + " was applied " + std::to_string(times) +
                           " times, asked " + std::to_string(asked[id]),
                       scope.name, id});
    }
  }
}

/// 1, 2: a counter is the sum of the increments that are in this history.
void Checker::check_counters(const Scope& scope, std::vector<Violation>& found) const {
  const bool restored = facts_.restores().contains(scope.epoch);
  std::map<std::string, std::pair<std::int64_t, std::int64_t>> sums;  // certain, possible beside
  for (const auto& [uid, write] : facts_.writes()) {
    if (write.scope != scope.name || !write.sent) continue;
    const bool in_log = scope.seqs_of_write.contains(uid);
    if (!in_log && (is_refused(write) || write.lost)) continue;
    const bool of_this = !restored || write.covered_epoch == scope.epoch;
    const bool certain = in_log || (is_lone_increment(write) && write.covered && of_this);
    for (const auto& o : write.operations) {
      const std::string id = o.value("id", "");
      if (!id.starts_with("c")) continue;
      auto& [sure, maybe] = sums[id];
      const std::int64_t sum = o.at("data").at("count").at("$inc").get<std::int64_t>();
      (certain ? sure : maybe) += sum;
    }
  }
  for (const auto& [id, sum] : sums) {
    const Json held = scope.documents.value(id, Json::object());
    const std::int64_t value = held.value("data", Json::object()).value("count", std::int64_t{0});
    if (value >= sum.first && value <= sum.first + sum.second) continue;
    found.push_back({value < sum.first ? 1 : 2,
                     "it is " + std::to_string(value) + ", its increments are " + std::to_string(sum.first) +
                         (sum.second == 0 ? "" : " and at most " + std::to_string(sum.second) + " more"),
                     scope.name, id});
  }
}

/// 8, 10: what was sent is answered; what a restore lost is reported, and nothing else.
void Checker::check_writes(const Scope& scope, std::vector<Violation>& found) const {
  for (const auto& [uid, write] : facts_.writes()) {
    if (write.scope != scope.name || !write.sent) continue;
    const std::string id = write.operations[0].value("id", "");
    const bool here = scope.seqs_of_write.contains(uid);
    if (!write.covered)
      found.push_back({8, "write " + uid + " of " + write.client + " was never answered", scope.name, id});
    if (write.lost && here) {
      found.push_back(
          {10, write.client + " reported write " + uid + " as lost, and it is there", scope.name, id});
    }
    if (here || write.lost || write.covered_epoch == scope.epoch) continue;
    for (const auto& [src, n] : write.numbers) {
      const Outcome* outcome = facts_.outcome(scope.name, src, n);
      if (outcome != nullptr && stored(outcome->status) && !outcome->changes.empty()) {
        found.push_back({10,
                         "write " + uid + " of " + write.client +
                             " was acknowledged, is gone, and was not reported as lost",
                         scope.name, id});
      }
    }
  }
}

}  // namespace msync::chaos
