// Writes: what a user asked for, from the outbox to its outcome, and their text in the local database. Pure.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/message.h"

namespace msync::client {

/// A document or patch as compact JSON text, shared by the confirmed state, the outbox and what readers hold.
using Text = std::shared_ptr<const std::string>;

Text make_text(std::string text);

/// What went wrong, in the words of docs/protocol.md or of this library: `revoked`, `lost`, `storage`, …
struct Fault {
  std::string code;
  std::string message;
  std::string path;  // JSON Pointer into the document, of `invalid`
};

/// One operation of a write.
struct WriteOp {
  Op op = Op::noop;
  std::string id;
  std::optional<std::uint64_t> base;  // the version that the user saw; 0: there was none
  std::int64_t ts = 0;                // when the user did it, ms
  Text data;                          // put: the document; patch: the merge patch with operators
};

/// What became of a write. `json` is the result as acks have it.
struct Outcome {
  std::uint64_t n = 0;
  Status status = Status::applied;
  std::string json;
  std::string id;             // of what stands, where the server says so
  std::uint64_t version = 0;  // likewise
  std::optional<Fault> error;
};

Outcome make_outcome(const MutationResult& result);
Outcome make_outcome(std::uint64_t n, Status status);
/// A refusal by the library itself.
Outcome make_refusal(std::uint64_t n, const Fault& error);

/// The server has processed a write.
struct Done {
  std::uint64_t until = 0;  // it stays in the view until the local seq is this
  std::int64_t at = 0;
  std::optional<Outcome> result;
  std::map<std::string, std::uint64_t> versions;  // that it made
};

/// One write of the outbox: a mutation.
struct Entry {
  std::int64_t order = 0;  // its place; rises
  std::string key;         // its name, given by who wrote it; empty: a noop of the library's own
  std::int64_t at = 0;     // when it was written, ms
  bool group = false;
  std::vector<WriteOp> ops;
  std::uint64_t n = 0;  // 0: not sent yet
  std::optional<Done> done;
};

/// A write that did not come to what the user meant; kept until the app says what becomes of it.
struct Problem {
  std::string key;
  std::string scope;
  std::string status;  // superseded, conflict, rejected, lost or revoked
  std::int64_t at = 0;
  bool group = false;
  std::vector<WriteOp> meant;
  Fault error;
};

/// `[{"op":…},…]`, as in T/in.
std::string operations_text(const std::vector<WriteOp>& ops);
/// The mutation as T/in has it: one operation, or a group of them.
std::string mutation_text(const Entry& entry);
/// As JSON for the app.
std::string encode(const Problem& problem);

/// Rows of the local database.
std::string encode(const Entry& entry);
Result<Entry> decode_entry(std::string_view text);
Result<Problem> decode_problem(std::string_view text);

}  // namespace msync::client
