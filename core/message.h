// The messages of the protocol: docs/protocol.md, "Messages". Their shapes in C++, and both directions of their
// encoding. schemas/protocol/*.json say the same as JSON Schema.
//
// Decoding takes any bytes and returns a message or Code::malformed / too_large; members it does not know are
// ignored, so that a later minor version can add some. Encoding cannot fail. Pure; any thread.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/json.h"

namespace msync {

/// What sync/status announces as `protocol`.
inline constexpr std::uint64_t protocol_version = 1;

// ---- in -------------------------------------------------------------------------------------------------

enum class Op : std::uint8_t { put, patch, remove, noop };  // remove is "delete" on the wire

/// One thing asked for one entity.
struct Operation {
  Op op = Op::noop;
  std::string id;
  std::optional<std::uint64_t> base;  // version of the confirmed state the writer saw; absent: blind
  std::optional<std::int64_t> ts;     // when the user made it, ms; absent: when the broker received it
  Json data;                          // put: the document; patch: the merge patch
  std::optional<Error> fault;  // unknown_op, bad_id, invalid: the mutation is rejected, not the message

  bool operator==(const Operation&) const = default;
};

/// One operation, or an atomic group of them. `noop` stands alone.
struct Mutation {
  std::vector<Operation> operations;
  bool group = false;

  bool operator==(const Mutation&) const = default;
};

/// T/in.
struct InMessage {
  std::string epoch;    // empty where the sender gave none
  std::string src;      // empty: no numbering, no ack
  std::uint64_t n = 0;  // of the first mutation; 0 where src is empty
  std::vector<Mutation> mutations;

  bool numbered() const { return !src.empty(); }

  bool operator==(const InMessage&) const = default;
};

/// epoch, src and n are all present or all absent; otherwise malformed.
Result<InMessage> decode_in(std::string_view payload);
std::string encode(const InMessage& message);
Json to_json(const InMessage& message);

// ---- ack ------------------------------------------------------------------------------------------------

enum class Status : std::uint8_t { applied, merged, superseded, conflict, rejected, processed };

const char* to_string(Status status);
std::optional<Status> parse_status(std::string_view text);

/// True for the statuses whose mutation is in the store.
constexpr bool stored(Status status) {
  return status == Status::applied || status == Status::merged;
}

/// Where one entity came to stand.
struct Landing {
  std::string id;
  std::uint64_t version = 0;
  std::uint64_t seq = 0;

  bool operator==(const Landing&) const = default;
};

/// The outcome of one mutation.
struct MutationResult {
  std::uint64_t n = 0;
  Status status = Status::applied;
  std::vector<Landing> changes;     // applied, merged
  std::optional<std::size_t> op;    // in a group: the first operation that failed
  std::optional<Landing> standing;  // superseded, conflict: what stands
  std::optional<Error> error;       // conflict, rejected, superseded
  bool duplicate = false;           // a repeat

  bool operator==(const MutationResult&) const = default;
};

/// sync/<client>/ack/T. With `stale` or `gap` nothing was processed and there are no results.
struct Ack {
  std::string epoch;
  std::string scope;
  std::string src;
  std::uint64_t n = 0;  // every mutation up to it has been processed, durably
  std::uint64_t head = 0;
  std::int64_t now = 0;
  bool gap = false;
  bool stale = false;
  std::vector<MutationResult> results;

  bool operator==(const Ack&) const = default;
};

std::string encode(const Ack& ack);
Result<Ack> decode_ack(std::string_view payload);
/// One result as JSON text and back: how outcomes are stored.
std::string encode(const MutationResult& result);
Result<MutationResult> decode_result(std::string_view text);

// ---- pull, seen -----------------------------------------------------------------------------------------

/// T/pull.
struct Pull {
  std::string rid;
  std::string src;    // empty: a reader without a replica; n and outcomes are then left out of the answer
  std::string epoch;  // empty: a new replica
  std::uint64_t since = 0;
  std::uint64_t snap = 0;
  std::uint64_t acked = 0;
  std::size_t limit = limits::page_entities;  // 1 to limits::page_entities; larger ones are cut to it
  bool cbor = false;                          // from `accept`; unknown names are ignored
  bool zlib = false;
  bool zstd = false;

