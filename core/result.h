// What a peer can cause is a value.
//
// Every function that judges bytes from outside returns Result<T>: the value, or an Error with a code out of
// a closed set. Exceptions are left for a broken environment (a disk, a missing library) and are caught at the
// batch or callback boundary.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace msync {

/// Why something was refused. The protocol's words where it has one (docs/protocol.md, "ack" and "notice").
enum class Code {
  // A whole message is refused; its sender gets a notice of this name.
  malformed,
  too_large,  // also a mutation's: the resulting document is over the collection's max_bytes
  denied,
  quota,
  token,
  revoked,
  // One mutation is refused; its number is used up.
  conflict,
  invalid,
  unknown_op,
  bad_operator,
  version_ahead,
  bad_id,
  // Our own files: a schema, a configuration, a secret.
  bad_config,
};

/// The protocol's spelling of a code, such as "too_large".
const char* to_string(Code code);

/// A refusal that a person can act on. `path` is a JSON Pointer where the fault has a place in a document.
struct Error {
  Code code = Code::malformed;
  std::string message;
  std::string path = {};

  bool operator==(const Error&) const = default;
};

/// A value or the reason why there is none. Asking a failed Result for its value is a programming error and
/// throws std::bad_variant_access.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT(google-explicit-constructor)
  Result(Error error) : state_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T&& operator*() && { return std::get<0>(std::move(state_)); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

  const Error& error() const { return std::get<1>(state_); }

 private:
  std::variant<T, Error> state_;
};

}  // namespace msync
