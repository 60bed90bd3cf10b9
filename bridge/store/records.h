// What the store keeps for people beside the data: who wrote against whom, and, where a collection asks for it,
// every change. Both are written in the transaction of the change that they tell of.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

namespace msync {

/// A write that met a change it had not seen. bridge/conflict_record.h makes `text`: a JSON object with user, src,
/// n, status, base, mine, theirs, winner.
struct ConflictRecord {
  std::string scope;  // its topic; what reads fills it in
  std::string id;     // the entity
  std::int64_t at_ms = 0;
  std::string text;

  bool operator==(const ConflictRecord&) const = default;
};

/// As the store numbers them: numbers only rise.
struct NumberedConflict {
  std::int64_t number = 0;
  ConflictRecord record;
};

/// One change of one entity.
struct HistoryRecord {
  std::string scope;  // its topic; what reads fills it in
  std::uint64_t seq = 0;
  std::string id;
  std::uint64_t version = 0;
  std::string op;          // put, patch or delete
  std::int64_t at_ms = 0;  // when it was stored, by the server's clock
  std::int64_t ts = 0;     // when its writer says it was made
  std::string user;
  std::string src;                    // empty where the writer had none
  std::uint64_t n = 0;                // likewise 0
  std::optional<std::string> before;  // compact JSON; none where there was no document
  std::optional<std::string> after;   // none where it was deleted

  bool operator==(const HistoryRecord&) const = default;
};

/// What became of a request that its sender named (HTTP's Idempotency-Key): a repeat is answered, not repeated.
struct RequestRecord {
  std::string user;
  std::string key;
  std::int64_t at_ms = 0;
  std::string fingerprint;  // of what was asked: the same key for something else is a mistake
  std::string result;       // of one mutation, as encode(MutationResult) makes it

  bool operator==(const RequestRecord&) const = default;
};

/// One replica in one scope, and how far it says it has come.
struct ReplicaRecord {
  std::string scope;  // its topic
  std::string user;
  std::string src;
  std::uint64_t n = 0;
  std::uint64_t seen = 0;
  std::int64_t seen_at_ms = 0;  // 0: it never said
  std::uint64_t head = 0;       // of the scope

  bool operator==(const ReplicaRecord&) const = default;
};

/// Which records to read.
struct RecordFilter {
  std::string scope;  // a topic; empty: all
  std::string id;     // an entity; empty: all
  std::int64_t since_ms = 0;
  std::uint64_t after_seq = 0;  // of history: changes with a higher one
};

}  // namespace msync
