// What the functions of msync.h share: the handle, texts, codes, the calling thread's error, and the wall that no exception
// passes.
#pragma once

#include <exception>
#include <string>
#include <string_view>

#include "client/cpp/engine.h"
#include "client/cpp/msync.h"

/// Listeners as an observer. The engine goes before them.
struct msync_client final : msync::client::Observer {
  msync_client(const msync_options& options, const msync_listeners& wanted);

  void on_status() override;
  void on_change(const std::string& scope, const std::vector<std::string>& ids) override;
  void on_progress(const std::string& scope) override;
  void on_result(const std::string& scope, const std::string& key,
                 const msync::client::Outcome& outcome) override;
  void on_problem(const msync::client::Problem& problem) override;
  void on_revoked(const std::string& scope, const std::string& reason) override;
  void on_error(const std::string& scope, const msync::client::Fault& fault) override;
  void on_peers(const std::string& scope) override;
  void on_live(const std::string& scope, const std::string& client, const std::string& message) override;
  void on_token_needed() override;

  msync_listeners listeners;
  msync::client::Engine engine;
};

namespace msync::client::abi {

inline std::string text_of(msync_text text) {
  return text.bytes == nullptr ? std::string() : std::string(text.bytes, text.size);
}

/// Points into the text.
inline msync_text lend(std::string_view text) {
  return {text.data(), text.size()};
}

/// A copy, for msync_text_free(). Throws std::bad_alloc.
msync_text give(std::string_view text);

msync_outcome to_outcome(Status status);
msync_code code_of(const Fault& fault);

/// Keeps the error for the calling thread.
msync_code report(const Failure& failure);
msync_code report(msync_code code, std::string message);

/// What escapes `body` becomes MSYNC_INTERNAL. `body` returns a Failure or an msync_code.
template <class Body>
msync_code guarded(Body&& body) noexcept {
  try {
    return report(body());
  } catch (const std::exception& error) {
    return report(MSYNC_INTERNAL, error.what());
  } catch (...) {
    return report(MSYNC_INTERNAL, "an unknown exception");
  }
}

}  // namespace msync::client::abi
