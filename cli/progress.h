// How far a long command has come, on stderr: a bar that moves where a person looks on, else a line now and then.
#pragma once

#include <cstdint>
#include <string>

namespace msync {

/// One line without its end: "[#####-----]  50%  500/1000  1200/s"; "500  1200/s" where nobody knows the total (0).
std::string progress_line(std::uint64_t done, std::uint64_t total, std::int64_t elapsed_ms);

class Progress {
 public:
  /// `what` is counted, such as "documents"; `total` is 0 where it is not known.
  Progress(std::string what, std::uint64_t total, std::int64_t now_ms);
  ~Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;

  /// Shows it, if the last time is long enough ago.
  void update(std::uint64_t done, std::int64_t now_ms);

  /// A line of text beside it.
  void say(const std::string& text);

 private:
  void clear();

  std::string what_;
  std::uint64_t total_ = 0;
  std::int64_t began_ms_ = 0;
  std::int64_t shown_ms_ = 0;
  bool terminal_ = false;
  bool on_screen_ = false;
};

}  // namespace msync
