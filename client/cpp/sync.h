// mosquitto-sync for C++20: a thin interface on msync.h, header only. What is said there of threads and of each call holds
// here. Documents are JSON text: bring the JSON library that you like.
//
//   mosquitto_sync::Options options{.url = "mqtts://host", .user = "alice", .database = "alice.db"};
//   options.get_token = [] { return read_token(); };
//   mosquitto_sync::Sync sync(std::move(options));
//   auto messages = sync.collection("chat/42/messages");
//   auto written = messages.put("m1", R"({"text":"hi"})");  // durable here, and in the view
//   written.wait(std::chrono::seconds(10));                  // what the server made of it
//
// Calls throw Error. Listeners must not throw.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "msync.h"
#include "sync_collection.h"

namespace mosquitto_sync {

struct Status {
  msync_state state = MSYNC_OFFLINE;
  std::uint64_t pending = 0;
  std::string error_code;
  std::string error_message;
};

/// All listeners are called on the library's thread, one at a time, and must not wait.
struct Options {
  std::string url;
  std::string user;
  std::string database;
  std::string device = {};
  std::string ca_file = {};
  /// What throws is told as the error `token`, and asked again. Slow? Leave it empty and use on_token_needed.
  std::function<std::string()> get_token = {};
  /// Answer by Sync::give_token() or no_token(), at once or later.
  std::function<void()> on_token_needed = {};
  std::function<void()> on_status = {};
  /// No ids: all may have changed.
  std::function<void(const std::string& scope, const std::vector<std::string>& ids)> on_change = {};
  std::function<void(const std::string& scope)> on_progress = {};
  std::function<void(const std::string& scope, const std::string& key, const Result& result)> on_result = {};
  /// JSON, as an element of Sync::problems().
  std::function<void(const std::string& json)> on_problem = {};
  std::function<void(const std::string& scope, const std::string& reason)> on_revoked = {};
  std::function<void(const std::string& scope, const std::string& code, const std::string& message)>
      on_error = {};
  std::function<void(const std::string& scope)> on_peers = {};
  std::function<void(const std::string& scope, const std::string& client, const std::string& json)> on_live =
      {};
  std::function<std::int64_t()> clock = {};
};

/// One database of one user on one device, and the connection that keeps it in step with the server.
class Sync {
 public:
  explicit Sync(Options options) : options_(std::make_unique<Options>(std::move(options))) {
    msync_options given = {};
    given.struct_size = sizeof given;
    given.url = detail::lend(options_->url);
    given.user = detail::lend(options_->user);
    given.database = detail::lend(options_->database);
    given.device = detail::lend(options_->device);
    given.ca_file = detail::lend(options_->ca_file);
    given.listeners = listeners();
    if (options_->clock) {
      given.clock = [](void* context) { return static_cast<Options*>(context)->clock(); };
      given.clock_context = options_.get();
    }
    msync_client* made = nullptr;
    detail::check(msync_open(&given, &made));
    sync_.reset(made);
  }

  /// Waits. Disconnects; what is unsent stays in the database. The destructor does the same.
  void close() { sync_.reset(); }
  /// Waits. Deletes the database: the user logs out. Error MSYNC_PENDING where writes are unsent, unless `discard`.
  void wipe(bool discard = false) { detail::check(msync_wipe(sync_.get(), discard ? 1 : 0)); }

  std::string client_id() const { return detail::copy(msync_client_id(sync_.get())); }
  Status status() const {
    msync_status found = {};
    found.struct_size = sizeof found;
    detail::check(msync_get_status(sync_.get(), &found));
    return {found.state, found.pending, found.error_code, found.error_message};
  }

  /// Waits until the scope was read from the database; it is kept in step from then on.
  Collection collection(std::string_view scope, bool reads = true) {
    detail::check(msync_open_scope(sync_.get(), detail::lend(scope), reads ? 1 : 0));
    return {sync_.get(), scope};
  }

  void give_token(std::string_view token) {
    detail::check(msync_give_token(sync_.get(), detail::lend(token)));
  }
  void no_token(std::string_view why) { detail::check(msync_no_token(sync_.get(), detail::lend(why))); }
  void renew_token() { detail::check(msync_renew_token(sync_.get())); }
  void suspend() { detail::check(msync_suspend(sync_.get())); }
  void resume() { detail::check(msync_resume(sync_.get())); }
  void reachable(bool is) { detail::check(msync_reachable(sync_.get(), is ? 1 : 0)); }

