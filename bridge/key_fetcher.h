// The issuer's keys, brought from where it publishes them (JWKS) into the file that the plugin reads.
//
// A thread of its own: at once, then every so often, and sooner when the plugin meets a token with a key that is not
// among them. What is no good set of public keys changes nothing. run() on one thread; wanted() and stop() on any.
#pragma once

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <random>
#include <string>

#include "core/result.h"

namespace msync {

struct KeyFetcherOptions {
  std::string url;
  std::string file;             // plugin_opt_jwt_jwks_file
  std::int64_t refresh_ms = 0;  // how often, give or take a tenth
  std::int64_t again_ms =
      0;  // at the earliest after the last time, when it is asked for or when it has failed
};

class KeyFetcher {
 public:
  explicit KeyFetcher(KeyFetcherOptions options);

  /// The thread's body, until stop().
  void run();
  void stop();

  /// A key is missing: look soon.
  void wanted();

 private:
  using Time = std::chrono::steady_clock::time_point;

  /// Once; what went wrong, as a reason to log.
  Result<bool> fetch();
  void report(const Result<bool>& changed);
  std::chrono::milliseconds until_next(bool failed);
  bool stopping();

  KeyFetcherOptions options_;
  std::minstd_rand dice_;
  std::string last_fault_;  // what was logged last
  std::int64_t failure_pause_ms_ = 0;
  std::mutex mutex_;
  std::condition_variable woken_;
  bool wanted_ = false;  // guarded by mutex_, as the next
  bool stopping_ = false;
};

}  // namespace msync
