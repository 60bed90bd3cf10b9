#include "bridge/random.h"

#include <random>

namespace msync {

std::string random_hex(std::size_t bytes) {
  static constexpr char digits[] = "0123456789abcdef";
  std::random_device device;
  std::string text;
  for (std::size_t i = 0; i < bytes; ++i) {
    const unsigned value = device();
    text += digits[(value >> 4) & 15];
    text += digits[value & 15];
  }
  return text;
}

}  // namespace msync
