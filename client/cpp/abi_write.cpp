// msync.h: writing, what became of it, and presence.
#include <chrono>
#include <cmath>
#include <cstring>

#include "client/cpp/abi.h"
#include "client/cpp/random.h"
#include "core/message_text.h"

using namespace msync::client::abi;  // NOLINT: the functions below are C's
using msync::Op;
using msync::client::Failure;
using msync::client::Fault;
using msync::client::WriteOp;

struct msync_transaction {
  msync_client* sync;
  std::string scope;
  std::vector<WriteOp> ops;
};

namespace {

void hand_out(const std::string& key, msync_key* to) {
  if (to == nullptr) return;
  *to = {};
  std::memcpy(to->text, key.data(), std::min<std::size_t>(key.size(), MSYNC_KEY_SIZE - 1));
}

/// The version that the user sees goes with it.
Failure add(msync_transaction& transaction, Op op, msync_text id, const std::string& json) {
  const auto& views = transaction.sync->engine.views();
  WriteOp made;
  made.op = op;
  made.id = text_of(id);
  if (op != Op::remove) {
    if (auto bad = check_document(json, views.limits(), made.data)) return bad;
  }
  const auto seen = views.find(transaction.scope, made.id);
  if (seen && seen->seen.version > 0) made.base = seen->seen.version;
  transaction.ops.push_back(std::move(made));
  return std::nullopt;
}

/// A patch of one property by one operator.
Failure operate(msync_transaction& transaction, msync_text id, msync_text property, const char* name,
                const std::string& argument) {
  const std::string patch =
      "{" + msync::json_quoted(text_of(property)) + ":{\"" + name + "\":" + argument + "}}";
  return add(transaction, Op::patch, id, patch);
}

/// A whole number as one: JSON does not tell them apart, schemas do.
std::string number_text(double value) {
  if (std::floor(value) == value && std::abs(value) <= static_cast<double>(msync::limits::integer_max))
    return std::to_string(static_cast<std::int64_t>(value));
  return msync::to_text(msync::Json(value));
}

Failure commit(const msync_transaction& transaction, msync_key* key) {
  const std::string name = msync::client::random_name();
  const bool group = transaction.ops.size() > 1;
  if (auto failure = transaction.sync->engine.write(transaction.scope, name, transaction.ops, group))
    return failure;
  hand_out(name, key);
  return std::nullopt;
}

msync_code write_one(msync_client* sync, msync_text scope, Op op, msync_text id, msync_text json,
                     msync_key* key) {
  return guarded([&]() -> Failure {
    msync_transaction transaction{sync, text_of(scope), {}};
    if (auto failure = add(transaction, op, id, text_of(json))) return failure;
    return commit(transaction, key);
  });
}

}  // namespace

