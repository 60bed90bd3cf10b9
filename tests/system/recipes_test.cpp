// The recipes of docs/recipes.md, driven: who should can, who should not cannot.

#include "core/json.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct Recipes : Arena<Recipes> {
  static constexpr bool with_bridge = true;
  static BrokerOptions options() {
    BrokerOptions options;
    options.schemas = MSYNC_SOURCE_DIR "/schemas/cookbook";
    return options;
  }

  static bool mutates(RawClient& client, const std::string& scope, const Json& operation) {
    const Json message = {{"mutations", {operation}}};
    const int reason = client.publish({.topic = scope + "/in", .payload = message.dump()});
    EXPECT_TRUE(reason == granted || reason == not_authorized) << reason;
    return reason == granted;
  }
  static bool writes(RawClient& client, const std::string& scope, const std::string& id = "m1") {
    return mutates(client, scope, Json({{"op", "put"}, {"id", id}, {"data", {{"text", "hello"}}}}));
  }

  // What the client with this id gets by a pull: the ids of all documents; nothing if it may not.
  static std::optional<std::vector<std::string>> reads(RawClient& client, const std::string& id,
                                                       const std::string& scope) {
    const std::string inbox = "sync/" + id + "/delta/" + scope;
    EXPECT_EQ(client.subscribe("sync/" + id + "/#"), granted_qos1);
    std::erase_if(client.messages(), [&](const RawMessage& message) { return message.topic == inbox; });
    if (client.publish({.topic = scope + "/pull", .payload = R"({"rid":"1"})"}) != granted)
      return std::nullopt;
    const auto* page = client.message(inbox);
    if (page == nullptr) return std::nullopt;
    std::vector<std::string> ids;
    const Json delta = Json::parse(page->payload);
    for (const auto& change : delta["changes"])
      if (!change.contains("deleted")) ids.push_back(change["id"]);
    return ids;
  }

  static void expect_reader(const std::string& id, const std::string& claims, const std::string& scope) {
    RawClient client = enters(id, claims);
    EXPECT_EQ(client.subscribe(scope + "/log"), granted_qos1) << id;
    EXPECT_TRUE(eventually([&] { return reads(client, id, scope) == std::vector<std::string>{"m1"}; })) << id;
  }
  static void expect_no_reader(const std::string& id, const std::string& claims, const std::string& scope) {
    RawClient client = enters(id, claims);
    EXPECT_EQ(client.subscribe(scope + "/log"), not_authorized) << id;
    EXPECT_EQ(reads(client, id, scope), std::nullopt) << id;
  }
  static void expect_writer(const std::string& id, const std::string& claims, const std::string& scope,
                            bool may = true) {
    RawClient client = enters(id, claims);
    EXPECT_EQ(writes(client, scope), may) << id << " in " << scope;
  }
};

TEST_F(Recipes, PrivateDataIsItsOwners) {
  expect_writer("alice:pc", "{}", "private/alice/notes");
  expect_reader("alice:phone", "{}", "private/alice/notes");
  expect_writer("bob:pc", "{}", "private/alice/notes", false);
  expect_no_reader("bob:pc", "{}", "private/alice/notes");
  expect_no_reader("alic:pc", "{}", "private/alice/notes");
}

TEST_F(Recipes, ARoomIsForThoseWhoseTokenNamesIt) {
  expect_writer("alice:pc", R"({"rooms":["42","43"]})", "rooms/42/messages");
  expect_reader("bob:pc", R"({"rooms":"42"})", "rooms/42/messages");
  expect_writer("eve:pc", R"({"rooms":["4"]})", "rooms/42/messages", false);
  expect_no_reader("eve:pc", R"({"rooms":["4","421"]})", "rooms/42/messages");
  expect_no_reader("eve:pc", "{}", "rooms/42/messages");
}

