// mosquitto-sync for C++20: one scope, its documents, and writes to it. Included by sync.h, which begins with how it is used.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "msync.h"

namespace mosquitto_sync {

/// Why a call did nothing.
class Error : public std::runtime_error {
 public:
  Error(msync_code code, const std::string& message, std::string path)
      : std::runtime_error(message), code_(code), path_(std::move(path)) {}

  msync_code code() const { return code_; }
  /// JSON Pointer into the document, of MSYNC_INVALID.
  const std::string& path() const { return path_; }

 private:
  msync_code code_;
  std::string path_;
};

namespace detail {

inline msync_text lend(std::string_view text) {
  return {text.data(), text.size()};
}
inline std::string copy(msync_text text) {
  return text.bytes == nullptr ? std::string() : std::string(text.bytes, text.size);
}
/// Copies and frees.
inline std::string take(msync_text text) {
  std::string taken = copy(text);
  msync_text_free(text);
  return taken;
}
inline void check(msync_code code) {
  if (code != MSYNC_OK) throw Error(code, copy(msync_error_message()), copy(msync_error_path()));
}

}  // namespace detail

struct Document {
  std::string id;
  std::string data;           // JSON
  std::uint64_t version = 0;  // of the confirmed state; 0: the server has not stored it yet
  std::int64_t ts = 0;        // when it was last written, ms
  std::string by;             // empty: this user, unconfirmed
  bool pending = false;       // some of it the server has not confirmed
};

/// What became of a write.
struct Result {
  msync_outcome outcome = MSYNC_APPLIED;
  std::string json;  // as in an ack
};

struct Progress {
  msync_progress_state state = MSYNC_LOADING;
  std::uint64_t seq = 0;
  std::uint64_t head = 0;
};

/// A write that is durable on this device.
class Written {
 public:
  Written(const msync_client* sync, const msync_key& key) : sync_(sync), key_(key.text) {}

  const std::string& key() const { return key_; }

  /// What became of it; nothing: not known after so long. The Sync must be there.
  std::optional<Result> wait(std::chrono::milliseconds longest = std::chrono::milliseconds(0)) const {
    Result result;
    msync_text json = {};
    const auto code = msync_wait(sync_, detail::lend(key_), longest.count(), &result.outcome, &json);
    if (code == MSYNC_TIMEOUT) return std::nullopt;
    detail::check(code);
    result.json = detail::take(json);
    return result;
  }

 private:
  const msync_client* sync_;
  std::string key_;
};

/// Several writes to one scope, wholly or not at all.
class Transaction {
 public:
  Transaction& put(std::string_view id, std::string_view json) {
    return did(msync_add_put(made_.get(), detail::lend(id), detail::lend(json)));
  }
  Transaction& patch(std::string_view id, std::string_view json) {
    return did(msync_add_patch(made_.get(), detail::lend(id), detail::lend(json)));
  }
  Transaction& remove(std::string_view id) { return did(msync_add_delete(made_.get(), detail::lend(id))); }
  Transaction& increment(std::string_view id, std::string_view property, double by = 1) {
    return did(msync_add_increment(made_.get(), detail::lend(id), detail::lend(property), by));
  }
  /// `elements`: a JSON array.
  Transaction& add_to_set(std::string_view id, std::string_view property, std::string_view elements) {
    return did(
        msync_add_to_set(made_.get(), detail::lend(id), detail::lend(property), detail::lend(elements)));
  }
  Transaction& remove_from_set(std::string_view id, std::string_view property, std::string_view elements) {
    return did(msync_add_remove_from_set(made_.get(), detail::lend(id), detail::lend(property),
                                         detail::lend(elements)));
  }

  /// Waits until it is durable here.
  Written commit() {
    msync_key key = {};
    detail::check(msync_commit(made_.release(), &key));
    return {sync_, key};
  }

