#include "client/cpp/core/outbox.h"

#include <algorithm>

namespace msync::client {

std::set<std::string> ids_of(const std::vector<WriteOp>& ops) {
  std::set<std::string> ids;
  for (const WriteOp& op : ops) {
    if (!op.id.empty()) ids.insert(op.id);
  }
  return ids;
}

Entry& Outbox::insert(Entry entry) {
  const std::int64_t order = entry.order;
  Entry& placed = entries_.insert_or_assign(order, std::move(entry)).first->second;
  if (placed.n != 0) by_n_[placed.n] = &placed;
  if (!placed.key.empty()) keys_.insert(placed.key);
  for (const std::string& id : ids_of(placed.ops)) by_id_[id].push_back(&placed);
  if (placed.done) done_.insert(order);
  return placed;
}

void Outbox::add(Entry entry) {
  save(insert(std::move(entry)));
}

void Outbox::flush() {
  for (const Entry* entry : unsaved_) rows_.put(RowKind::write, std::to_string(entry->order), *entry);
  unsaved_.clear();
}

void Outbox::number(Entry& entry, std::uint64_t n) {
  if (entry.n != 0) by_n_.erase(entry.n);
  entry.n = n;
  if (n != 0) by_n_[n] = &entry;
  save(entry);
}

Done& Outbox::finish(Entry& entry, std::uint64_t until, std::int64_t at) {
  if (!entry.done) {
    entry.done = Done{until, at, {}, {}};
    done_.insert(entry.order);
  }
  entry.done->until = std::max(entry.done->until, until);
  save(entry);
  return *entry.done;
}

void Outbox::remove(const Entry& entry) {
  const std::int64_t order = entry.order;
  if (entry.n != 0) by_n_.erase(entry.n);
  if (!entry.key.empty()) keys_.erase(entry.key);
  for (const std::string& id : ids_of(entry.ops)) {
    auto& list = by_id_[id];
    std::erase(list, &entry);
    if (list.empty()) by_id_.erase(id);
  }
  done_.erase(order);
  unsaved_.erase(&entry);
  rows_.remove(RowKind::write, std::to_string(order));
  entries_.erase(order);
}

Entry* Outbox::find(std::uint64_t n) {
  const auto found = by_n_.find(n);
  return found == by_n_.end() ? nullptr : found->second;
}

Entry* Outbox::at(std::int64_t order) {
  const auto found = entries_.find(order);
  return found == entries_.end() ? nullptr : &found->second;
}

const std::vector<Entry*>& Outbox::of(const std::string& id) const {
  static const std::vector<Entry*> kNone;
  const auto found = by_id_.find(id);
  return found == by_id_.end() ? kNone : found->second;
}

std::vector<std::int64_t> Outbox::orders() const {
  std::vector<std::int64_t> orders;
  orders.reserve(entries_.size());
  for (const auto& [order, entry] : entries_) orders.push_back(order);
  return orders;
}

}  // namespace msync::client