extern "C" {

msync_code msync_put(msync_client* sync, msync_text scope, msync_text id, msync_text json, msync_key* key) {
  return write_one(sync, scope, Op::put, id, json, key);
}

msync_code msync_patch(msync_client* sync, msync_text scope, msync_text id, msync_text json, msync_key* key) {
  return write_one(sync, scope, Op::patch, id, json, key);
}

msync_code msync_delete(msync_client* sync, msync_text scope, msync_text id, msync_key* key) {
  return write_one(sync, scope, Op::remove, id, {}, key);
}

// ---- Transactions -----------------------------------------------------------------------------------------

msync_code msync_begin(msync_client* sync, msync_text scope, msync_transaction** transaction) {
  return guarded([&]() -> Failure {
    *transaction = new msync_transaction{sync, text_of(scope), {}};
    return std::nullopt;
  });
}

msync_code msync_add_put(msync_transaction* transaction, msync_text id, msync_text json) {
  return guarded([&] { return add(*transaction, Op::put, id, text_of(json)); });
}

msync_code msync_add_patch(msync_transaction* transaction, msync_text id, msync_text json) {
  return guarded([&] { return add(*transaction, Op::patch, id, text_of(json)); });
}

msync_code msync_add_delete(msync_transaction* transaction, msync_text id) {
  return guarded([&] { return add(*transaction, Op::remove, id, {}); });
}

msync_code msync_add_increment(msync_transaction* transaction, msync_text id, msync_text property,
                               double by) {
  return guarded([&]() -> Failure {
    if (!std::isfinite(by)) return Fault{"invalid", "a counter cannot rise by that", ""};
    return operate(*transaction, id, property, "$inc", number_text(by));
  });
}

msync_code msync_add_to_set(msync_transaction* transaction, msync_text id, msync_text property,
                            msync_text json) {
  return guarded([&] { return operate(*transaction, id, property, "$add", text_of(json)); });
}

msync_code msync_add_remove_from_set(msync_transaction* transaction, msync_text id, msync_text property,
                                     msync_text json) {
  return guarded([&] { return operate(*transaction, id, property, "$remove", text_of(json)); });
}

msync_code msync_commit(msync_transaction* transaction, msync_key* key) {
  return guarded([&]() -> Failure {
    const std::unique_ptr<msync_transaction> owned(transaction);
    return commit(*owned, key);
  });
}

msync_code msync_submit(msync_transaction* transaction, msync_key* key, msync_durable durable,
                        void* context) {
  return guarded([&]() -> Failure {
    const std::unique_ptr<msync_transaction> owned(transaction);
    const std::string name = msync::client::random_name();
    const bool group = owned->ops.size() > 1;
    msync::client::Engine::Durable told;
    if (durable != nullptr) {
      told = [durable, context](const Failure& failure) {
        durable(context, failure ? code_of(*failure) : MSYNC_OK,
                lend(failure ? failure->message : std::string_view()));
      };
    }
    hand_out(name, key);
    return owned->sync->engine.submit(owned->scope, name, std::move(owned->ops), group, std::move(told));
  });
}

void msync_rollback(msync_transaction* transaction) {
  delete transaction;
}

// ---- What became of writes --------------------------------------------------------------------------------

msync_code msync_wait(const msync_client* sync, msync_text key, int64_t timeout_ms, msync_outcome* outcome,
                      msync_text* json) {
  return guarded([&]() -> Failure {
    if (timeout_ms > 0 && sync->engine.on_own_thread())
      return Fault{"in_callback", "this call waits for the thread that it was made on", ""};
    const auto found = sync->engine.views().outcome(text_of(key), std::chrono::milliseconds(timeout_ms));
    if (!found) return Fault{"timeout", "the outcome is not known yet", ""};
    if (outcome != nullptr) *outcome = to_outcome(found->status);
    if (json != nullptr) *json = give(found->json);
    return std::nullopt;
  });
}

msync_code msync_problems(const msync_client* sync, msync_text* json) {
  return guarded([&]() -> Failure {
    std::string text;
    msync::write_array(text, sync->engine.views().problems(),
                       [&text](const auto& each) { text += encode(each); });
    *json = give(text);
    return std::nullopt;
  });
}

msync_code msync_retry(msync_client* sync, msync_text key) {
  return guarded([&] { return sync->engine.solve(text_of(key), true); });
}

msync_code msync_discard(msync_client* sync, msync_text key) {
  return guarded([&] { return sync->engine.solve(text_of(key), false); });
}

// ---- Presence ---------------------------------------------------------------------------------------------

msync_code msync_live_set(msync_client* sync, msync_text scope, msync_text json) {
  return guarded([&] { return sync->engine.set_live(text_of(scope), text_of(json)); });
}

msync_code msync_live_send(msync_client* sync, msync_text scope, msync_text json) {
  return guarded([&] { return sync->engine.send_live(text_of(scope), text_of(json)); });
}

msync_code msync_live_watch(msync_client* sync, msync_text scope, int on) {
  return guarded([&] { return sync->engine.watch_live(text_of(scope), on != 0); });
}

msync_code msync_live_peers(const msync_client* sync, msync_text scope, msync_text* json) {
  return guarded([&]() -> Failure {
    std::string text;
    msync::write_array(text, sync->engine.views().peers(text_of(scope)), [&text](const auto& peer) {
      msync::ObjectText object(text);
      object.text("client", peer.client);
      object.raw("state", peer.state);
      object.close();
    });
    *json = give(text);
    return std::nullopt;
  });
}

}  // extern "C"
