// msync.h: the client's life, its status, scopes and reading.
#include <algorithm>
#include <cstring>

#include "client/cpp/abi.h"

using namespace msync::client::abi;  // NOLINT: the functions below are C's
using msync::client::Failure;
using msync::client::Fault;

struct msync_documents {
  std::vector<msync::client::DocumentPtr> all;
};

namespace {

/// As much of a caller's structure as both sides know.
template <class T>
T known_part(const T& given) {
  T whole = {};
  std::memcpy(&whole, &given, std::min(given.struct_size, sizeof(T)));
  return whole;
}

/// The caller's structure may be shorter than ours: never written past its end.
template <class T>
void fill(T& given, T whole) {
  whole.struct_size = given.struct_size;
  std::memcpy(&given, &whole, std::min(given.struct_size, sizeof(T)));
}

template <std::size_t Size>
void copy_cut(char (&to)[Size], const std::string& text) {
  std::size_t size = std::min(text.size(), Size - 1);
  while (size > 0 && size < text.size() && (text[size] & 0xC0) == 0x80) --size;  // not within a character
  std::memcpy(to, text.data(), size);
  to[size] = '\0';
}

msync::client::EngineOptions engine_options(const msync_options& options) {
  msync::client::EngineOptions made{text_of(options.url),     text_of(options.user),
                                    text_of(options.device),  text_of(options.database),
                                    text_of(options.ca_file), {}};
  if (options.clock != nullptr) {
    made.clock = [clock = options.clock, context = options.clock_context] { return clock(context); };
  }
  return made;
}

Fault missing(const char* what) {
  return {"invalid", std::string(what) + " is missing", ""};
}

}  // namespace

// ---- Listeners --------------------------------------------------------------------------------------------

msync_client::msync_client(const msync_options& options, const msync_listeners& wanted)
    : listeners(wanted), engine(engine_options(options), *this) {}

void msync_client::on_token_needed() {
  listeners.token_needed(listeners.context, this);
}

void msync_client::on_status() {
  if (listeners.status_changed != nullptr) listeners.status_changed(listeners.context, this);
}

void msync_client::on_change(const std::string& scope, const std::vector<std::string>& ids) {
  if (listeners.documents_changed == nullptr) return;
  std::vector<msync_text> texts;
  texts.reserve(ids.size());
  for (const std::string& id : ids) texts.push_back(lend(id));
  listeners.documents_changed(listeners.context, this, lend(scope), texts.data(), texts.size());
}

void msync_client::on_progress(const std::string& scope) {
  if (listeners.progress_changed != nullptr) listeners.progress_changed(listeners.context, this, lend(scope));
}

void msync_client::on_result(const std::string& scope, const std::string& key,
                             const msync::client::Outcome& outcome) {
  if (listeners.write_settled == nullptr) return;
  listeners.write_settled(listeners.context, this, lend(scope), lend(key), to_outcome(outcome.status),
                          lend(outcome.json));
}

void msync_client::on_problem(const msync::client::Problem& problem) {
  if (listeners.problem_found == nullptr) return;
  const std::string json = encode(problem);
  listeners.problem_found(listeners.context, this, lend(json));
}

void msync_client::on_revoked(const std::string& scope, const std::string& reason) {
  if (listeners.scope_revoked != nullptr)
    listeners.scope_revoked(listeners.context, this, lend(scope), lend(reason));
}

void msync_client::on_error(const std::string& scope, const Fault& fault) {
  if (listeners.error_occurred == nullptr) return;
  listeners.error_occurred(listeners.context, this, lend(scope), lend(fault.code), lend(fault.message));
}

void msync_client::on_peers(const std::string& scope) {
  if (listeners.peers_changed != nullptr) listeners.peers_changed(listeners.context, this, lend(scope));
}

void msync_client::on_live(const std::string& scope, const std::string& client, const std::string& message) {
  if (listeners.live_message == nullptr) return;
  listeners.live_message(listeners.context, this, lend(scope), lend(client), lend(message));
}

