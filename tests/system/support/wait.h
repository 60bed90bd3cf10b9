// Small things that every system test needs: waiting for a condition, a free port, a folder of its own.
#pragma once

#include <functional>
#include <string>

namespace msync::test {

/// Asks every few milliseconds until it is true; false after `timeout_ms`. Tests wait so, they never sleep.
/// Under a sanitizer or valgrind (MSYNC_TEST_SLOWNESS=5) all time limits are multiplied.
bool eventually(const std::function<bool()>& condition, int timeout_ms = 10'000);

/// A TCP port of 127.0.0.1 that nothing listens on, below the range that outgoing connections use.
int free_port();

/// True if something accepts connections on this port of 127.0.0.1.
bool accepts(int port);

/// A new folder below $TMPDIR; whoever asked removes it.
std::string make_temp_dir(const std::string& name);

/// A folder that lives as long as this object. Other users may enter it.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  const std::string& path() const { return path_; }
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }

 private:
  std::string path_;
};

/// The whole file; empty if there is none.
std::string read_whole(const std::string& path);

/// Made or replaced, mode 0600. Throws std::runtime_error if that fails.
void write_file(const std::string& path, const std::string& bytes);

/// 24 random characters that can name a replica.
std::string random_src();

/// Unix time.
std::int64_t now_ms();

}  // namespace msync::test
