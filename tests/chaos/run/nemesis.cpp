#include "tests/chaos/run/nemesis.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <stdexcept>

namespace msync::chaos {

namespace {

constexpr std::int64_t pause_min_ms = 150;  // between two faults
constexpr std::int64_t pause_max_ms = 1'400;
constexpr std::size_t at_a_time = 6;

/// What an SQL query answers, one line.
std::string ask(const std::string& file, const std::string& sql) {
  std::string answer = test::run({"sqlite3", "-readonly", file, sql}).out;
  while (!answer.empty() && answer.back() == '\n') answer.pop_back();
  return answer;
}

}  // namespace

Nemesis::Nemesis(System& system, std::uint64_t seed, const std::string& folder, NemesisOptions options)
    : system_(system), dice_(seed), folder_(folder), options_(options), history_(folder + "/nemesis.jsonl") {}

std::int64_t Nemesis::between(std::int64_t low, std::int64_t high) {
  return low + static_cast<std::int64_t>(pick(static_cast<std::uint64_t>(high - low + 1)));
}

bool Nemesis::broken(const std::string& what) const {
  return std::ranges::any_of(mends_, [&](const Mend& m) { return m.what == what; });
}

void Nemesis::begin(const std::string& kind, const std::string& what, std::int64_t lasts_ms,
                    std::function<void()> end) {
  ++faults_[kind];
  history_.record("fault", {{"kind", kind}, {"what", what}, {"lasts_ms", lasts_ms}});
  if (end) mends_.push_back({mono_ms() + lasts_ms, what, std::move(end)});
}

void Nemesis::configure(std::uint64_t round) {
  auto& lines = system_.broker().options().lines;
  lines = {"autosave_interval " + std::to_string(between(1, 6))};
  const bool small = round % 3 == 2;
  if (small) lines.push_back("max_queued_messages 20");
  history_.record("round", {{"round", round}, {"lines", lines}});
  if (small) ++faults_["broker with queues of 20 messages (rounds)"];
  const bool clocks = round % 3 == 0 && system_.fake_clocks(true);
  if (!clocks) system_.fake_clocks(false);
  if (clocks) ++faults_["broker and bridge with clocks that jump (rounds)"];
  if (round > 1) {
    system_.stop_broker();
    system_.start_broker();
    system_.kill_bridge();
    system_.start_bridge();
  }
  restored_ = false;
  backup_.clear();  // an old one would undo all rounds since
}

bool Nemesis::mend(bool all) {
  const auto due = [&](const Mend& m) { return all || m.due <= mono_ms(); };
  const auto place = std::ranges::find_if(mends_, due);
  if (place == mends_.end()) return false;
  const Mend next = *place;
  mends_.erase(place);
  history_.record("mend", {{"what", next.what}});
  next.action();
  return true;
}

void Nemesis::step() {
  while (mend(false)) {
  }
  if (mono_ms() < next_ || mends_.size() >= at_a_time) return;
  next_ = mono_ms() + between(pause_min_ms, pause_max_ms);
  strike();
}

void Nemesis::heal() {
  while (mend(true)) {
  }
  for (std::size_t port = 0; port < system_.ports(); ++port) system_.proxy().set(port, {});
  history_.record("healed", Json::object());
}

void Nemesis::strike() {
  if (system_.clocks_are_fake() && pick(4) == 0) return jump_clock();
  const auto kind = pick(100);
  if (kind < 12) return kill_bridge();
  if (kind < 21) return kill_broker();
  if (kind < 24) return stop_broker();
  if (kind < 39) return kill_client();
  if (kind < 44) return pause_bridge();
  if (kind < 48) return pause_broker();
  if (kind < 55) return pause_client();
  if (kind < 67) return cut();
  if (kind < 82) return weather();
  if (kind < 90) return change_grants();
  if (kind < 93) return revoke();
  if (kind < 96) return fill_disk();
  return backup_.empty() ? backup() : restore();
}

void Nemesis::kill_bridge() {
  if (broken("bridge")) return;
  begin("kill -9 of the bridge", "bridge", between(0, 2500), [this] { system_.start_bridge(); });
  system_.kill_bridge();
}

void Nemesis::kill_broker() {
  if (broken("broker")) return;
  const bool forgets = pick(100) < 35;
  begin(forgets ? "kill -9 of the broker, its store deleted" : "kill -9 of the broker", "broker",
        between(0, 2500), [this] { system_.start_broker(); });
  system_.kill_broker(forgets);
}

void Nemesis::stop_broker() {
  if (broken("broker")) return;
  begin("restart of the broker", "broker", between(0, 1000), [this] { system_.start_broker(); });
  system_.stop_broker();
}

void Nemesis::kill_client() {
  const auto which = pick(system_.clients());
  const std::string what = "client " + std::to_string(which);
  if (broken(what)) return;
  begin("kill -9 of a client", what, between(0, 4000), [this, which] { system_.start_client(which); });
  system_.kill_client(which);
}

void Nemesis::pause_bridge() {
  if (broken("bridge") || !system_.bridge_runs()) return;
  begin("SIGSTOP of the bridge", "bridge", between(300, 7000), [this] { system_.bridge()->cont(); });
  system_.bridge()->stop();
}

void Nemesis::pause_broker() {
  if (broken("broker")) return;
  begin("SIGSTOP of the broker", "broker", between(300, 6000), [this] { system_.broker().process().cont(); });
  system_.broker().process().stop();
}

void Nemesis::pause_client() {
  const auto which = pick(system_.clients());
  const std::string what = "client " + std::to_string(which);
  if (broken(what)) return;
  begin("SIGSTOP of a client", what, between(300, 8000), [this, which] { system_.client(which)->cont(); });
  system_.client(which)->stop();
}

/// One client, the bridge, or a third of all.
std::vector<std::size_t> Nemesis::some_ports() {
  const auto kind = pick(10);
  if (kind < 5) return {static_cast<std::size_t>(pick(system_.clients()))};
  if (kind < 8) return {system_.clients()};
  std::vector<std::size_t> ports;
  for (std::size_t port = 0; port < system_.ports(); ++port) {
    if (pick(3) == 0) ports.push_back(port);
  }
  return ports;
}

void Nemesis::cut() {
  const bool half = pick(3) == 0, up = pick(2) == 0;
  const auto ports = some_ports();
  begin(half ? "connection half closed" : "connection reset", "cut of " + Json(ports).dump(), 0, {});
  for (const auto port : ports) {
    if (half)
      system_.proxy().half_close(port, up);
    else
      system_.proxy().cut(port);
  }
}

void Nemesis::weather() {
  Weather bad;
  std::string kind;
  switch (pick(5)) {
    case 0:
      kind = "network stalled";
      bad.stalls_up = bad.stalls_down = true;
      break;
    case 1:
      kind = "network stalled one way";
      (pick(2) == 0 ? bad.stalls_up : bad.stalls_down) = true;
      break;
    case 2:
      kind = "network slow";
      bad.bytes_per_s = static_cast<int>(between(2'000, 20'000));
      break;
    case 3:
      kind = "network with delay";
      bad.delay_ms = static_cast<int>(between(20, 600));
      break;
    default:
      kind = "connections refused";
      bad.refuses = true;
      break;
  }
  const auto ports = some_ports();
  for (const auto port : ports) {
    const std::string what = "port " + std::to_string(port);
    if (broken(what)) continue;
    begin(kind, what, between(500, 8000), [this, port] { system_.proxy().set(port, {}); });
    system_.proxy().set(port, bad);
    if (bad.refuses) system_.proxy().cut(port);
  }
}

void Nemesis::fill_disk() {
  if (!options_.disk || broken("disk")) return;
  const std::string ballast = folder_ + "/store/ballast";
  begin("disk full under the bridge", "disk", between(500, 5000),
        [ballast] { std::filesystem::remove(ballast); });
  std::ofstream file(ballast, std::ios::binary);
  const std::string block(64 * 1024, 'x');
  while (file.write(block.data(), static_cast<std::streamsize>(block.size())).flush()) {
  }
}

/// A user's new token grants other rooms for a while: fewer, or one that is not his.
void Nemesis::change_grants() {
  const auto number = pick(system_.users());
  const std::string what = "token of " + System::user(number);
  const auto chosen = pick(6);  // none of them in half of all cases
  if (broken(what)) return;
  std::vector<std::string> rooms;
  if (chosen == 3 || chosen == 5) rooms.push_back("a");
  if (chosen >= 4) rooms.push_back("b");
  begin("other grants of a user", what + ", rooms " + Json(rooms).dump(), 0, {});
  mends_.push_back({mono_ms() + between(3'000, 12'000), what,
                    [this, number] { system_.give_token(number, System::rooms_of(number)); }});
  system_.give_token(number, rooms);
}

/// All of a user's tokens; later he gets a new one.
void Nemesis::revoke() {
  const auto number = pick(system_.users());
  const std::string what = "token of " + System::user(number);
  const auto lasts_ms = between(4'000, 10'000);
  if (broken(what) || broken("bridge") || broken("broker") || broken("clock of the broker") ||
      !system_.bridge_runs())
    return;  // with a wrong clock it would be the tokens of another time
  begin("tokens of a user revoked", what, lasts_ms, [this, number] {
    // What was issued within the second of the revocation is revoked, too.
    system_.give_token(number, System::rooms_of(number), wall_ms() / 1000 + 2);
  });
  const std::int64_t at_s = wall_ms() / 1000;
  if (system_.revoke(number)) history_.record("revoked", {{"user", System::user(number)}, {"at_s", at_s}});
}

/// Hours ahead or behind, and later right again; who runs meanwhile sees two jumps.
void Nemesis::jump_clock() {
  const std::string name = pick(2) == 0 ? "broker" : "bridge";
  const std::string what = "clock of the " + name;
  const std::int64_t hours = pick(2) == 0 ? between(1, 5) : -between(1, 5);
  if (broken(what)) return;
  // What the server says of the time, the promises about revocations cannot be held against any more.
  history_.record("clock", {{"name", name}, {"hours", hours}});
  begin(what + (hours > 0 ? " ahead" : " behind") + " by hours", what, between(1'500, 8'000),
        [this, name] { system_.clocks().set(name, 0); });
  system_.clocks().set(name, hours * 3600);
}

void Nemesis::backup() {
  if (!options_.restore || restored_ || broken("disk") || !system_.bridge_runs() || broken("bridge")) return;
  const std::string file = folder_ + "/backup-" + std::to_string(++backups_) + ".db";
  const auto done = system_.command({"backup", "--store", "sqlite:" + system_.store(), file});
  if (done.code != 0) throw std::runtime_error("backup failed: " + done.err);
  backup_ = file;
  begin("backup", "backup", 0, {});
}

void Nemesis::restore() {
  if (restored_ || broken("bridge") || broken("disk")) return;
  // A backup knows nothing of later revocations.
  if (std::ranges::any_of(mends_, [](const Mend& m) { return m.what.starts_with("token of"); })) return;
  system_.kill_bridge();
  begin("restore of a backup", "bridge", between(0, 1500), [this] { system_.start_bridge(); });
  const std::string from = ask(backup_, "SELECT epoch FROM meta");
  const Json heads = Json::parse(ask(backup_, "SELECT json_group_object(topic, seq) FROM scope"));
  const auto done = system_.command({"restore", "--store", "sqlite:" + system_.store(), backup_});
  const auto place = done.out.find("as epoch ");
  if (done.code != 0 || place == std::string::npos) throw std::runtime_error("restore failed: " + done.err);
  const std::string epoch = done.out.substr(place + 9, done.out.find('\n', place) - place - 9);
  history_.record("restore", {{"epoch", epoch}, {"from", from}, {"heads", heads}});
  for (const auto& entry : std::filesystem::directory_iterator(folder_ + "/store")) {
    if (entry.path().string().find(".before-restore-") != std::string::npos)
      std::filesystem::remove(entry.path());
  }
  backup_.clear();
  restored_ = true;
}

}  // namespace msync::chaos
