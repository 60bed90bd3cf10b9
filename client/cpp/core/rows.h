// What must be stored: the rows that a step changed in one scope, committed by the shell in one local transaction
// before anything is published, told or acknowledged. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "client/cpp/core/write.h"

namespace msync::client {

/// One entity as the server has confirmed it.
struct Confirmed {
  std::uint64_t version = 0;
  std::uint64_t seq = 0;
  std::int64_t ts = 0;
  std::string by;
  std::uint64_t gen = 0;  // the snapshot, counted from 0, that last named it
  Text data;              // null: a tombstone
};

/// A scope's own state, a write of the outbox, an acknowledged write that is remembered, a problem.
enum class RowKind : char { state = 's', write = 'o', remembered = 'a', problem = 'p' };

/// Nothing: the row is deleted.
struct ChangedRows {
  std::unordered_map<std::string, std::optional<Confirmed>> documents;
  std::map<std::pair<RowKind, std::string>, std::optional<std::string>> others;

  bool empty() const { return documents.empty() && others.empty(); }
};

/// What an earlier life committed of a scope.
struct StoredRows {
  struct Row {
    RowKind kind;
    std::string name;
    std::string value;
  };
  std::vector<std::pair<std::string, Confirmed>> documents;
  std::vector<Row> others;
};

class Rows {
 public:
  /// `kept` false: nobody stores them.
  explicit Rows(bool kept) : kept_(kept) {}

  bool kept() const { return kept_; }

  /// By its encode().
  template <class Value>
  void put(RowKind kind, const std::string& name, const Value& value) {
    if (kept_) changed_.others[{kind, name}] = encode(value);
  }
  void remove(RowKind kind, const std::string& name) {
    if (kept_) changed_.others[{kind, name}] = std::nullopt;
  }
  void put(const std::string& id, const Confirmed& document) {
    if (kept_) changed_.documents[id] = document;
  }
  void remove(const std::string& id) {
    if (kept_) changed_.documents[id] = std::nullopt;
  }

  ChangedRows take() { return std::exchange(changed_, {}); }

 private:
  bool kept_;
  ChangedRows changed_;
};

}  // namespace msync::client