TEST_F(Recipes, AGroupIsForItsMembersOfTheMoment) {
  const std::string members = "groups/chess/members", messages = "groups/chess/messages";
  RawClient host = enters("hans:pc", R"({"roles":["host"]})");
  RawClient alice = enters("alice:pc", "{}");
  RawClient eve = enters("eve:pc", "{}");
  EXPECT_FALSE(writes(alice, messages));
  EXPECT_FALSE(writes(alice, members, "alice")) << "nobody admits himself";
  EXPECT_EQ(alice.subscribe(messages + "/log"), granted_qos1) << "in advance: deliveries are judged";

  EXPECT_TRUE(writes(host, members, "alice"));
  EXPECT_TRUE(eventually([&] { return writes(alice, messages); }));
  EXPECT_TRUE(alice.message(messages + "/log"));
  EXPECT_TRUE(
      eventually([&] { return reads(alice, "alice:pc", messages) == std::vector<std::string>{"m1"}; }));
  EXPECT_EQ(reads(alice, "alice:pc", members), std::vector<std::string>{"alice"});
  EXPECT_FALSE(writes(eve, messages));
  EXPECT_EQ(reads(eve, "eve:pc", messages), std::nullopt);
  EXPECT_EQ(reads(alice, "alice:pc", "groups/other/messages"), std::nullopt);

  EXPECT_TRUE(mutates(host, members, Json({{"op", "delete"}, {"id", "alice"}})));
  EXPECT_NE(alice.ended(), -1) << "she is told, and comes back without the right";
  RawClient back = enters("alice:pc", "{}");
  EXPECT_FALSE(writes(back, messages));
  EXPECT_EQ(reads(back, "alice:pc", messages), std::nullopt);
}

TEST_F(Recipes, EverybodyReadsWhatEditorsWrite) {
  expect_writer("ed:pc", R"({"roles":["editor"]})", "public/news");
  expect_reader("anybody:pc", "{}", "public/news");
  expect_writer("anybody:pc", R"({"roles":["edit","moderator"]})", "public/news", false);
}

TEST_F(Recipes, ModeratorsAreInEveryThread) {
  expect_writer("alice:pc", R"({"threads":["cats"]})", "forum/cats/posts");
  expect_reader("mo:pc", R"({"roles":["moderator"]})", "forum/cats/posts");
  expect_writer("mo:pc", R"({"roles":["moderator"]})", "forum/dogs/posts");
  expect_writer("alice:pc", R"({"threads":["cats"]})", "forum/dogs/posts", false);
  expect_no_reader("alice:pc", R"({"threads":["cats"]})", "forum/dogs/posts");
}

TEST_F(Recipes, TenantsDoNotMeet) {
  const std::string acme = "tenants/acme/orders";
  expect_writer("ann:pc", R"({"tenant":"acme","roles":["clerk"]})", acme);
  expect_reader("abe:pc", R"({"tenant":"acme"})", acme);
  expect_writer("abe:pc", R"({"tenant":"acme"})", acme, false);
  expect_writer("bea:pc", R"({"tenant":"bolt","roles":["clerk"]})", acme, false);
  expect_no_reader("bea:pc", R"({"tenant":"bolt","roles":["clerk"]})", acme);
  expect_no_reader("cat:pc", R"({"tenant":"acm","roles":["clerk"]})", acme);
  RawClient wide = enters("bea:spy", R"({"tenant":"bolt"})");
  EXPECT_EQ(wide.subscribe("tenants/+/orders/log"), granted_qos1);
  EXPECT_TRUE(wide.ping());
  EXPECT_TRUE(wide.messages().empty()) << "not even the retained head";
}

TEST_F(Recipes, ADeviceReportsAndAServiceReads) {
  expect_writer("sensor7:main", "{}", "telemetry/sensor7/readings");
  expect_writer("sensor7:main", "{}", "telemetry/sensor8/readings", false);
  expect_no_reader("sensor7:main", "{}", "telemetry/sensor7/readings");
  expect_reader("stats:worker", R"({"roles":["analytics"]})", "telemetry/sensor7/readings");
  expect_writer("stats:worker", R"({"roles":["analytics"]})", "telemetry/sensor7/readings", false);
  RawClient service = enters("stats:worker", R"({"roles":["analytics"]})");
  EXPECT_EQ(service.subscribe("telemetry/+/readings/log"), granted_qos1);
  EXPECT_TRUE(service.message("telemetry/sensor7/readings/log"));
}

}  // namespace
}  // namespace msync::test
