#include "tests/chaos/client/journal.h"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <fstream>
#include <system_error>

namespace msync::chaos {

namespace {

constexpr std::size_t rewritten_past_bytes = 4 * 1024 * 1024;

int open_for_append(const std::string& path, int flags) {
  const int descriptor = open(path.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC | flags, 0600);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category(), path);
  return descriptor;
}

std::string line_of(const std::string& key, const Json& value) {
  return Json{{"key", key}, {"value", value}}.dump() + "\n";
}

}  // namespace

Journal::Journal(std::string path) : path_(std::move(path)) {
  read();
  rewrite();
}

Journal::~Journal() {
  close(descriptor_);
}

void Journal::read() {
  std::ifstream file(path_);
  for (std::string line; std::getline(file, line) && !file.eof();) {
    Json entry = Json::parse(line);
    values_[entry.at("key").get<std::string>()] = std::move(entry.at("value"));
  }
}

void Journal::rewrite() {
  const std::string fresh = path_ + ".new";
  const int descriptor = open_for_append(fresh, O_TRUNC);
  bytes_ = 0;
  for (const auto& [key, value] : values_) {
    const std::string line = line_of(key, value);
    write_all(descriptor, line);
    bytes_ += line.size();
  }
  if (std::rename(fresh.c_str(), path_.c_str()) != 0) {
    throw std::system_error(errno, std::generic_category(), path_);
  }
  if (descriptor_ >= 0) close(descriptor_);
  descriptor_ = descriptor;
}

Json Journal::get(const std::string& key) const {
  const auto found = values_.find(key);
  return found == values_.end() ? Json() : found->second;
}

void Journal::put(const std::string& key, Json value) {
  const std::string line = line_of(key, value);
  write_all(descriptor_, line);
  values_[key] = std::move(value);
  bytes_ += line.size();
  if (bytes_ > rewritten_past_bytes) rewrite();
}

}  // namespace msync::chaos
