// What was ever committed, change by change: the simulation's own memory, against which store, bridge and phones are held.
//
// The watched store writes it, at each commit and not before. It checks what a single commit can break: numbers (2),
// seq and version (3), tombstones (6), and, with the operation that was asked for, that the change did what it says
// (1). Copied by a backup, put back by a restore.
#pragma once

#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "bridge/store/store.h"
#include "core/collection.h"

namespace msync::sim {

/// One committed change.
struct Fact {
  std::string scope;
  std::string id;
  Entity entity;
};

/// Which mutation, for all scopes.
struct MutationKey {
  std::string user;
  std::string src;
  std::string scope;
  std::uint64_t n = 0;

  auto operator<=>(const MutationKey&) const = default;
};
std::string to_string(const MutationKey& key);

class Ledger {
 public:
  struct Scope {
    std::vector<Fact> facts;                        // facts[seq - 1]
    std::map<std::string, Entity> now;              // alive and tombstones
    std::map<std::string, std::uint64_t> versions;  // the largest ever used by an id, purged ones too
    std::map<std::string, Clock> buried;            // by id: its last delete, purged or not
    std::vector<std::string> digests;               // after facts[seq - 1]
    Digest digest;
    std::uint64_t count = 0;
    std::uint64_t horizon = 0;
  };
  using Asked = std::function<const Mutation*(const MutationKey&)>;

  Ledger(const Collections& collections, Asked asked) : collections_(collections), asked_(std::move(asked)) {}

  /// One transaction. Throws Violation.
  void commit(const std::vector<Fact>& facts);
  void purge(const std::string& scope, std::uint64_t up_to_seq, std::size_t count);
  void note_result(const MutationKey& key, const MutationResult& result);

  const Scope& scope(const std::string& topic) const;
  const std::map<std::string, Scope>& scopes() const { return state_.scopes; }
  /// What was answered the first time.
  const MutationResult* result(const MutationKey& key) const;
  /// How many changes this mutation made.
  std::size_t changes(const MutationKey& key) const;

  struct State {
    std::map<std::string, Scope> scopes;
    std::map<MutationKey, std::size_t> made;
    std::map<MutationKey, MutationResult> results;
  };
  const State& state() const { return state_; }
  void put_back(State state) { state_ = std::move(state); }

 private:
  void add(const Fact& fact);
  void check_return(const Fact& fact, const Scope& scope, const Entity* before) const;
  void check_effect(const Fact& fact, const Entity* before, std::size_t operation) const;

  const Collections& collections_;
  Asked asked_;
  State state_;
};

}  // namespace msync::sim
