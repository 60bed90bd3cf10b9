#include "tests/chaos/digest.h"

#include <array>
#include <cstdio>

namespace msync::chaos {

namespace {

std::uint32_t fnv1a(const std::string& bytes) {
  std::uint32_t hash = 2166136261U;
  for (const char c : bytes) hash = (hash ^ static_cast<unsigned char>(c)) * 16777619U;
  return hash;
}

std::string words(const std::string& id, std::uint64_t version, std::int64_t ts, const std::string& by) {
  return id + '\0' + std::to_string(version) + '\0' + std::to_string(ts) + '\0' + by;
}

}  // namespace

void Digest::add(const std::string& id, std::uint64_t version, std::int64_t ts, const std::string& by) {
  const std::string bytes = words(id, version, ts, by);
  h1_ += fnv1a(bytes);
  h2_ += fnv1a('\x01' + bytes);
}

void Digest::remove(const std::string& id, std::uint64_t version, std::int64_t ts, const std::string& by) {
  const std::string bytes = words(id, version, ts, by);
  h1_ -= fnv1a(bytes);
  h2_ -= fnv1a('\x01' + bytes);
}

std::string Digest::text() const {
  std::array<char, 17> text{};
  std::snprintf(text.data(), text.size(), "%08x%08x", h1_, h2_);
  return text.data();
}

}  // namespace msync::chaos
