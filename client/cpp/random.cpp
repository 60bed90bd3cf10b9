#include "client/cpp/random.h"

#include <array>
#include <random>

namespace msync::client {
namespace {

std::mt19937_64& dice() {
  static thread_local std::mt19937_64 engine = [] {
    std::random_device source;
    std::array<std::random_device::result_type, 8> words;
    for (auto& word : words) word = source();
    std::seed_seq seed(words.begin(), words.end());
    return std::mt19937_64(seed);
  }();
  return engine;
}

}  // namespace

double random_unit() {
  return std::uniform_real_distribution<double>(0, 1)(dice());
}

std::string random_name() {
  static constexpr char kLetters[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::uniform_int_distribution<int> letter(0, 35);
  std::string name(24, '0');
  for (char& each : name) each = kLetters[letter(dice())];
  return name;
}

}  // namespace msync::client
