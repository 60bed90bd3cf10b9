// What is wrong with one file of ours, as it is found.
#pragma once

#include <string>
#include <vector>

#include "core/collection.h"

namespace msync {

/// Collects what is wrong with one file.
class Report {
 public:
  Report(const std::string& file, std::vector<Problem>& problems) : file_(file), problems_(problems) {}

  void add(const std::string& place, const std::string& what, const std::string& remedy) {
    problems_.push_back({file_, place, what, remedy});
    ++count_;
  }

  bool clean() const { return count_ == 0; }

 private:
  const std::string& file_;
  std::vector<Problem>& problems_;
  std::size_t count_ = 0;
};

}  // namespace msync
