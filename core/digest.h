// The digest of a scope: a fingerprint of what is alive in it, kept up to date with each change.
//
// Over all live entities: the sum modulo 2^32 of h1 and of h2, written as 16 lower-case hex digits, h1 first.
// h1 is FNV-1a 32 of `id NUL version NUL ts NUL by` (decimals), h2 the same with a byte 0x01 in front. Addition
// commutes, so an entity can be taken out and put in without looking at the others. It finds accidents, not
// attacks. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace msync {

class Digest {
 public:
  Digest() = default;

  /// Both sums packed, h1 in the high half: for storage.
  static Digest from_bits(std::uint64_t bits);
  std::uint64_t bits() const { return (std::uint64_t{h1_} << 32) | h2_; }

  void add(std::string_view id, std::uint64_t version, std::int64_t ts, std::string_view by);
  void remove(std::string_view id, std::uint64_t version, std::int64_t ts, std::string_view by);

  /// 16 lower-case hex digits.
  std::string hex() const;

  bool operator==(const Digest&) const = default;

 private:
  std::uint32_t h1_ = 0;
  std::uint32_t h2_ = 0;
};

}  // namespace msync
