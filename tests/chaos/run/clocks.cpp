#include "tests/chaos/run/clocks.h"

#include <filesystem>

#include "tests/system/support/wait.h"

namespace msync::chaos {

namespace fs = std::filesystem;

Clocks::Clocks(std::string folder) : folder_(std::move(folder)) {
  for (const auto& architecture : fs::directory_iterator("/usr/lib")) {
    const fs::path library = architecture.path() / "faketime/libfaketimeMT.so.1";
    std::error_code none;
    if (fs::exists(library, none)) library_ = library;
  }
}

std::vector<std::string> Clocks::environment(const std::string& name) const {
  return {"FAKETIME_TIMESTAMP_FILE=" + file(name), "FAKETIME_CACHE_DURATION=1",
          "FAKETIME_DONT_FAKE_MONOTONIC=1"};
}

void Clocks::set(const std::string& name, std::int64_t offset_s) const {
  const std::string path = file(name);
  test::write_file(path + ".new", (offset_s < 0 ? "" : "+") + std::to_string(offset_s) + "\n");
  fs::rename(path + ".new", path);
}

void Clocks::forget(pid_t pid) {
  std::error_code gone;
  for (const char* name : {"/dev/shm/sem.faketime_sem_", "/dev/shm/faketime_shm_"})
    fs::remove(name + std::to_string(pid), gone);
}

}  // namespace msync::chaos
