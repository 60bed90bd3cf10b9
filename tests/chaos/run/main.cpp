// chaos: the run. Rounds of faults, each followed by a rest in which everything must come together again and every promise
// is checked.
#include <sys/mount.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <random>

#include "tests/chaos/check/checker.h"
#include "tests/chaos/check/folder.h"
#include "tests/chaos/run/nemesis.h"
#include "tests/chaos/run/system.h"
#include "tests/system/support/mount.h"
#include "tests/system/support/wait.h"

namespace {

using namespace msync::chaos;

struct Arguments {
  double minutes = 4;
  std::uint64_t seed = 0;
  std::size_t clients = 20;
  int round_s = 25;
  int rest_s = 90;
  int pause_ms = 600;
  std::string bridge = MSYNC_BUILD_DIR "/mosquitto-sync";
  std::string folder;
  bool keep = false;
  bool restore = true;
};

class Run {
 public:
  Run(const Arguments& arguments, std::string folder, bool disk)
      : arguments_(arguments),
        folder_(std::move(folder)),
        system_({folder_, arguments.bridge, arguments.seed, arguments.clients, arguments.pause_ms}),
        nemesis_(system_, arguments.seed, folder_, {disk, arguments.restore}),
        histories_(folder_) {}

  int run();

 private:
  bool round(std::uint64_t number);
  bool rests(std::uint64_t number);
  bool fails(const std::vector<Violation>& found);
  void report() const;

