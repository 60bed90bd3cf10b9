#include "tests/chaos/history.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <system_error>

namespace msync::chaos {

std::int64_t mono_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::int64_t wall_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

void write_all(int descriptor, const std::string& bytes) {
  std::size_t done = 0;
  while (done < bytes.size()) {
    const auto wrote = write(descriptor, bytes.data() + done, bytes.size() - done);
    if (wrote < 0 && errno == EINTR) continue;
    if (wrote < 0) throw std::system_error(errno, std::generic_category(), "write");
    done += static_cast<std::size_t>(wrote);
  }
}

History::History(const std::string& path)
    : descriptor_(open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600)) {
  if (descriptor_ < 0) throw std::system_error(errno, std::generic_category(), path);
  // A line that an earlier process left torn ends here, and is no JSON.
  if (lseek(descriptor_, 0, SEEK_END) > 0) write_all(descriptor_, "\n");
}

History::~History() {
  close(descriptor_);
}

void History::record(const char* event, Json line) {
  line["ev"] = event;
  line["mono"] = mono_ms();
  line["wall"] = wall_ms();
  write_all(descriptor_, line.dump(-1, ' ', false, Json::error_handler_t::replace) + "\n");
}

}  // namespace msync::chaos
