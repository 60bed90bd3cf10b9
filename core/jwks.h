// The keys that tokens are verified with, from a JSON Web Key Set (RFC 7517).
//
// A key has exactly one algorithm: what its `alg` says, or the only one that its kind has (EC P-256: ES256, OKP
// Ed25519: EdDSA). Keys for other purposes, or of kinds that we do not verify, are left out; a key that could
// be meant, but is ambiguous, weak or broken, or that shows its private half, makes the whole file bad. Pure;
// immutable once loaded; any number of threads.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/collection.h"
#include "core/verify_key.h"

namespace msync {

class KeySet {
 public:
  struct Loaded;

  /// Every mistake is reported, with its place; `file` is for messages. A set of which no key can be used is a
  /// mistake, too. Nothing of a key is ever quoted.
  static Loaded load(const std::string& file, std::string_view bytes);

  /// The one key that a token with this header may be signed with: the one of that `kid`, if `alg` is its
  /// algorithm; without `kid` the only one of that algorithm. Else Code::token with a reason.
  Result<const VerifyKey*> find(std::string_view alg, const std::optional<std::string>& kid) const;

  /// The reason why find() has no key for a `kid` that is not in the set: a newer set may have it.
  static constexpr const char* unknown_kid = "the header names a key that we do not have";

  std::size_t size() const { return keys_.size(); }
  bool has_secrets() const;

 private:
  struct Key {
    std::optional<std::string> id;
    VerifyKey key;
  };

  static void read_key(const Json& jwk, const std::string& file, const std::string& place, Loaded& loaded);

  std::vector<Key> keys_;
};

struct KeySet::Loaded {
  KeySet keys;  // must not be used if there is any problem
  std::vector<Problem> problems;
  std::vector<Problem> warnings;  // keys left out, though somebody may sign with them
};

}  // namespace msync
