// The door: what one judgement costs on the broker's only thread.
//
// 10,000 connected clients, each with 1,000 rooms in its token. A READ check is asked as Mosquitto asks it: one
// publish, then one check for each of the room's readers. `first` is the same for a scope that no session remembers.

#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "core/stamp.h"
#include "plugin/door.h"

namespace msync::bench {
namespace {

constexpr std::size_t clients = 10'000;
constexpr std::size_t rooms_each = 1'000;
constexpr std::size_t rooms = 20'000;
constexpr std::int64_t now_ms = 1'795'000'000'000;
const std::string secret = "0123456789abcdef0123456789abcdef";

class Silent : public Broker {
 public:
  void publish(const std::string&, const std::string&) override {}
  void tell(const std::string&, const std::string&) override {}
  void kick(const std::string&, bool) override {}
  void log(Level, const std::string&) override {}
};

std::unique_ptr<const Rules> rules_of_chat() {
  auto rules = std::make_unique<Rules>();
  auto loaded = Collections::load({{"chat.json", R"({"type":"object","x-sync":{"topic":"chat/{room}/messages",
    "access":[{"allow":["read","write"],"where":{"room":"$claims.rooms"}}]}})"}});
  rules->collections = std::move(loaded.collections);
  rules->tokens.secret = secret;
  rules->stamp_key = derive_stamp_key(secret);
  return rules;
}

// A door with everybody inside.
struct Crowd {
  Crowd() : door(Options{.max_sessions_per_user = 1}, rules_of_chat(), broker), readers(rooms) {
    door.tick(now_ms);
    std::mt19937 dice(1);
    for (std::size_t i = 0; i < clients; ++i) enter(i, dice);
  }

  void enter(std::size_t number, std::mt19937& dice) {
    users.push_back(std::make_unique<std::string>("user" + std::to_string(number)));
    ids.push_back(std::make_unique<std::string>(*users.back() + ":phone"));
    Json list = Json::array();
    for (std::size_t i = 0; i < rooms_each; ++i) {
      const std::size_t room = dice() % rooms;
      list.push_back(std::to_string(room));
      readers[room].push_back(number);
    }
    const std::string token =
        make_token({{"sub", *users.back()}, {"rooms", list}, {"exp", now_ms / 1000 + 3600}}, secret);
    connections.push_back({ids.back().get(), *ids.back(), *users.back(), "192.0.2.1", 5});
    if (door.connect(client(number), token, now_ms) != Door::Entry::accept)
      throw std::runtime_error("refused");
  }

  const Client& client(std::size_t number) const { return connections[number]; }

  Silent broker;
  Door door;
  std::vector<std::unique_ptr<std::string>> users;
  std::vector<std::unique_ptr<std::string>> ids;
  std::vector<Client> connections;
  std::vector<std::vector<std::size_t>> readers;  // by room
};

Crowd& crowd() {
  static Crowd all;
  return all;
}

// Publishes to rooms in turn, and asks for each reader. `busy` rooms are talked in.
void deliveries(benchmark::State& state) {
  Crowd& all = crowd();
  const auto busy = static_cast<std::size_t>(state.range(0));
  std::size_t room = 0;
  std::size_t reader = 0;
  std::string topic = "chat/0/messages/log";
  for (std::size_t i = 0; i < busy;
       ++i) {  // what is measured is what comes after the first message of a room
    const std::string warm = "chat/" + std::to_string(i) + "/messages/log";
    for (const std::size_t one : all.readers[i])
      all.door.acl(all.client(one), {Access::read, warm, 100, false}, now_ms);
  }
  for (auto _ : state) {
    if (reader == all.readers[room].size()) {
      reader = 0;
      room = (room + 1) % busy;
      topic = "chat/" + std::to_string(room) + "/messages/log";
    }
    const Client& client = all.client(all.readers[room][reader++]);
    if (all.door.acl(client, {Access::read, topic, 100, false}, now_ms) != Verdict::allow) {
      state.SkipWithError("denied");
      break;
    }
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(deliveries)->Name("READ check, rooms talked in")->Arg(1)->Arg(100)->Arg(1000);

void first_deliveries(benchmark::State& state) {
  Crowd& all = crowd();
  std::size_t room = 1000, reader = 0;
  std::string topic = "chat/1000/messages/log";
  for (auto _ : state) {
    if (reader == all.readers[room].size()) {
      reader = 0;
      room = room + 1 == rooms ? 1000 : room + 1;
      topic = "chat/" + std::to_string(room) + "/messages/log";
    }
    benchmark::DoNotOptimize(
        all.door.acl(all.client(all.readers[room][reader++]), {Access::read, topic, 100, false}, now_ms));
  }
}
BENCHMARK(first_deliveries)->Name("READ check, first of a reader in a room")->Iterations(1'000'000);

void strangers(benchmark::State& state) {
  Crowd& all = crowd();
  std::size_t number = 0;
  for (auto _ : state) {
    number = (number + 1) % clients;
    benchmark::DoNotOptimize(all.door.acl(
        all.client(number), {Access::read, "chat/no-such-room/messages/log", 100, false}, now_ms));
  }
}
BENCHMARK(strangers)->Name("READ check, denied");

}  // namespace
}  // namespace msync::bench

BENCHMARK_MAIN();
