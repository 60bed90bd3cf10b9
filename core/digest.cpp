#include "core/digest.h"

#include <array>
#include <charconv>

namespace msync {
namespace {

constexpr std::uint32_t kOffset = 2166136261U;
constexpr std::uint32_t kPrime = 16777619U;

/// FNV-1a 32, fed piece by piece.
class Fnv {
 public:
  void byte(std::uint8_t value) { state_ = (state_ ^ value) * kPrime; }
  void text(std::string_view bytes) {
    for (const char c : bytes) byte(static_cast<std::uint8_t>(c));
  }
  template <class Integer>
  void decimal(Integer value) {
    std::array<char, 24> digits;
    const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
    text({digits.data(), static_cast<std::size_t>(end - digits.data())});
  }
  std::uint32_t state() const { return state_; }

 private:
  std::uint32_t state_ = kOffset;
};

std::uint32_t hash_of(Fnv fnv, std::string_view id, std::uint64_t version, std::int64_t ts,
                      std::string_view by) {
  fnv.text(id);
  fnv.byte(0);
  fnv.decimal(version);
  fnv.byte(0);
  fnv.decimal(ts);
  fnv.byte(0);
  fnv.text(by);
  return fnv.state();
}

Fnv marked() {
  Fnv fnv;
  fnv.byte(1);
  return fnv;
}

}  // namespace

Digest Digest::from_bits(std::uint64_t bits) {
  Digest digest;
  digest.h1_ = static_cast<std::uint32_t>(bits >> 32);
  digest.h2_ = static_cast<std::uint32_t>(bits);
  return digest;
}

void Digest::add(std::string_view id, std::uint64_t version, std::int64_t ts, std::string_view by) {
  h1_ += hash_of(Fnv(), id, version, ts, by);
  h2_ += hash_of(marked(), id, version, ts, by);
}

void Digest::remove(std::string_view id, std::uint64_t version, std::int64_t ts, std::string_view by) {
  h1_ -= hash_of(Fnv(), id, version, ts, by);
  h2_ -= hash_of(marked(), id, version, ts, by);
}

std::string Digest::hex() const {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out(16, '0');
  for (int i = 0; i < 16; ++i) out[i] = kDigits[(bits() >> (60 - 4 * i)) & 0xF];
  return out;
}

}  // namespace msync