  bool operator==(const Pull&) const = default;
};

/// At most limits::max_pull_bytes, as a Seen: Code::too_large.
Result<Pull> decode_pull(std::string_view payload);
std::string encode(const Pull& pull);

/// T/seen: how far a replica has durably come.
struct Seen {
  std::string src;
  std::string epoch;
  std::uint64_t seq = 0;

  bool operator==(const Seen&) const = default;
};

Result<Seen> decode_seen(std::string_view payload);
std::string encode(const Seen& seen);

// ---- delta ----------------------------------------------------------------------------------------------

/// The newest state of one entity. Data is compact JSON text as stored, so that neither the publisher nor a
/// page parses documents only to write them again.
struct Change {
  std::string id;
  std::uint64_t seq = 0;
  std::uint64_t version = 0;
  std::int64_t ts = 0;
  std::string by;
  std::string src;      // of its writer; empty where it had none
  std::uint64_t n = 0;  // likewise 0
  bool deleted = false;
  std::string data;                   // empty when deleted or when `patch` is set
  std::optional<std::uint64_t> base;  // with `patch`, on live deltas only
  std::string patch;

  bool operator==(const Change&) const = default;
};

/// T/log and sync/<client>/delta/T.
struct Delta {
  std::string rid;  // pages only; empty on live deltas
  bool last = false;
  bool reset = false;
  std::uint64_t snap = 0;  // with reset, and on the pages that continue it
  std::string epoch;
  std::string scope;
  std::uint64_t from = 0;
  std::uint64_t to = 0;
  std::uint64_t head = 0;
  std::int64_t now = 0;
  std::optional<std::uint64_t> count;  // where to == head
  std::string digest;                  // likewise; 16 hex digits
  std::optional<std::uint64_t> n;      // pages at head, for a pull with src
  std::vector<MutationResult> outcomes;
  std::vector<Change> changes;

  bool operator==(const Delta&) const = default;
};

/// JSON text. The size of what encode() returns for a delta of these changes is at most
/// delta_overhead_bytes + the sum of encoded_bytes(change).
std::string encode(const Delta& delta);
std::string encode_cbor(const Delta& delta);
std::size_t encoded_bytes(const Change& change);
/// Without outcomes. A scope of 16 levels with every character escaped is 4.1 KB; rid and epoch take 256 bytes.
inline constexpr std::size_t delta_overhead_bytes = 5 * 1024;

std::string encode(const Change& change);  // as T/doc/<id> carries it
/// Also of a compressed page.
Result<Delta> decode_delta(std::string_view payload);

// ---- notice, status -------------------------------------------------------------------------------------

/// sync/<client>/notice.
struct Notice {
  Code code = Code::malformed;
  std::string message;
  std::string topic;  // of the message that caused it, where known
  std::string scope;  // revoked
  std::string src;
  std::uint64_t n = 0;
  std::optional<std::int64_t> retry_after_ms;  // quota
  std::optional<std::int64_t> expires_in_s;    // token

  bool operator==(const Notice&) const = default;
};

/// Text from outside (topic, src) is cut to 256 bytes and is valid UTF-8 afterwards.
std::string encode(const Notice& notice);
Result<Notice> decode_notice(std::string_view payload);

/// sync/status.
struct ServerStatus {
  bool online = false;
  std::string epoch;
  std::uint64_t boot = 0;
  std::string version;

  bool operator==(const ServerStatus&) const = default;
};

/// Adds `protocol` and the limits that clients must keep.
std::string encode(const ServerStatus& status);
Result<ServerStatus> decode_status(std::string_view payload);

}  // namespace msync
