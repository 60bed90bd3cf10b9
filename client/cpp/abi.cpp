#include "client/cpp/abi.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

namespace msync::client::abi {
namespace {

constexpr std::pair<msync_code, const char*> kCodes[] = {{MSYNC_OK, "ok"},
                                                         {MSYNC_INVALID, "invalid"},
                                                         {MSYNC_BAD_ID, "bad_id"},
                                                         {MSYNC_TOO_LARGE, "too_large"},
                                                         {MSYNC_STORAGE, "storage"},
                                                         {MSYNC_CLOSED, "closed"},
                                                         {MSYNC_PENDING, "pending"},
                                                         {MSYNC_WRONG_USER, "wrong_user"},
                                                         {MSYNC_NOT_FOUND, "not_found"},
                                                         {MSYNC_BUSY, "busy"},
                                                         {MSYNC_IN_CALLBACK, "in_callback"},
                                                         {MSYNC_TIMEOUT, "timeout"},
                                                         {MSYNC_INTERNAL, "internal"}};

/// Of the calling thread.
struct LastError {
  std::string message;
  std::string path;
};
LastError& last_error() {
  static thread_local LastError error;
  return error;
}

}  // namespace

msync_text give(std::string_view text) {
  auto* bytes = static_cast<char*>(std::malloc(text.size() + 1));
  if (bytes == nullptr) throw std::bad_alloc();
  if (!text.empty()) std::memcpy(bytes, text.data(), text.size());
  bytes[text.size()] = '\0';
  return {bytes, text.size()};
}

msync_outcome to_outcome(Status status) {
  switch (status) {
    case Status::applied:
      return MSYNC_APPLIED;
    case Status::merged:
      return MSYNC_MERGED;
    case Status::superseded:
      return MSYNC_SUPERSEDED;
    case Status::conflict:
      return MSYNC_CONFLICT;
    case Status::rejected:
      return MSYNC_REJECTED;
    case Status::processed:
      break;
  }
  return MSYNC_PROCESSED;
}

msync_code code_of(const Fault& fault) {
  for (const auto& [code, name] : kCodes) {
    if (fault.code == name) return code;
  }
  return MSYNC_INTERNAL;
}

msync_code report(const Failure& failure) {
  if (!failure) return report(MSYNC_OK, "");
  const msync_code code = report(code_of(*failure), failure->message);
  last_error().path = failure->path;
  return code;
}

msync_code report(msync_code code, std::string message) {
  last_error().message = std::move(message);
  last_error().path.clear();
  return code;
}

}  // namespace msync::client::abi

using namespace msync::client::abi;  // NOLINT: the functions below are C's

extern "C" {

const char* msync_version() {
  return MSYNC_VERSION;
}

const char* msync_code_name(msync_code code) {
  for (const auto& [known, name] : kCodes) {
    if (known == code) return name;
  }
  return "internal";
}

msync_text msync_error_message() {
  return lend(last_error().message);
}

msync_text msync_error_path() {
  return lend(last_error().path);
}

void msync_text_free(msync_text text) {
  std::free(const_cast<char*>(text.bytes));  // NOLINT: it was ours all along
}

}  // extern "C"
