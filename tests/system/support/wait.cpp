#include "tests/system/support/wait.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>
#include <stdexcept>
#include <thread>

namespace msync::test {

namespace {

constexpr int first_port = 12'000;
constexpr int last_port = 30'000;

std::mt19937_64& dice() {
  thread_local std::mt19937_64 engine{std::random_device{}()};
  return engine;
}

int slowness() {
  const char* text = std::getenv("MSYNC_TEST_SLOWNESS");
  return text == nullptr ? 1 : std::max(1, std::atoi(text));
}

sockaddr_in loopback(int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return address;
}

// A socket that is closed when the scope ends.
struct Socket {
  int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ~Socket() { close(descriptor); }
};

}  // namespace

bool eventually(const std::function<bool()>& condition, int timeout_ms) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::milliseconds(timeout_ms) * slowness();
  while (!condition()) {
    if (std::chrono::steady_clock::now() > end) return condition();
    std::this_thread::sleep_for(std::chrono::milliseconds(4));
  }
  return true;
}

int free_port() {
  std::uniform_int_distribution<int> ports(first_port, last_port);
  for (int tries = 0; tries < 1000; ++tries) {
    const int port = ports(dice());
    const Socket probe;
    const auto address = loopback(port);
    if (bind(probe.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return port;
  }
  throw std::runtime_error("no free port between 12000 and 30000");
}

bool accepts(int port) {
  const Socket probe;
  const auto address = loopback(port);
  return connect(probe.descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
}

std::string make_temp_dir(const std::string& name) {
  std::string path = (std::filesystem::temp_directory_path() / ("msync-" + name + "-XXXXXX")).string();
  if (mkdtemp(path.data()) == nullptr) throw std::runtime_error("cannot make a folder like " + path);
  return path;
}

TempDir::TempDir() : path_(make_temp_dir("test")) {
  chmod(path_.c_str(), 0755);
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_whole(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::ostringstream bytes;
  bytes << file.rdbuf();
  return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
  std::ofstream file(path, std::ios::binary | std::ios::trunc);
  file << bytes;
  file.close();
  if (!file) throw std::runtime_error("cannot write " + path);
  chmod(path.c_str(), 0600);
}

std::string random_src() {
  static constexpr char digits[] = "0123456789abcdefghijklmnopqrstuvwxyz";
  std::uniform_int_distribution<std::size_t> pick(0, sizeof digits - 2);
  std::string src(24, '0');
  for (char& c : src) c = digits[pick(dice())];
  return src;
}

std::int64_t now_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

}  // namespace msync::test