  /// Does not wait: the future is ready, or throws Error, when it is durable here or could not be.
  std::future<Written> submit() {
    struct Promise {
      const msync_client* sync = nullptr;
      msync_key key = {};
      std::promise<Written> promise;
    };
    auto waiting = std::make_unique<Promise>();
    waiting->sync = sync_;
    auto durable = waiting->promise.get_future();
    const auto tell = [](void* context, msync_code code, msync_text message) {
      const std::unique_ptr<Promise> told(static_cast<Promise*>(context));
      if (code == MSYNC_OK) {
        told->promise.set_value(Written(told->sync, told->key));
      } else {
        told->promise.set_exception(std::make_exception_ptr(Error(code, detail::copy(message), {})));
      }
    };
    detail::check(msync_submit(made_.release(), &waiting->key, tell, waiting.get()));
    static_cast<void>(waiting.release());
    return durable;
  }

 private:
  friend class Collection;
  struct Rollback {
    void operator()(msync_transaction* transaction) const { msync_rollback(transaction); }
  };
  Transaction(msync_client* sync, std::string_view scope) : sync_(sync) {
    msync_transaction* made = nullptr;
    detail::check(msync_begin(sync, detail::lend(scope), &made));
    made_.reset(made);
  }
  Transaction& did(msync_code code) {
    detail::check(code);
    return *this;
  }

  msync_client* sync_;
  std::unique_ptr<msync_transaction, Rollback> made_;
};

/// One scope, as an app uses it. Must not outlive its Sync.
class Collection {
 public:
  const std::string& scope() const { return scope_; }

  // Each waits until it is durable on this device.
  Written put(std::string_view id, std::string_view json) { return write(msync_put, id, json); }
  Written patch(std::string_view id, std::string_view json) { return write(msync_patch, id, json); }
  Written remove(std::string_view id) {
    msync_key key = {};
    detail::check(msync_delete(sync_, detail::lend(scope_), detail::lend(id), &key));
    return {sync_, key};
  }
  Written increment(std::string_view id, std::string_view property, double by = 1) {
    return transaction().increment(id, property, by).commit();
  }
  Written add_to_set(std::string_view id, std::string_view property, std::string_view elements) {
    return transaction().add_to_set(id, property, elements).commit();
  }
  Written remove_from_set(std::string_view id, std::string_view property, std::string_view elements) {
    return transaction().remove_from_set(id, property, elements).commit();
  }
  Transaction transaction() const { return {sync_, scope_}; }

  std::optional<Document> get(std::string_view id) const {
    msync_documents* found = nullptr;
    const auto code = msync_get(sync_, detail::lend(scope_), detail::lend(id), &found);
    if (code == MSYNC_NOT_FOUND) return std::nullopt;
    detail::check(code);
    auto all = take(found);
    return std::move(all.front());
  }
  /// All, by id.
  std::vector<Document> documents() const {
    msync_documents* found = nullptr;
    detail::check(msync_get_all(sync_, detail::lend(scope_), &found));
    return take(found);
  }
  Progress progress() const {
    msync_progress found = {};
    found.struct_size = sizeof found;
    detail::check(msync_get_progress(sync_, detail::lend(scope_), &found));
    return {found.state, found.seq, found.head};
  }

 private:
  friend class Sync;
  using Write = msync_code (*)(msync_client*, msync_text, msync_text, msync_text, msync_key*);

  Collection(msync_client* sync, std::string_view scope) : sync_(sync), scope_(scope) {}

  Written write(Write how, std::string_view id, std::string_view json) {
    msync_key key = {};
    detail::check(how(sync_, detail::lend(scope_), detail::lend(id), detail::lend(json), &key));
    return {sync_, key};
  }

  static std::vector<Document> take(msync_documents* found) {
    const std::unique_ptr<msync_documents, decltype(&msync_documents_free)> owned(found,
                                                                                  msync_documents_free);
    std::vector<Document> all(msync_documents_count(found));
    for (std::size_t i = 0; i < all.size(); ++i) {
      msync_document each = {};
      msync_documents_at(found, i, &each);
      all[i] = {detail::copy(each.id), detail::copy(each.data), each.version, each.ts,
                detail::copy(each.by), each.pending != 0};
    }
    return all;
  }

  msync_client* sync_;
  std::string scope_;
};

}  // namespace mosquitto_sync
