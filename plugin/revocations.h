// Tokens that no longer count, as the bridge has told.
//
// Kept in a file too, where one is named: after a restart the broker must refuse them before the bridge is back to
// tell it. Not thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "core/door_message.h"

namespace msync {

class Revocations {
 public:
  Revocations() = default;
  explicit Revocations(std::vector<Revocation> all) { replace(std::move(all)); }

  /// What a file written by save() says; nothing revoked where there is no file. Code::bad_config if it cannot be read:
  /// starting without it would let the revoked in.
  static Result<Revocations> load(const std::string& path);

  /// Replaces the file. Code::bad_config with the reason if that fails.
  std::optional<Error> save(const std::string& path) const;

  void replace(std::vector<Revocation> all);

  bool revoked(const Identity& who, std::int64_t now_s) const;

  std::size_t size() const { return all_.size(); }
  bool operator==(const Revocations& other) const { return all_ == other.all_; }

 private:
  struct Hash : std::hash<std::string_view> {
    using is_transparent = void;
  };

  std::vector<Revocation> all_;
  std::unordered_multimap<std::string, std::size_t, Hash, std::equal_to<>> by_user_;  // index into all_
  std::unordered_multimap<std::string, std::size_t, Hash, std::equal_to<>> by_token_;
};

}  // namespace msync
