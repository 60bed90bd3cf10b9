// chaos_check FOLDER [QUIET]: checks the histories of a run again; the newest rest, unless another is named.
#include <exception>
#include <iostream>

#include "tests/chaos/check/checker.h"
#include "tests/chaos/check/folder.h"

int main(int count, char** arguments) {
  using namespace msync::chaos;
  if (count < 2) {
    std::cerr << "usage: chaos_check FOLDER [QUIET]\n";
    return 64;
  }
  try {
    Facts facts;
    Folder(arguments[1]).read(facts);
    std::uint64_t quiet = 0;
    for (const auto& [name, rest] : facts.rests()) quiet = std::max(quiet, rest.quiet);
    if (count > 2) quiet = std::stoull(arguments[2]);
    const auto found = Checker(facts).verify(quiet);
    for (const auto& v : found) {
      std::cout << "invariant " << v.invariant << ": " << v.scope << " " << v.id << ": " << v.what << "\n";
    }
    if (!found.empty() && !found.front().id.empty()) {
      explain(arguments[1], found.front().scope, found.front().id, std::cout);
    }
    std::cout << facts.writes().size() << " writes, " << found.size() << " violations\n";
    return found.empty() ? 0 : 1;
  } catch (const std::exception& problem) {
    std::cerr << "chaos_check: " << problem.what() << "\n";
    return 70;
  }
}
