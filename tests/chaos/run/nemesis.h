// The nemesis: breaks things at random, several at a time, and mends them again.
//
// What it does and when follows from the seed alone; what comes of it does not, since real processes run. Each fault is
// written to nemesis.jsonl before it happens. One thread.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <random>
#include <string>
#include <vector>

#include "tests/chaos/history.h"
#include "tests/chaos/run/system.h"

namespace msync::chaos {

struct NemesisOptions {
  bool disk = false;     // the store's folder is a small file system of its own
  bool restore = false;  // may put a backup in place
};

class Nemesis {
 public:
  Nemesis(System& system, std::uint64_t seed, const std::string& folder, NemesisOptions options);

  /// At the start of a round: how the broker is configured during it.
  void configure(std::uint64_t round);
  /// Mends what is due, breaks something else. To be called often.
  void step();
  /// Mends everything.
  void heal();

  const std::map<std::string, std::uint64_t>& faults() const { return faults_; }

 private:
  struct Mend {
    std::int64_t due;
    std::string what;  // the fault's name: one of a kind and target at a time
    std::function<void()> action;
  };

  void strike();
  bool mend(bool all);
  bool broken(const std::string& what) const;
  /// Notes the fault, and when it ends.
  void begin(const std::string& kind, const std::string& what, std::int64_t lasts_ms,
             std::function<void()> end);
  std::uint64_t pick(std::uint64_t count) { return dice_() % count; }
  std::int64_t between(std::int64_t low, std::int64_t high);

  void kill_bridge();
  void kill_broker();
  void stop_broker();
  void kill_client();
  void pause_bridge();
  void pause_broker();
  void pause_client();
  void weather();
  void cut();
  void fill_disk();
  void change_grants();
  void revoke();
  void jump_clock();
  void backup();
  void restore();
  std::vector<std::size_t> some_ports();

  System& system_;
  std::mt19937_64 dice_;
  std::string folder_;
  NemesisOptions options_;
  History history_;
  std::int64_t next_ = 0;
  std::vector<Mend> mends_;
  std::string backup_;  // not yet restored
  std::uint64_t backups_ = 0;
  bool restored_ = false;
  std::map<std::string, std::uint64_t> faults_;
};

}  // namespace msync::chaos
