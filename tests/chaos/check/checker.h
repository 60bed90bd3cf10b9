// The checker: do the promises of docs/protocol.md, "What always holds", hold in what the histories say?
//
// Asked when everything is healed and nobody writes any more. The server's state is what a fresh reader got. Promise 5
// (every order of arrival ends the same) cannot be seen from outside; the simulator looks at it. One thread.
#pragma once

#include <string>
#include <vector>

#include "tests/chaos/check/facts.h"

namespace msync::chaos {

class Checker {
 public:
  explicit Checker(const Facts& facts) : facts_(facts) {}

  /// Who is not yet where the fresh reader of this quiet is, and why; empty: all are.
  std::string missing(std::uint64_t quiet) const;

  /// Everything that does not hold. `quiet`: the rest that is looked at, and with it all before.
  std::vector<Violation> verify(std::uint64_t quiet) const;

 private:
  struct Scope {  // one scope at rest
    std::string name, epoch;
    std::uint64_t head = 0;
    Json documents;
    Log log;
    std::map<std::string, std::vector<std::uint64_t>> seqs_of_write;  // by uid
  };

  const Rest* reader(std::uint64_t quiet) const;
  Scope scope_at_rest(const std::string& name, const Json& held, std::vector<Violation>& found) const;
  void check_tokens(std::vector<Violation>& found) const;
  void check_revocations(std::vector<Violation>& found) const;
  void check_epochs(std::vector<Violation>& found) const;
  void check_clients(std::uint64_t quiet, const Rest& server, std::vector<Violation>& found) const;
  void check_order(const Scope& scope, std::vector<Violation>& found) const;
  void check_newest(const Scope& scope, std::vector<Violation>& found) const;
  void check_contents(const Scope& scope, std::vector<Violation>& found) const;
  void check_once(const Scope& scope, std::vector<Violation>& found) const;
  void check_counters(const Scope& scope, std::vector<Violation>& found) const;
  void check_writes(const Scope& scope, std::vector<Violation>& found) const;
  bool is_refused(const Write& write) const;
  bool may_have_deleted(const Scope& scope, const std::string& id) const;

  const Facts& facts_;
};

/// Prints everything that any history of this folder says about an entity, in time order; with an empty id, about the
/// scope's epochs and faults only.
void explain(const std::string& folder, const std::string& scope, const std::string& id, std::ostream& out);

}  // namespace msync::chaos