  /// A JSON array: msync_problems().
  std::string problems() const { return text(msync_problems); }
  void retry(std::string_view key) { detail::check(msync_retry(sync_.get(), detail::lend(key))); }
  void discard(std::string_view key) { detail::check(msync_discard(sync_.get(), detail::lend(key))); }

  /// `json` empty: takes it back.
  void live_set(std::string_view scope, std::string_view json) {
    detail::check(msync_live_set(sync_.get(), detail::lend(scope), detail::lend(json)));
  }
  void live_send(std::string_view scope, std::string_view json) {
    detail::check(msync_live_send(sync_.get(), detail::lend(scope), detail::lend(json)));
  }
  void live_watch(std::string_view scope, bool on = true) {
    detail::check(msync_live_watch(sync_.get(), detail::lend(scope), on ? 1 : 0));
  }
  /// A JSON array: msync_live_peers().
  std::string live_peers(std::string_view scope) const {
    return text([scope](const msync_client* sync, msync_text* json) {
      return msync_live_peers(sync, detail::lend(scope), json);
    });
  }

 private:
  struct Close {
    void operator()(msync_client* sync) const { msync_close(sync); }
  };

  template <class Ask>
  std::string text(Ask ask) const {
    msync_text json = {};
    detail::check(ask(sync_.get(), &json));
    return detail::take(json);
  }

  static Options& of(void* context) { return *static_cast<Options*>(context); }

  static void need_token(void* context, msync_client* sync) {
    if (!of(context).get_token) {
      if (of(context).on_token_needed) of(context).on_token_needed();
      return;
    }
    try {
      msync_give_token(sync, detail::lend(of(context).get_token()));
    } catch (const std::exception& error) {
      msync_no_token(sync, msync_str(error.what()));
    }
  }

  msync_listeners listeners() const {
    using detail::copy;
    const Options& options = *options_;
    msync_listeners made = {};
    made.struct_size = sizeof made;
    made.context = options_.get();
    made.token_needed = need_token;
    if (options.on_status) made.status_changed = [](void* to, msync_client*) { of(to).on_status(); };
    if (options.on_change) {
      made.documents_changed = [](void* to, msync_client*, msync_text scope, const msync_text* ids,
                                  size_t count) {
        std::vector<std::string> changed;
        for (size_t i = 0; i < count; ++i) changed.push_back(copy(ids[i]));
        of(to).on_change(copy(scope), changed);
      };
    }
    if (options.on_progress)
      made.progress_changed = [](void* to, msync_client*, msync_text scope) {
        of(to).on_progress(copy(scope));
      };
    if (options.on_result) {
      made.write_settled = [](void* to, msync_client*, msync_text scope, msync_text key,
                              msync_outcome outcome, msync_text json) {
        of(to).on_result(copy(scope), copy(key), {outcome, copy(json)});
      };
    }
    if (options.on_problem)
      made.problem_found = [](void* to, msync_client*, msync_text json) { of(to).on_problem(copy(json)); };
    if (options.on_revoked) {
      made.scope_revoked = [](void* to, msync_client*, msync_text scope, msync_text reason) {
        of(to).on_revoked(copy(scope), copy(reason));
      };
    }
    if (options.on_error) {
      made.error_occurred = [](void* to, msync_client*, msync_text scope, msync_text code,
                               msync_text message) {
        of(to).on_error(copy(scope), copy(code), copy(message));
      };
    }
    if (options.on_peers)
      made.peers_changed = [](void* to, msync_client*, msync_text scope) { of(to).on_peers(copy(scope)); };
    if (options.on_live) {
      made.live_message = [](void* to, msync_client*, msync_text scope, msync_text client, msync_text json) {
        of(to).on_live(copy(scope), copy(client), copy(json));
      };
    }
    return made;
  }

  std::unique_ptr<Options> options_;  // where listeners find it, wherever the Sync is moved to
  std::unique_ptr<msync_client, Close> sync_;
};

}  // namespace mosquitto_sync
