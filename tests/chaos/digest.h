// The digest of a scope, computed from docs/protocol.md and nothing else.
#pragma once

#include <cstdint>
#include <string>

namespace msync::chaos {

/// A sum over live entities: put one in, take one out, in any order.
class Digest {
 public:
  void add(const std::string& id, std::uint64_t version, std::int64_t ts, const std::string& by);
  void remove(const std::string& id, std::uint64_t version, std::int64_t ts, const std::string& by);
  /// 16 lower-case hex digits.
  std::string text() const;

 private:
  std::uint32_t h1_ = 0;
  std::uint32_t h2_ = 0;
};

}  // namespace msync::chaos
