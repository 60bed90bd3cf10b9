#include "bridge/committer.h"

#include <limits>
#include <tuple>

#include "bridge/mutator.h"
#include "core/operators.h"

namespace msync {
namespace {

/// One transaction under way.
class Batch {
 public:
  Batch(Store& store, const StoreIdentity& identity, const RevokeRules& revoking, std::int64_t now_ms)
      : store_(store), identity_(identity), revoking_(revoking), now_ms_(now_ms) {}

  void take(const Inbound& message, bool skip_unnumbered);
  void write_back();
  Committed finish();

  Committed done;

 private:
  struct OpenScope {
    ScopeRow row;
    std::uint64_t head_before = 0;
    std::int64_t history_ms = 0;  // of its collection
  };
  using AckKey = std::tuple<std::string, std::string, std::string>;  // client, src, scope

  void take_in(const Inbound& message, bool skip_unnumbered);
  void take_seen(const Inbound& message);
  void take_revoke(const Inbound& message);
  void take_request(const Inbound& message, bool unsure);
  void take_numbered(const Inbound& message, const InMessage& in);
  void take_unnumbered(const Inbound& message, const InMessage& in);
  MutationResult repeat(const ReplicaKey& key, std::uint64_t n);
  MutationResult fresh(const Inbound& message, const Mutation& mutation, const Writer& writer,
                       ScopeRow& scope);
  void note_rejection(const Inbound& message, const std::string& id, const MutationResult& result);
  ScopeRow& scope(const Inbound& message);
  void notice(const Inbound& message, const Error& error, const InMessage* in);
  void trim_history(const OpenScope& open);
  void reply_ack(const Inbound& message, const Ack& ack);
  Ack empty_ack(const Inbound& message, const InMessage& in) const;

