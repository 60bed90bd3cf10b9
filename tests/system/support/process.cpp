#include "tests/system/support/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <filesystem>
#include <system_error>

#include "tests/system/support/wait.h"

namespace msync::test {

namespace {

// Everything the child needs, made before fork(): afterwards only async-signal-safe calls are allowed.
struct Launch {
  std::vector<std::string> environment;
  std::vector<char*> arguments;
  std::vector<char*> variables;
  std::string in, out, err, directory;
};

std::string name_of(const std::string& variable) {
  return variable.substr(0, variable.find('=') + 1);
}

std::vector<std::string> merged_environment(const std::vector<std::string>& own) {
  std::vector<std::string> all = own;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string inherited = *entry;
    bool replaced = false;
    for (const auto& variable : own) replaced |= inherited.starts_with(name_of(variable));
    if (!replaced) all.push_back(inherited);
  }
  return all;
}

void open_as(int descriptor, const char* path, int flags) {
  const int file = open(path, flags, 0600);
  if (file < 0 || dup2(file, descriptor) < 0) _exit(127);
}

[[noreturn]] void become(const Launch& launch, pid_t parent) {
  setpgid(0, 0);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != parent) _exit(127);
  if (!launch.directory.empty() && chdir(launch.directory.c_str()) != 0) _exit(127);
  open_as(0, launch.in.c_str(), O_RDONLY);
  open_as(1, launch.out.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  open_as(2, launch.err.c_str(), O_WRONLY | O_CREAT | O_APPEND);
  execvpe(launch.arguments[0], launch.arguments.data(), launch.variables.data());
  _exit(127);
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  result.reserve(texts.size() + 1);
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

}  // namespace

Process::Process(std::vector<std::string> arguments, const ProcessOptions& options)
    : folder_(make_temp_dir("process")) {
  for (const auto& argument : arguments) command_ += (command_.empty() ? "" : " ") + argument;
  Launch launch;
  launch.environment = merged_environment(options.environment);
  launch.arguments = pointers(arguments);
  launch.variables = pointers(launch.environment);
  launch.in = "/dev/null";
  if (!options.input.empty()) {
    launch.in = folder_ + "/in";
    write_file(launch.in, options.input);
  }
  launch.out = folder_ + "/out";
  launch.err = folder_ + "/err";
  launch.directory = options.directory;
  const pid_t parent = getpid();
  pid_ = fork();
  if (pid_ < 0) throw std::system_error(errno, std::generic_category(), "fork for " + command_);
  if (pid_ == 0) become(launch, parent);
  setpgid(pid_, pid_);
}

Process::~Process() {
  ::kill(-pid_, SIGKILL);
  has_ended(true);
  waitpid(pid_, nullptr, 0);
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

bool Process::has_ended(bool block) {
  if (ended_) return true;
  siginfo_t info{};
  while (waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT | (block ? 0 : WNOHANG)) != 0) {
    if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "waitid for " + command_);
  }
  if (info.si_pid != pid_) return false;
  code_ = info.si_code == CLD_EXITED ? info.si_status : 128 + info.si_status;
  return ended_ = true;
}

bool Process::running() {
  return !has_ended(false);
}

void Process::signal(int number) {
  ::kill(-pid_, number);
}

void Process::stop() {
  signal(SIGSTOP);
}
void Process::cont() {
  signal(SIGCONT);
}

void Process::kill_hard() {
  signal(SIGKILL);
  has_ended(true);
}

int Process::wait(int timeout_ms) {
  if (!eventually([this] { return !running(); }, timeout_ms)) {
    ADD_FAILURE() << "still running after " << timeout_ms << " ms: " << command_ << "\n" << err();
    kill_hard();
  }
  return code_;
}

int Process::terminate(int timeout_ms) {
  signal(SIGTERM);
  return wait(timeout_ms);
}

std::string Process::out() const {
  return read_whole(folder_ + "/out");
}
std::string Process::err() const {
  return read_whole(folder_ + "/err");
}

Finished run(std::vector<std::string> arguments, const ProcessOptions& options, int timeout_ms) {
  Process process(std::move(arguments), options);
  const int code = process.wait(timeout_ms);
  return {code, process.out(), process.err()};
}

}  // namespace msync::test
