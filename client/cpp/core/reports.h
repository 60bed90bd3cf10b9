// What the app is told of its writes: outcomes, once each, and problems, which are kept until the app says what becomes of
// them. Remembers the content of what was acknowledged last, to hand it back if a restore of the server loses it. The
// caller commits the rows and takes `events`. Pure.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "client/cpp/core/events.h"
#include "client/cpp/core/rows.h"

namespace msync::client {

class Reports {
 public:
  Reports(std::string scope, Rows& rows) : scope_(std::move(scope)), rows_(rows) {}

  void load(Entry remembered) { remembered_[remembered.n] = std::move(remembered); }
  void load(Problem problem) { problems_[problem.key] = std::move(problem); }

  void settle(const std::string& key, Outcome outcome);
  void error(Fault fault);
  void purged(const std::string& reason);
  void trace(Event event) { events_.push_back(std::move(event)); }
  void problem(const char* status, const Entry& write, const Fault& error);
  /// A problem that is a refusal, and with it the outcome.
  void refuse(const char* status, const Entry& write, const Fault& error);
  std::optional<Problem> drop_problem(const std::string& key);
  const std::map<std::string, Problem>& problems() const { return problems_; }

  void remember(const Entry& write);
  const Entry* find(const std::string& key) const;
  /// Those with a number above n.
  std::vector<Entry> above(std::uint64_t n) const;
  void forget_all();

  std::vector<Event> take() { return std::exchange(events_, {}); }

 private:
  void forget(std::uint64_t n);

  std::string scope_;
  Rows& rows_;
  std::map<std::string, Problem> problems_;
  std::map<std::uint64_t, Entry> remembered_;  // by n
  std::vector<Event> events_;
};

}  // namespace msync::client
