#include "cli/progress.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <utility>

namespace msync {
namespace {

constexpr int bar_width = 30;
constexpr std::int64_t redraw_ms = 100;
constexpr std::int64_t line_ms = 5'000;

}  // namespace

std::string progress_line(std::uint64_t done, std::uint64_t total, std::int64_t elapsed_ms) {
  const auto rate = done * 1000 / static_cast<std::uint64_t>(std::max<std::int64_t>(elapsed_ms, 1));
  if (total == 0 && done > 0) return std::to_string(done) + "  " + std::to_string(rate) + "/s";
  const double part =
      total == 0 ? 1.0 : static_cast<double>(std::min(done, total)) / static_cast<double>(total);
  const int filled = static_cast<int>(part * bar_width);
  const std::string percent = std::to_string(static_cast<int>(part * 100));
  return "[" + std::string(filled, '#') + std::string(bar_width - filled, '-') + "] " +
         std::string(3 - percent.size(), ' ') + percent + "%  " + std::to_string(done) + "/" +
         std::to_string(total) + "  " + std::to_string(rate) + "/s";
}

Progress::Progress(std::string what, std::uint64_t total, std::int64_t now_ms)
    : what_(std::move(what)),
      total_(total),
      began_ms_(now_ms),
      shown_ms_(now_ms),
      terminal_(::isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  clear();
}

void Progress::update(std::uint64_t done, std::int64_t now_ms) {
  if (now_ms - shown_ms_ < (terminal_ ? redraw_ms : line_ms)) return;
  shown_ms_ = now_ms;
  const std::string line = progress_line(done, total_, now_ms - began_ms_);
  if (terminal_) {
    std::cerr << "\r" << line << "\x1b[K" << std::flush;
    on_screen_ = true;
  } else {
    std::cerr << line << " " << what_ << "\n";
  }
}

void Progress::say(const std::string& text) {
  clear();
  std::cerr << text << "\n";
}

void Progress::clear() {
  if (std::exchange(on_screen_, false)) std::cerr << "\r\x1b[K" << std::flush;
}

}  // namespace msync
