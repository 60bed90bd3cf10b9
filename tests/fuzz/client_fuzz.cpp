// Whatever a server says to the native library's core: a write of the user's is in the outbox, or its outcome was told, or it
// is a problem; what is stored can be read again, and is the same replica; what is sent is well-formed.
//
// A line is a message: its first letter says on which topic, `t` lets time pass, `w` writes. `$S`, `$R` and `$E` in it are the
// replica's src, its pull's rid and its epoch.
#include <map>
#include <set>

#include "client/cpp/core/client.h"
#include "tests/fuzz/require.h"

namespace {

using namespace msync;          // NOLINT
using namespace msync::client;  // NOLINT

constexpr const char* scope = "chat/42/messages";

struct World {
  World() : client(options()) {
    REQUIRE(!client.open(scope, {}, true, now));
    client.connected(now);
    step();
  }

  Client::Options options() {
    return {"alice", "alice:phone", [] { return 0.25; },
            [this] { return "src-of-a-replica-" + std::to_string(++names); }};
  }

  void step() {
    Effects effects = client.take();
    for (auto& [name, rows] : effects.rows) {
      for (auto& [id, row] : rows.documents) row ? documents[id] = *row, 0 : documents.erase(id);
      for (auto& [key, value] : rows.others) value ? others[key] = *value, 0 : others.erase(key);
    }
    for (const Event& event : effects.events) {
      if (const auto* settled = std::get_if<Settled>(&event)) told.insert(settled->key);
    }
    for (const Outgoing& each : effects.outgoing) {
      if (each.topic.ends_with("/in")) REQUIRE(decode_in(each.payload));
      if (!each.topic.ends_with("/pull")) continue;
      const auto pull = decode_pull(each.payload);
      REQUIRE(pull);
      rid = pull->rid;
    }
  }

  void write() {
    WriteOp op;
    op.op = Op::put;
    op.id = "m" + std::to_string(keys.size() % 3);
    op.data = make_text("{}");
    keys.push_back("key" + std::to_string(keys.size()));
    client.write(scope, keys.back(), {op}, false, now, now);
  }

  void hear(char kind, const std::string& payload) {
    const std::string inbox = "sync/alice:phone/";
    switch (kind) {
      case 'a':
        return client.receive(inbox + "ack/" + scope, payload, now);
      case 'd':
        return client.receive(inbox + "delta/" + scope, payload, now);
      case 'l':
        return client.receive(std::string(scope) + "/log", payload, now);
      case 'n':
        return client.receive(inbox + "notice", payload, now);
      case 's':
        return client.receive("sync/status", payload, now);
      case 'w':
        return write();
      default:
        now += 20'000;
        return client.tick(now);
    }
  }

  /// The line with what only this replica knows.
  std::string filled(std::string_view line) {
    std::string out;
    for (std::size_t i = 0; i < line.size(); ++i) {
      const char name = line[i] == '$' && i + 1 < line.size() ? line[i + 1] : '\0';
      const auto& state = client.find(scope)->replica().state;
      if (name == 'S') out += state.src;
      if (name == 'R') out += rid;
      if (name == 'E') out += state.epoch;
      if (name == 'S' || name == 'R' || name == 'E') {
        ++i;
      } else {
        out += line[i];
      }
    }
    return out;
  }

  void check() {
    Replica& replica = client.find(scope)->replica();
    for (const std::string& key : keys) {
      REQUIRE(replica.outbox().holds_key(key) || told.contains(key) ||
              replica.reports().problems().contains(key));
    }
    for (const std::string& id : replica.ids()) replica.view(id);
    StoredRows rows;
    for (const auto& [id, row] : documents) rows.documents.emplace_back(id, row);
    for (const auto& [key, value] : others) rows.others.push_back({key.first, key.second, value});
    Client again(options());
    REQUIRE(!again.open(scope, std::move(rows), true, now));
    const Replica& read = again.find(scope)->replica();
    REQUIRE(read.documents().digest() == replica.documents().digest());
    REQUIRE(read.documents().count() == replica.documents().count());
    REQUIRE(encode(read.state) == encode(replica.state));
    REQUIRE(read.outbox().waiting() == replica.outbox().waiting());
    REQUIRE(read.outbox().entries().size() == replica.outbox().entries().size());
  }

  int names = 0;
  std::int64_t now = 1'000'000;
  Client client;
  std::string rid;
  std::vector<std::string> keys;
  std::set<std::string> told;
  std::map<std::string, Confirmed> documents;
  std::map<std::pair<RowKind, std::string>, std::string> others;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string_view rest(reinterpret_cast<const char*>(data), size);
  World world;
  world.write();
  world.step();
  for (int lines = 0; !rest.empty() && lines < 64; ++lines) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    if (line.empty()) continue;
    world.hear(line[0], world.filled(line.substr(1)));
    world.step();
  }
  world.check();
  return 0;
}
