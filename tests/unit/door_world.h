// A door with two collections, a broker that remembers what it was asked, and clients by client id.
#pragma once

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "core/stamp.h"
#include "plugin/door.h"

namespace msync {

inline const std::string door_secret = "0123456789abcdef0123456789abcdef";

inline Collections door_collections(const std::string& chat_topic = "chat/{room}/messages") {
  const auto file = [](const std::string& name, const std::string& topic, const std::string& access) {
    return SchemaFile{name + ".json",
                      R"({"type":"object","x-sync":{"topic":")" + topic + R"(","access":)" + access + "}}"};
  };
  auto loaded = Collections::load(
      {file(
           "chat", chat_topic,
           R"([{"allow":["read","write"],"where":{"room":"$claims.rooms"}},{"allow":["read"],"role":"moderator"}])"),
       file("drop", "drop/{user}/box",
            R"([{"allow":["write"]},{"allow":["read"],"where":{"user":"$user"}}])"),
       file("news", "news/{name}", R"([{"allow":["read"]}])")});
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  return std::move(loaded.collections);
}

inline std::unique_ptr<const Rules> door_rules(const std::string& secret = door_secret) {
  auto rules = std::make_unique<Rules>();
  rules->collections = door_collections();
  rules->tokens.secret = secret;
  rules->stamp_key = derive_stamp_key(secret);
  return rules;
}

class RecordingBroker : public Broker {
 public:
  void publish(const std::string& topic, const std::string& payload) override {
    published.emplace_back(topic, Json::parse(payload));
  }
  void tell(const std::string& topic, const std::string& payload) override {
    told.emplace_back(topic, Json::parse(payload));
  }
  void kick(const std::string& client_id, bool with_will) override {
    kicked.emplace_back(client_id, with_will);
  }
  void log(Level, const std::string& line) override { lines.push_back(line); }

  std::string last_line() const { return lines.empty() ? "" : lines.back(); }

  std::vector<std::pair<std::string, Json>> published;
  std::vector<std::pair<std::string, Json>> told;
  std::vector<std::pair<std::string, bool>> kicked;
  std::vector<std::string> lines;
};

class DoorWorld : public testing::Test {
 protected:
  static constexpr std::int64_t start_ms = 1'795'000'000'000;

  static Options options() {
    Options options;
    options.max_connections_per_user = 2;
    options.max_messages_per_s = 20;
    options.max_payload_bytes = 2048;
    return options;
  }

  DoorWorld() { door.tick(now_ms); }

  std::string token(const std::string& user, Json more = Json::object(), std::int64_t ttl_s = 3600) {
    more["sub"] = user;
    more["exp"] = now_ms / 1000 + ttl_s;
    return make_token(more, door_secret);
  }

  /// A connection as the broker would show it; each has a pointer of its own.
  Client client(const std::string& id) {
    ids.push_back(std::make_unique<std::string>(id));
    const std::string_view name = *ids.back();
    return {ids.back().get(), name, name.substr(0, name.rfind(':')), "127.0.0.1", 5, true};
  }

  /// Lets `id` in with these claims and returns its connection.
  Client enter(const std::string& id, const Json& claims = Json::object(), std::int64_t ttl_s = 3600) {
    return enter(client(id), claims, ttl_s);
  }
  /// One that takes its session up again.
  Client returns(const std::string& id, const Json& claims = Json::object()) {
    Client who = client(id);
    who.clean_start = false;
    return enter(who, claims, 3600);
  }
  Client enter(const Client& who, const Json& claims, std::int64_t ttl_s) {
    EXPECT_EQ(door.connect(who, token(std::string(who.user), claims, ttl_s), now_ms), Door::Entry::accept)
        << broker.last_line();
    return who;
  }

  Client enter_bridge() { return enter("mosquitto-sync:bridge", {{"roles", {"bridge"}}}); }

  Verdict publish(const Client& who, std::string_view topic, bool retain = false, std::size_t bytes = 10) {
    return door.acl(who, {Access::write, topic, bytes, retain}, now_ms);
  }
  Verdict subscribe(const Client& who, std::string_view filter) {
    return door.acl(who, {Access::subscribe, filter, 0, false}, now_ms);
  }
  Verdict deliver(const Client& who, std::string_view topic) {
    return door.acl(who, {Access::read, topic, 10, false}, now_ms);
  }
  Door::Passage message(const Client& who, std::string_view topic, const UserProperties& properties = {}) {
    return door.message(who, topic, "{}", properties, now_ms);
  }

  std::int64_t now_ms = start_ms;
  RecordingBroker broker;
  Door door{options(), door_rules(), broker};
  std::vector<std::unique_ptr<std::string>> ids;
};

inline const Json room_42 = {{"rooms", {"42"}}};

}  // namespace msync
