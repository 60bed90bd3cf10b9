// The outbox of one scope: what the user wrote, in order, until the server has it and the confirmed state shows it.
//
// An entry waits without a number, is numbered when it is first sent, is done when an ack, an own change or a pull's `n`
// covers it, and leaves when the local seq has reached what it came to. The caller commits the rows. Pure.
#pragma once

#include <map>
#include <set>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "client/cpp/core/rows.h"

namespace msync::client {

class Outbox {
 public:
  using Entries = std::map<std::int64_t, Entry>;  // by order

  explicit Outbox(Rows& rows) : rows_(rows) {}
  Outbox(const Outbox&) = delete;
  Outbox& operator=(const Outbox&) = delete;

  /// In ascending order.
  void load(Entry entry) { insert(std::move(entry)); }

  void add(Entry entry);
  /// What the entry is at the end of the step goes into the rows.
  void save(const Entry& entry) { unsaved_.insert(&entry); }
  /// The end of a step.
  void flush();
  /// 0 takes the number away.
  void number(Entry& entry, std::uint64_t n);
  /// The server has processed it; the confirmed state shows it at `until`. To be saved again when it is changed.
  Done& finish(Entry& entry, std::uint64_t until, std::int64_t at);
  void remove(const Entry& entry);

  Entry* find(std::uint64_t n);
  Entry* at(std::int64_t order);
  bool holds_key(const std::string& key) const { return keys_.contains(key); }
  /// The writes that name this entity, in order.
  const std::vector<Entry*>& of(const std::string& id) const;
  const std::unordered_map<std::string, std::vector<Entry*>>& by_id() const { return by_id_; }

  Entries& entries() { return entries_; }
  const Entries& entries() const { return entries_; }
  /// The orders of those that are done, and of all.
  const std::set<std::int64_t>& done() const { return done_; }
  std::vector<std::int64_t> orders() const;
  /// Not done yet.
  std::size_t waiting() const { return entries_.size() - done_.size(); }

 private:
  Entry& insert(Entry entry);

  Rows& rows_;
  Entries entries_;
  std::set<std::int64_t> done_;
  std::unordered_set<const Entry*> unsaved_;
  std::unordered_map<std::uint64_t, Entry*> by_n_;
  std::set<std::string> keys_;
  std::unordered_map<std::string, std::vector<Entry*>> by_id_;
};

std::set<std::string> ids_of(const std::vector<WriteOp>& ops);

}  // namespace msync::client