extern "C" {

// ---- Its life ---------------------------------------------------------------------------------------------

msync_code msync_open(const msync_options* options, msync_client** sync) {
  return guarded([&]() -> Failure {
    if (options == nullptr || sync == nullptr) return missing("an argument");
    *sync = nullptr;
    const msync_options given = known_part(*options);
    const msync_listeners listeners = known_part(given.listeners);
    if (listeners.token_needed == nullptr) return missing("token_needed");
    if (given.database.size == 0) return missing("database");
    if (given.user.size == 0) return missing("user");
    auto made = std::make_unique<msync_client>(given, listeners);
    if (auto failure = made->engine.start()) return failure;
    *sync = made.release();
    return std::nullopt;
  });
}

msync_code msync_close(msync_client* sync) {
  return guarded([&]() -> Failure {
    if (sync == nullptr) return std::nullopt;
    if (auto failure = sync->engine.close()) return failure;
    delete sync;
    return std::nullopt;
  });
}

msync_code msync_wipe(msync_client* sync, int discard) {
  return guarded([&] { return sync->engine.wipe(discard != 0); });
}

msync_text msync_client_id(const msync_client* sync) {
  return lend(sync->engine.client_id());
}

msync_code msync_give_token(msync_client* sync, msync_text token) {
  return guarded([&] { return sync->engine.give_token(text_of(token)); });
}

msync_code msync_no_token(msync_client* sync, msync_text why) {
  return guarded([&] { return sync->engine.no_token(text_of(why)); });
}

msync_code msync_renew_token(msync_client* sync) {
  return guarded([&] { return sync->engine.renew_token(); });
}

msync_code msync_suspend(msync_client* sync) {
  return guarded([&] { return sync->engine.suspend(); });
}

msync_code msync_resume(msync_client* sync) {
  return guarded([&] { return sync->engine.resume(); });
}

msync_code msync_reachable(msync_client* sync, int is_reachable) {
  return guarded([&] { return sync->engine.reachable(is_reachable != 0); });
}

msync_code msync_get_status(const msync_client* sync, msync_status* status) {
  return guarded([&]() -> Failure {
    const auto found = sync->engine.views().status();
    msync_status whole = {};
    whole.state = static_cast<msync_state>(found.state);
    whole.pending = found.pending;
    copy_cut(whole.error_code, found.last_error.code);
    copy_cut(whole.error_message, found.last_error.message);
    fill(*status, whole);
    return std::nullopt;
  });
}

// ---- Scopes -----------------------------------------------------------------------------------------------

msync_code msync_open_scope(msync_client* sync, msync_text scope, int reads) {
  return guarded([&] { return sync->engine.open(text_of(scope), reads != 0); });
}

msync_code msync_get_progress(const msync_client* sync, msync_text scope, msync_progress* progress) {
  return guarded([&]() -> Failure {
    const auto found = sync->engine.views().progress(text_of(scope));
    msync_progress whole = {};
    whole.state = static_cast<msync_progress_state>(found.state);
    whole.seq = found.seq;
    whole.head = found.head;
    fill(*progress, whole);
    return std::nullopt;
  });
}

msync_code msync_get(const msync_client* sync, msync_text scope, msync_text id, msync_documents** documents) {
  return guarded([&]() -> Failure {
    *documents = nullptr;
    auto found = sync->engine.views().find(text_of(scope), text_of(id));
    if (!found) return Fault{"not_found", text_of(id) + " is not here", ""};
    *documents = new msync_documents{{std::move(found)}};
    return std::nullopt;
  });
}

msync_code msync_get_all(const msync_client* sync, msync_text scope, msync_documents** documents) {
  return guarded([&]() -> Failure {
    *documents = nullptr;
    if (!sync->engine.views().is_open(text_of(scope)))
      return Fault{"not_found", text_of(scope) + " is not open", ""};
    *documents = new msync_documents{sync->engine.views().all(text_of(scope))};
    return std::nullopt;
  });
}

size_t msync_documents_count(const msync_documents* documents) {
  return documents == nullptr ? 0 : documents->all.size();
}

int msync_documents_at(const msync_documents* documents, size_t index, msync_document* document) {
  if (index >= msync_documents_count(documents)) return 0;
  const msync::client::Document& found = *documents->all[index];
  *document = {lend(found.id), lend(*found.seen.data), found.seen.version,
               found.seen.ts,  lend(found.seen.by),    found.seen.pending ? 1 : 0};
  return 1;
}

void msync_documents_free(msync_documents* documents) {
  delete documents;
}

}  // extern "C"