  const Arguments& arguments_;
  std::string folder_;
  System system_;
  Nemesis nemesis_;
  Folder histories_;
  Facts facts_;
  std::int64_t begun_ = mono_ms();
  std::uint64_t rounds_ = 0;
};

int Run::run() {
  system_.start();
  const auto end = begun_ + static_cast<std::int64_t>(arguments_.minutes * 60'000);
  bool good = true;
  while (good && (rounds_ == 0 || mono_ms() < end)) good = round(++rounds_);
  report();
  return good ? 0 : 1;
}

bool Run::round(std::uint64_t number) {
  nemesis_.configure(number);
  system_.set_phase("run");
  const auto end = mono_ms() + arguments_.round_s * 1000;
  msync::test::eventually(
      [&] {
        nemesis_.step();
        system_.supervise();
        return mono_ms() > end;
      },
      arguments_.round_s * 1000 + 60'000);
  nemesis_.heal();
  system_.set_phase("quiet " + std::to_string(number));
  return rests(number);
}

bool Run::rests(std::uint64_t number) {
  const auto begun = mono_ms();
  system_.start_reader(number);
  std::int64_t looked = 0;
  std::string missing;
  const bool all = msync::test::eventually(
      [&] {
        system_.supervise();
        if (mono_ms() < looked + 200) return false;
        looked = mono_ms();
        histories_.read(facts_);
        missing = Checker(facts_).missing(number);
        return missing.empty() || !system_.crashes().empty();
      },
      arguments_.rest_s * 1000);
  histories_.read(facts_);
  const auto found = Checker(facts_).verify(number);
  std::cout << "round " << number << ": " << facts_.writes().size() << " writes, " << facts_.acknowledged()
            << " stored, at rest after " << static_cast<double>(mono_ms() - begun) / 1000 << " s"
            << std::endl;
  if (!all) std::cout << "not at rest after " << arguments_.rest_s << " s:" << missing << "\n";
  for (const auto& crash : system_.crashes()) std::cout << crash << "\n";
  const bool good = !fails(found) && all && system_.crashes().empty();
  system_.stop_reader();
  return good;
}

/// Prints what does not hold, and the whole history of the first entity concerned.
bool Run::fails(const std::vector<Violation>& found) {
  std::size_t shown = 0;
  for (const auto& v : found) {
    if (++shown > 20) break;
    std::cout << "invariant " << v.invariant << " does not hold (seed " << arguments_.seed << "): " << v.scope
              << " " << v.id << ": " << v.what << "\n";
  }
  if (found.size() > shown) std::cout << found.size() << " in all\n";
  for (const auto& v : found) {
    if (v.id.empty()) continue;
    std::cout << "---- everything about " << v.scope << " " << v.id << ", and the faults\n";
    explain(folder_, v.scope, v.id, std::cout);
    break;
  }
  return !found.empty();
}

void Run::report() const {
  std::uint64_t faults = 0, asked = 0, sent = 0, lost = 0;
  for (const auto& [kind, count] : nemesis_.faults()) faults += count;
  for (const auto& [uid, write] : facts_.writes()) {
    ++asked;
    sent += write.sent ? 1 : 0;
    lost += write.lost ? 1 : 0;
  }
  std::map<int, std::uint64_t> broken;
  for (const auto& v : Checker(facts_).verify(rounds_)) ++broken[v.invariant];
  std::cout << "\nchaos: seed " << arguments_.seed << ", " << static_cast<double>(mono_ms() - begun_) / 60'000
            << " min, " << rounds_ << " rounds, " << arguments_.clients << " clients\n"
            << "faults: " << faults << "\n";
  for (const auto& [kind, count] : nemesis_.faults()) std::cout << "  " << count << "  " << kind << "\n";
  std::cout << "the bridge ended by itself, to be started again: " << system_.bridge_ends() << "\n"
            << "messages: " << facts_.messages() << "\nwrites: " << asked << " asked, " << sent << " sent";
  for (const auto& [status, count] : facts_.statuses()) std::cout << ", " << count << " " << status;
  std::cout << "\nlost by a restore, and reported: " << lost << "\nlost: " << broken[1] + broken[10]
            << "\nduplicated: " << broken[2] << "\ndiverged: " << broken[4] + broken[9]
            << "\nother violations: " << broken[3] + broken[6] + broken[7] + broken[8] << "\n";
}

}  // namespace

int main(int count, char** values) {
  Arguments arguments;
  CLI::App app("Broker, bridge and clients under random faults; checks the protocol's promises");
  app.add_option("--minutes", arguments.minutes, "how long faults go on");
  app.add_option("--seed", arguments.seed, "of the faults and writes; else random");
  app.add_option("--clients", arguments.clients, "client processes");
  app.add_option("--round", arguments.round_s, "seconds of faults between two rests");
  app.add_option("--rest", arguments.rest_s, "seconds in which everything must have come together");
  app.add_option("--pause", arguments.pause_ms, "ms between two writes of one client, on average");
  app.add_option("--bridge", arguments.bridge, "the program under test");
  app.add_option("--folder", arguments.folder, "where histories go; else a temporary folder");
  app.add_flag("--keep", arguments.keep, "keep the folder, also where nothing failed");
  app.add_flag("!--no-restore", arguments.restore, "no backups and restores");
  CLI11_PARSE(app, count, values);
  if (arguments.seed == 0) arguments.seed = std::random_device{}() % 1'000'000;
  const std::string folder =
      arguments.folder.empty() ? msync::test::make_temp_dir("chaos") : arguments.folder;
  std::filesystem::create_directories(folder + "/store");
  // Room for the log, which grows to 64 MiB before it is moved into the database, and for a backup that is put in place.
  const bool disk = msync::test::mount_small(folder + "/store", "size=192m");
  std::cout << "chaos: seed " << arguments.seed << ", histories in " << folder << "\n"
            << (disk ? "" : "no full disks: mounting a small file system needs root\n") << std::flush;
  try {
    const int code = Run(arguments, folder, disk).run();
    if (disk) umount2((folder + "/store").c_str(), MNT_DETACH);  // else it cannot be removed
    if (code == 0 && !arguments.keep && arguments.folder.empty())
      std::filesystem::remove_all(folder);
    else
      std::cout << "histories, journals and logs are in " << folder << "; chaos_check reads them\n";
    return code;
  } catch (const std::exception& problem) {
    std::cerr << "chaos: " << problem.what() << "\n";
    return 70;
  }
}
