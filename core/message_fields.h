// Reading the members of one object of a message, strictly.
//
// The first member that is missing or has a wrong type is remembered and makes the message malformed; reading on
// is harmless. So a decoder reads all its members in a row and asks once. Members nobody asks for are ignored.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/json.h"

namespace msync {

/// A payload from a client, which must be one object: Code::too_large before it is parsed, Code::malformed.
Result<Json> parse_message(std::string_view payload);

/// Bytes of any size from a server or a store, likewise. Documents of the full depth may lie inside an envelope.
Result<Json> parse_envelope(std::string_view bytes);
inline constexpr std::size_t envelope_depth = limits::max_depth + 4;

/// 1 to limits::max_epoch_bytes bytes; 16 hex digits.
bool valid_epoch(std::string_view text);
bool valid_digest(std::string_view text);

class Fields {
 public:
  /// `place` names the object in messages, such as "mutations/3"; empty for the message itself.
  explicit Fields(const Json& value, std::string place = {});

  /// A protocol number: an integer in 0…limits::integer_max.
  std::uint64_t number(const char* name);
  std::uint64_t number_or(const char* name, std::uint64_t absent);
  std::optional<std::uint64_t> maybe_number(const char* name);

  /// Text of any length; `maybe_text` is empty where the member is absent.
  std::string text(const char* name);
  std::string maybe_text(const char* name);

  /// `epoch`: 1 to limits::max_epoch_bytes bytes. `src`: as valid_src() has it.
  std::string epoch();
  std::string maybe_epoch();
  std::string src();
  std::string maybe_src();

  /// False where the member is absent.
  bool flag(const char* name);

  /// Null where it is absent or no array (object).
  const Json* array(const char* name);
  const Json* maybe_array(const char* name);
  const Json* object(const char* name);
  const Json* maybe_object(const char* name);

  bool has(const char* name) const { return find(name) != nullptr; }

  /// Makes the message malformed: "<place>/<name> <what>".
  void fail(std::string_view name, std::string_view what);
  /// Takes over what went wrong in an object inside this one.
  void adopt(const Fields& inner);
  const std::optional<Error>& fault() const { return fault_; }

 private:
  const Json* find(const char* name) const;
  const Json* need(const char* name);

  const Json& value_;
  std::string place_;
  std::optional<Error> fault_;
};

}  // namespace msync
