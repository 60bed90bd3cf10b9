#include "bridge/key_fetcher.h"

#include <spdlog/spdlog.h>

#include <algorithm>

#include "bridge/http_client.h"
#include "core/jwks.h"
#include "core/limits.h"
#include "platform/files.h"

namespace msync {
namespace {

constexpr int timeout_ms = 10'000;
constexpr std::int64_t first_pause_ms = 1'000;  // after a failure, then doubling

}  // namespace

KeyFetcher::KeyFetcher(KeyFetcherOptions options)
    : options_(std::move(options)), dice_(std::random_device{}()) {}

void KeyFetcher::run() {
  while (!stopping()) {
    const auto changed = fetch();
    if (stopping()) return;
    report(changed);
    const auto now = std::chrono::steady_clock::now();
    const Time next = now + until_next(!changed);
    const Time when_wanted = now + std::chrono::milliseconds(options_.again_ms);
    std::unique_lock lock(mutex_);
    woken_.wait_until(lock, next, [this] { return wanted_ || stopping_; });
    woken_.wait_until(lock, std::min(next, when_wanted), [this] { return stopping_; });
    wanted_ = false;
  }
}

void KeyFetcher::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  woken_.notify_all();
}

void KeyFetcher::wanted() {
  const std::lock_guard lock(mutex_);
  wanted_ = true;
  woken_.notify_all();
}

bool KeyFetcher::stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

/// True if the file was replaced.
Result<bool> KeyFetcher::fetch() {
  HttpCall request{options_.url};
  request.max_bytes = limits::max_jwks_bytes;
  request.timeout_ms = timeout_ms;
  request.interrupted = [this] { return stopping(); };
  const auto bytes = http_get(std::move(request));
  if (!bytes) return bytes.error();
  const auto loaded = KeySet::load(options_.url, *bytes);
  if (!loaded.problems.empty()) return Error{Code::bad_config, to_string(loaded.problems.front()), ""};
  if (loaded.keys.has_secrets())
    return Error{Code::bad_config, options_.url + ": it publishes a secret (kty oct)", ""};
  if (const auto before = read_file(options_.file, limits::max_jwks_bytes); before && *before == *bytes)
    return false;
  if (const auto fault = replace_file(options_.file, *bytes, 0644)) return *fault;
  return true;
}

void KeyFetcher::report(const Result<bool>& changed) {
  if (!changed) {
    if (changed.error().message == last_fault_) return;
    last_fault_ = changed.error().message;
    spdlog::error("event=keys_not_fetched reason=\"{}\" action=\"the keys in {} stay\"", last_fault_,
                  options_.file);
    return;
  }
  if (*changed || !last_fault_.empty())
    spdlog::info("event=keys_fetched url={} file={} changed={}", options_.url, options_.file, *changed);
  last_fault_.clear();
}

std::chrono::milliseconds KeyFetcher::until_next(bool failed) {
  if (failed) {
    failure_pause_ms_ =
        std::clamp(2 * failure_pause_ms_, first_pause_ms, std::max(first_pause_ms, options_.again_ms));
    return std::chrono::milliseconds(std::min(failure_pause_ms_, options_.refresh_ms));
  }
  failure_pause_ms_ = 0;
  const std::int64_t tenth_ms = options_.refresh_ms / 10;
  return std::chrono::milliseconds(options_.refresh_ms -
                                   std::uniform_int_distribution<std::int64_t>(0, tenth_ms)(dice_));
}

}  // namespace msync
