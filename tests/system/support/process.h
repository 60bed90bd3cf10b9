// A child process of a test: its own process group, its output kept in files, dead when the test is.
//
// Nothing is read from pipes, so no child can block on a full one. The destructor kills what is left of the
// group; the kernel kills the child if the test itself is killed. One thread at a time.
#pragma once

#include <sys/types.h>

#include <string>
#include <vector>

namespace msync::test {

struct ProcessOptions {
  std::vector<std::string> environment = {};  // "NAME=value", beside the test's own
  std::string input = {};                     // what it reads on stdin; empty: nothing
  std::string directory = {};                 // where it runs; empty: where the test does
};

class Process {
 public:
  /// Starts `arguments`; the first is looked up in PATH. Throws std::system_error if that fails.
  explicit Process(std::vector<std::string> arguments, const ProcessOptions& options = {});
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  pid_t pid() const { return pid_; }

  /// False once it has ended.
  bool running();

  /// To the whole group.
  void signal(int number);
  void stop();       // SIGSTOP
  void cont();       // SIGCONT
  void kill_hard();  // SIGKILL, and waits for the end

  /// Its exit code, or 128 + the signal it died of. A process that is still there after `timeout_ms` fails
  /// the test and is killed.
  int wait(int timeout_ms = 30'000);

  /// SIGTERM, then wait().
  int terminate(int timeout_ms = 30'000);

  std::string out() const;  // what it has written so far
  std::string err() const;

  /// The command line, for messages.
  const std::string& command() const { return command_; }

 private:
  bool has_ended(bool block);

  std::string command_;
  std::string folder_;
  pid_t pid_ = -1;
  bool ended_ = false;  // but not reaped before the destructor: so its group's number stays its own
  int code_ = 0;
};

/// Runs a command to its end.
struct Finished {
  int code = 0;
  std::string out;
  std::string err;
};
Finished run(std::vector<std::string> arguments, const ProcessOptions& options = {}, int timeout_ms = 60'000);

}  // namespace msync::test