  Store& store_;
  const StoreIdentity& identity_;
  const RevokeRules& revoking_;
  std::int64_t now_ms_;
  std::map<std::string, OpenScope> scopes_;
  std::map<AckKey, Ack> acks_;
};

ScopeRow& Batch::scope(const Inbound& message) {
  const auto found = scopes_.find(message.scope);
  if (found != scopes_.end()) return found->second.row;
  ScopeRow row = store_.scope(message.scope, message.collection->name);
  const std::uint64_t head = row.seq;
  return scopes_.emplace(message.scope, OpenScope{std::move(row), head, message.collection->history_ms})
      .first->second.row;
}

void Batch::notice(const Inbound& message, const Error& error, const InMessage* in) {
  Notice notice{error.code, error.message, message.topic, "", "", 0, {}, {}};
  if (in != nullptr && in->numbered()) {
    notice.src = in->src;
    notice.n = in->n;
  }
  done.replies.push_back({"sync/" + message.stamp.client + "/notice", encode(notice)});
}

Ack Batch::empty_ack(const Inbound& message, const InMessage& in) const {
  Ack ack;
  ack.epoch = identity_.epoch;
  ack.scope = message.scope;
  ack.src = in.src;
  ack.now = now_ms_;
  return ack;
}

void Batch::reply_ack(const Inbound& message, const Ack& ack) {
  done.replies.push_back({"sync/" + message.stamp.client + "/ack/" + message.scope, encode(ack)});
}

void Batch::take(const Inbound& message, bool skip_unnumbered) {
  if (message.revoke) return take_revoke(message);
  if (message.request) return take_request(message, skip_unnumbered);
  if (message.leaf == Leaf::seen) return take_seen(message);
  take_in(message, skip_unnumbered);
}

void Batch::take_seen(const Inbound& message) {
  const auto seen = decode_seen(message.payload);
  if (!seen) {
    done.malformed += 1;
    return notice(message, seen.error(), nullptr);
  }
  if (seen->epoch != identity_.epoch) return;
  ScopeRow& row = scope(message);
  // A replica cannot have seen what does not exist; its word must not let a tombstone go too early.
  if (seen->seq > row.seq) return;
  store_.save_seen({message.stamp.user, seen->src, row.id}, seen->seq, message.stamp.at_ms);
}

/// Again and again is the same as once: a commit of unknown fate needs no care.
void Batch::take_revoke(const Inbound& message) {
  const auto revocation =
      judge_revoke(message.payload, message.stamp.at_ms / 1000, store_.revocations(), revoking_);
  if (!revocation) return notice(message, revocation.error(), nullptr);
  store_.save_revocation(*revocation);
  done.revoked = true;
}

void Batch::take_request(const Inbound& message, bool unsure) {
  WriteAnswer answer = answer_write(store_, *message.collection, scope(message), *message.request,
                                    message.stamp, now_ms_, unsure);
  if (answer.repeated) {
    done.duplicates += 1;
  } else if (answer.kind == WriteAnswer::Kind::answered) {
    done.mutations += 1;
    done.outcomes[answer.result.status] += 1;
    note_rejection(message, message.request->operation.id, answer.result);
  }
  done.answers.emplace_back(message.request, std::move(answer));
}

void Batch::take_in(const Inbound& message, bool skip_unnumbered) {
  const auto in = decode_in(message.payload);
  if (!in) {
    done.malformed += 1;
    return notice(message, in.error(), nullptr);
  }
  if (in->numbered()) return take_numbered(message, *in);
  if (!skip_unnumbered) take_unnumbered(message, *in);
}

void Batch::take_numbered(const Inbound& message, const InMessage& in) {
  if (in.epoch != identity_.epoch) {
    Ack ack = empty_ack(message, in);
    ack.stale = true;
    return reply_ack(message, ack);
  }
  ScopeRow& row = scope(message);
  const ReplicaKey key{message.stamp.user, in.src, row.id};
  const std::uint64_t last = store_.replica_n(key);
  if (in.n > last + 1) {
    done.gaps += 1;
    Ack ack = empty_ack(message, in);
    ack.n = last;
    ack.gap = true;
    return reply_ack(message, ack);
  }
  const auto [position, created] =
      acks_.try_emplace(AckKey{message.stamp.client, in.src, message.scope}, empty_ack(message, in));
  Ack& ack = position->second;
  ack.n = last;
  Writer writer{message.stamp.user, in.src, in.n, message.stamp.at_ms};
  for (const Mutation& mutation : in.mutations) {
    if (writer.n <= last) {
      ack.results.push_back(repeat(key, writer.n));
    } else {
      ack.results.push_back(fresh(message, mutation, writer, row));
      ack.n = writer.n;
      if (ack.results.back().status != Status::applied) store_.save_outcome(key, ack.results.back());
    }
    writer.n += 1;
  }
  if (ack.n > last) store_.save_replica_n(key, ack.n);
}

MutationResult Batch::repeat(const ReplicaKey& key, std::uint64_t n) {
  done.duplicates += 1;
  MutationResult result;
  if (auto stored = store_.outcome(key, n)) {
    result = std::move(*stored);
  } else {
    result.status = Status::processed;
  }
  result.n = n;
  result.duplicate = true;
  return result;
}

MutationResult Batch::fresh(const Inbound& message, const Mutation& mutation, const Writer& writer,
                            ScopeRow& scope) {
  MutationResult result = apply_mutation(store_, *message.collection, scope, mutation, writer, now_ms_);
  done.mutations += 1;
  done.outcomes[result.status] += 1;
  const std::size_t failed = result.op.value_or(0);
  note_rejection(message, failed < mutation.operations.size() ? mutation.operations[failed].id : "", result);
  return result;
}

void Batch::note_rejection(const Inbound& message, const std::string& id, const MutationResult& result) {
  if (result.status != Status::rejected || !result.error) return;
  done.rejections.push_back(
      {now_ms_, message.stamp.user, message.scope, id, result.error->code, result.error->path});
}

/// Nobody waits for an answer, but who debugs with a stock client should learn why nothing happened.
void Batch::take_unnumbered(const Inbound& message, const InMessage& in) {
  for (const Mutation& mutation : in.mutations) {
    for (const Operation& operation : mutation.operations) {
      if (operation.op == Op::patch && has_operators(*message.collection, operation.data)) {
        done.malformed += 1;
        return notice(message,
                      {Code::malformed, "operators need epoch, src and n: a repeat would count twice", ""},
                      &in);
      }
    }
  }
  ScopeRow& row = scope(message);
  const Writer writer{message.stamp.user, "", 0, message.stamp.at_ms};
  for (const Mutation& mutation : in.mutations) {
    const MutationResult result = fresh(message, mutation, writer, row);
    if (result.status != Status::rejected || !result.error) continue;
    const std::string place = result.error->path.empty() ? "" : " at " + result.error->path;
    notice(message,
           {Code::malformed,
            std::string("rejected, ") + to_string(result.error->code) + place + ": " + result.error->message,
            ""},
           &in);
  }
}

/// What is too old goes as new history comes; where the collection keeps none any more, all of it.
void Batch::trim_history(const OpenScope& open) {
  const std::int64_t older_than_ms =
      open.history_ms > 0 ? now_ms_ - open.history_ms : std::numeric_limits<std::int64_t>::max();
  store_.trim_history(open.row.id, older_than_ms, limits::history_trim_rows);
}

void Batch::write_back() {
  for (auto& [topic, open] : scopes_) {
    if (open.row.seq == open.head_before) continue;
    store_.save(open.row);
    trim_history(open);
    done.touched.push_back({open.row, open.head_before});
  }
}

Committed Batch::finish() {
  for (auto& [key, ack] : acks_) {
    ack.head = scopes_.at(ack.scope).row.seq;
    done.replies.push_back({"sync/" + std::get<0>(key) + "/ack/" + ack.scope, encode(ack)});
  }
  return std::move(done);
}

}  // namespace

Committer::Committer(Store& store, RevokeRules revoking)
    : store_(store), identity_(store.identity()), revoking_(std::move(revoking)) {}

Committed Committer::commit(std::span<const Inbound> batch, std::int64_t now_ms,
                            std::span<const std::pair<std::int64_t, std::uint64_t>> published,
                            bool skip_unnumbered) {
  committing_ = false;
  store_.begin();
  try {
    Batch work(store_, identity_, revoking_, now_ms);
    for (const Inbound& message : batch) {
      work.take(message, skip_unnumbered);
      work.done.messages += 1;
      if (work.done.mutations + work.done.duplicates >= limits::batch_mutations) break;
    }
    for (const auto& [scope, seq] : published) store_.save_published(scope, seq);
    work.write_back();
    store_.save_last_time_ms(now_ms);
    attempted_ = work.done.messages;
    committing_ = true;
    store_.commit();
    committing_ = false;
    return work.finish();
  } catch (...) {
    store_.rollback();
    throw;
  }
}

}  // namespace msync
