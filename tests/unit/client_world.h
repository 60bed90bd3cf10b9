// One client of the native library without a network: what it says is kept, what the server says is written by the test.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "client/cpp/core/client.h"

namespace msync::client::test {

inline constexpr const char* scope = "chat/42/messages";
inline constexpr const char* epoch = "1000-a";

class ClientWorld : public testing::Test {
 protected:
  ClientWorld() { restart(); }

  /// Another life: with what was stored, or with nothing.
  void restart(bool reads = true) {
    client = std::make_unique<Client>(
        Client::Options{"alice", "alice:phone", [] { return 0.5; },
                        [this] { return "src-of-a-replica-" + std::to_string(++names); }, manner});
    StoredRows rows;
    for (const auto& [id, row] : documents) rows.documents.emplace_back(id, row);
    for (const auto& [key, value] : others) rows.others.push_back({key.first, key.second, value});
    ASSERT_FALSE(client->open(scope, std::move(rows), reads, now));
    step();
  }

  /// As the shell does it: rows are stored, then the rest is told.
  void step() {
    Effects effects = client->take();
    for (auto& [name, rows] : effects.rows) {
      for (auto& [id, row] : rows.documents) row ? documents[id] = *row, 0 : documents.erase(id);
      for (auto& [key, value] : rows.others) value ? others[key] = *value, 0 : others.erase(key);
    }
    for (Outgoing& each : effects.outgoing) sent.push_back(std::move(each));
    for (Event& each : effects.events) events.push_back(std::move(each));
  }

  void connect() {
    client->connected(now);
    step();
  }
  /// `limits`: those that differ.
  void status(const std::string& state, const std::string& of = epoch, const Json& limits = Json::object()) {
    Json said{{"state", state}, {"epoch", of}, {"boot", 1}, {"protocol", 1}, {"version", "0"}};
    said["limits"] = {{"max_payload_bytes", 262144},
                      {"max_mutations", 500},
                      {"max_operations", 100},
                      {"max_depth", 32},
                      {"max_unacked", 1000}};
    said["limits"].update(limits);
    hear("sync/status", to_text(said));
  }
  void online(const std::string& of = epoch) {
    connect();
    status("online", of);
  }
  /// Online, and the first pull answered: the scope is empty, no number is known.
  void opened() {
    online();
    page(snapshot({}, 0));
  }

  void hear(const std::string& topic, const std::string& payload) {
    client->receive(topic, payload, now);
    step();
  }
  void ack(const Json& said) {
    Json message = Json{{"epoch", epoch}, {"scope", scope}, {"src", src()}, {"now", 5000}};
    message.update(said);
    hear("sync/alice:phone/ack/" + std::string(scope), to_text(message));
  }
  void live(const Json& said) {
    Json message = Json{{"epoch", epoch}, {"scope", scope}, {"now", 5000}};
    message.update(said);
    hear(std::string(scope) + "/log", to_text(message));
  }
  void page(const Json& said) {
    Json message{{"epoch", epoch}, {"scope", scope}, {"rid", pull()["rid"]}, {"now", 5000}};
    message.update(said);
    hear("sync/alice:phone/delta/" + std::string(scope), to_text(message));
  }
  void notice(const Json& message) { hear("sync/alice:phone/notice", to_text(message)); }

  void pass(std::int64_t ms) {
    now += ms;
    client->tick(now);
    step();
  }

  /// One write by its operations, as {"op","id","data"}.
  std::string write(const std::vector<Json>& operations) {
    std::vector<WriteOp> ops;
    for (const Json& each : operations) {
      WriteOp op;
      op.op = each["op"] == "put" ? Op::put : each["op"] == "patch" ? Op::patch : Op::remove;
      op.id = each["id"];
      if (each.contains("data")) op.data = make_text(to_text(each["data"]));
      ops.push_back(std::move(op));
    }
    const std::string key = "key" + std::to_string(++keys);
    client->write(scope, key, std::move(ops), operations.size() > 1, wall, now);
    step();
    return key;
  }
  std::string put(const std::string& id, const Json& data) {
    return write({{{"op", "put"}, {"id", id}, {"data", data}}});
  }

  // ---- What there is

  /// A change by somebody else.
  static Json change(const std::string& id, int seq, const Json& data, int version = 1) {
    return {{"id", id}, {"seq", seq}, {"version", version}, {"ts", 100 + seq}, {"by", "bob"}, {"data", data}};
  }
  static Json snapshot(const std::vector<Json>& changes, int head, std::uint64_t n = 0) {
    return {{"reset", true}, {"snap", head}, {"from", 0},    {"to", head},
            {"head", head},  {"n", n},       {"last", true}, {"changes", Json(changes)}};
  }
  /// Of all messages to this leaf, the newest.
  Json said(const std::string& leaf) const {
    const std::string topic = std::string(scope) + "/" + leaf;
    const auto found =
        std::find_if(sent.rbegin(), sent.rend(), [&](const Outgoing& each) { return each.topic == topic; });
    return found == sent.rend() ? Json() : Json::parse(found->payload);
  }
  Json pull() const { return said("pull"); }
  std::size_t count(const std::string& leaf) const {
    const std::string topic = std::string(scope) + "/" + leaf;
    return static_cast<std::size_t>(
        std::count_if(sent.begin(), sent.end(), [&](const Outgoing& each) { return each.topic == topic; }));
  }
  const ReplicaState& state() { return replica().state; }
  std::string src() { return state().src; }
  Replica& replica() { return client->find(scope)->replica(); }
  /// The view: null where there is nothing.
  Json view(const std::string& id) {
    const auto seen = replica().view(id);
    return seen ? Json::parse(*seen->data) : Json();
  }
  /// The status of a settled write; empty: not yet.
  std::string outcome(const std::string& key) const {
    for (const Event& event : events) {
      const auto* settled = std::get_if<Settled>(&event);
      if (settled != nullptr && settled->key == key) return to_string(settled->outcome.status);
    }
    return {};
  }
  std::vector<std::string> problems() {
    std::vector<std::string> found;
    for (const auto& [key, problem] : replica().reports().problems())
      found.push_back(key + " " + problem.status);
    return found;
  }
  std::vector<std::string> errors() const {
    std::vector<std::string> codes;
    for (const Event& event : events) {
      if (const auto* failed = std::get_if<Failed>(&event)) codes.push_back(failed->fault.code);
    }
    return codes;
  }

  Manner manner;
  std::unique_ptr<Client> client;
  std::map<std::string, Confirmed> documents;  // what is stored
  std::map<std::pair<RowKind, std::string>, std::string> others;
  std::vector<Outgoing> sent;
  std::vector<Event> events;
  std::int64_t now = 1'000'000;
  std::int64_t wall = 2'000'000;
  int names = 0;
  int keys = 0;
};

}  // namespace msync::client::test
