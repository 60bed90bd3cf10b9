#include "client/cpp/core/reports.h"

#include "client/cpp/core/bounds.h"

namespace msync::client {

void Reports::settle(const std::string& key, Outcome outcome) {
  events_.emplace_back(Settled{scope_, key, std::move(outcome)});
}

void Reports::error(Fault fault) {
  events_.emplace_back(Failed{scope_, std::move(fault)});
}

void Reports::purged(const std::string& reason) {
  events_.emplace_back(Purged{scope_, reason});
}

void Reports::problem(const char* status, const Entry& write, const Fault& error) {
  Problem problem{write.key, scope_, status, write.at, write.group, write.ops, error};
  rows_.put(RowKind::problem, write.key, problem);
  events_.emplace_back(ProblemFound{problem});
  problems_[write.key] = std::move(problem);
}

void Reports::refuse(const char* status, const Entry& write, const Fault& error) {
  problem(status, write, error);
  settle(write.key, make_refusal(write.n, error));
}

std::optional<Problem> Reports::drop_problem(const std::string& key) {
  const auto found = problems_.find(key);
  if (found == problems_.end()) return std::nullopt;
  Problem problem = std::move(found->second);
  problems_.erase(found);
  rows_.remove(RowKind::problem, key);
  return problem;
}

void Reports::remember(const Entry& write) {
  if (!rows_.kept()) return;
  Entry row = write;
  row.done.reset();
  rows_.put(RowKind::remembered, std::to_string(row.n), row);
  remembered_[row.n] = std::move(row);
  if (remembered_.size() > bounds::remembered) forget(remembered_.begin()->first);
}

const Entry* Reports::find(const std::string& key) const {
  for (const auto& [n, row] : remembered_) {
    if (row.key == key) return &row;
  }
  return nullptr;
}

std::vector<Entry> Reports::above(std::uint64_t n) const {
  std::vector<Entry> rows;
  for (auto row = remembered_.upper_bound(n); row != remembered_.end(); ++row) rows.push_back(row->second);
  return rows;
}

void Reports::forget_all() {
  while (!remembered_.empty()) forget(remembered_.begin()->first);
}

void Reports::forget(std::uint64_t n) {
  remembered_.erase(n);
  rows_.remove(RowKind::remembered, std::to_string(n));
}

}  // namespace msync::client
