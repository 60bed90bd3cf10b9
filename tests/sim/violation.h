// What a simulation throws when something that always holds did not.
#pragma once

#include <stdexcept>
#include <string>

namespace msync::sim {

/// `invariant` is its number in docs/protocol.md, "What always holds"; 11 stands for the rules of docs/conflicts.md.
class Violation : public std::runtime_error {
 public:
  Violation(int invariant, const std::string& what)
      : std::runtime_error("invariant " + std::to_string(invariant) + ": " + what), invariant(invariant) {}
  int invariant;
};

inline void require(bool holds, int invariant, const std::string& what) {
  if (!holds) throw Violation(invariant, what);
}

}  // namespace msync::sim
