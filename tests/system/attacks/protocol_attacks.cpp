// Well-formed MQTT that abuses the protocol behind it: what the bridge must survive from a client with a good token.
// Shapes, numbers and reconciliation are proven in tests/unit (message_*, reconcile*, pull_answer) and
// tests/system/bad_input_test.cpp; here is what an attacker would combine.

#include <sys/stat.h>

#include <csignal>

#include "bridge/store/store.h"
#include "bridge/store/verify.h"
#include "core/json.h"
#include "core/limits.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

struct ProtocolAttacks : Arena<ProtocolAttacks> {
  static constexpr bool with_bridge = true;

  // A room of its own for each test.
  ProtocolAttacks() {
    static int tests = 0;
    room = "p" + std::to_string(++tests);
  }

  void TearDown() override {
    verify_store(bridge().store(), nullptr,
                 [](const std::string& finding) { ADD_FAILURE() << "the store: " << finding; });
    Arena::TearDown();
  }

  std::string scope() const { return "chat/" + room + "/messages"; }

  RawClient member(const std::string& id) {
    RawClient client = enters(id, Json({{"rooms", {room}}}).dump());
    EXPECT_EQ(client.subscribe("sync/" + id + "/#"), granted_qos1);
    return client;
  }

  static std::string id_of(const std::string& user) { return user + ":pc"; }

  // Sends it as `user`'s client and returns the answer from that leaf of his inbox.
  Json ask(RawClient& client, const std::string& user, const char* leaf, const std::string& payload,
           const std::string& properties = {}) {
    client.messages().clear();
    const std::string inbox = "sync/" + id_of(user) + "/";
    EXPECT_EQ(client.publish({.topic = scope() + "/" + leaf, .payload = payload, .properties = properties}),
              granted);
    const auto* answer = client.message(inbox + (leaf == std::string("in") ? "ack/" : "delta/") + scope());
    if (answer == nullptr) {
      ADD_FAILURE() << "no answer to " << payload.substr(0, 200);
      return {};
    }
    return Json::parse(answer->payload);
  }

  Json write(RawClient& client, const std::string& user, const std::string& src, std::uint64_t n,
             const Json& operation) {
    return ask(client, user, "in",
               Json({{"epoch", epoch()}, {"src", src}, {"n", n}, {"mutations", {operation}}}).dump());
  }

  static std::string epoch() { return bridge().status().epoch; }

  // What everybody reads in the room.
  Json contents() {
    RawClient reader = member("reader:pc");
    Json found = Json::object();
    for (const auto& change :
         ask(reader, "reader", "pull", R"({"rid":"all"})").value("changes", Json::array())) {
      found[change["id"].get<std::string>()] = change;
    }
    return found;
  }

  std::string notice_code(RawClient& client, const std::string& user, const std::string& payload,
                          const std::string& leaf = "in") {
    client.messages().clear();
    client.publish({.topic = scope() + "/" + leaf, .payload = payload});
    const auto* notice = client.message("sync/" + id_of(user) + "/notice");
    return notice == nullptr ? "" : Json::parse(notice->payload).value("code", "");
  }

  std::string room;
};

const std::string src_a = "aaaaaaaaaaaaaaaa", src_b = "bbbbbbbbbbbbbbbb";

Json put(const std::string& id, const std::string& text) {
  return {{"op", "put"}, {"id", id}, {"data", {{"text", text}}}};
}

TEST_F(ProtocolAttacks, WhoAChangeIsByIsNotTheSendersToSay) {
  RawClient eve = member("eve:pc");
  Json message = {{"epoch", epoch()},
                  {"src", src_a},
                  {"n", 1},
                  {"user", "bob"},
                  {"by", "bob"},
                  {"client", "bob:pc"},
                  {"scope", "chat/42/messages"}};
  message["mutations"] = {{{"op", "put"},
                           {"id", "m1"},
                           {"data", {{"text", "x"}}},
                           {"by", "bob"},
                           {"user", "bob"},
                           {"version", 99},
                           {"seq", 99}}};
  EXPECT_EQ(ask(eve, "eve", "in", message.dump())["results"][0]["status"], "applied");
  const Json stored = contents()["m1"];
  EXPECT_EQ(stored["by"], "eve");
  EXPECT_EQ(stored["version"], 1);
  EXPECT_EQ(stored["seq"], 1);
}

TEST_F(ProtocolAttacks, AResponseTopicIsNotAnswered) {
  RawClient eve = member("eve:pc");
  RawClient victim = enters("victim:pc");
  for (const char* filter : {"sync/victim:pc/#", "chat/42/messages/log", "sync/status"})
    victim.subscribe(filter);
  ASSERT_TRUE(victim.ping());
  for (const char* elsewhere : {"chat/42/messages/log", "sync/victim:pc/notice", "sync/status",
                                "sync/victim:pc/delta/chat/42/messages"}) {
    victim.messages().clear();
    ask(eve, "eve", "pull", R"({"rid":"1"})", raw::response_topic(elsewhere) + raw::correlation_data("eve"));
    EXPECT_TRUE(victim.ping());
    EXPECT_TRUE(victim.messages().empty()) << elsewhere;
  }
}

TEST_F(ProtocolAttacks, AnothersReplicaNameReadsNothingAndBlocksNothing) {
  RawClient alice = member("alice:pc"), eve = member("eve:pc");
  write(alice, "alice", src_a, 1, put("m1", "alice's"));
  const Json odd = {{"op", "put"}, {"id", "m2"}, {"data", {{"text", 7}}}};
  EXPECT_EQ(write(alice, "alice", src_a, 2, odd)["results"][0]["status"], "rejected");

  // The thief of a name has numbers of his own.
  const Json replayed = write(eve, "eve", src_a, 2, odd);
  EXPECT_TRUE(replayed.value("gap", false)) << replayed;
  EXPECT_EQ(replayed["n"], 0);
  EXPECT_EQ(write(eve, "eve", src_a, 1, put("e1", "eve's"))["results"][0]["status"], "applied");
  const Json page = ask(eve, "eve", "pull", Json({{"rid", "1"}, {"src", src_a}}).dump());
  EXPECT_EQ(page["n"], 1);
  EXPECT_TRUE(page["outcomes"].empty()) << page;

  const Json next = write(alice, "alice", src_a, 3, put("m3", "goes on"));
  EXPECT_EQ(next["n"], 3);
  EXPECT_EQ(next["results"][0]["status"], "applied");
}

TEST_F(ProtocolAttacks, AUsedNumberWithOtherContentChangesNothing) {
  RawClient eve = member("eve:pc");
  write(eve, "eve", src_a, 1, put("m1", "first"));
  const Json again = write(eve, "eve", src_a, 1, put("m1", "second"));
  EXPECT_TRUE(again["results"][0].value("duplicate", false)) << again;
  EXPECT_EQ(contents()["m1"]["data"]["text"], "first");
  EXPECT_EQ(write(eve, "eve", "AAAAAAAAAAAAAAAA", 1, put("m2", "another replica"))["results"][0]["status"],
            "applied");
}

TEST_F(ProtocolAttacks, AClockOfTheYear9999DoesNotWinForEver) {
  RawClient eve = member("eve:pc"), bob = member("bob:pc");
  Json forever = put("m1", "for ever");
  forever["ts"] = 253'402'300'799'000;
  EXPECT_EQ(write(eve, "eve", src_a, 1, forever)["results"][0]["status"], "applied");
  EXPECT_LE(contents()["m1"]["ts"].get<std::int64_t>(), now_ms() + limits::max_skew_ms);
  Json later = put("m1", "a minute later");
  later["ts"] = now_ms() + 60'000;
  write(bob, "bob", src_b, 1, later);
  EXPECT_EQ(contents()["m1"]["data"]["text"], "a minute later");
}

TEST_F(ProtocolAttacks, NumbersThatAreNoneAreMalformed) {
  RawClient eve = member("eve:pc");
  for (const char* number :
       {"-1", "9223372036854775808", "1e400", "NaN", "1.5", "\"7\"", "null", "9007199254740992"}) {
    for (const char* name : {"ts", "base"}) {
      const std::string op =
          std::string(R"({"op":"put","id":"m1","data":{"text":"x"},")") + name + "\":" + number + "}";
      EXPECT_EQ(notice_code(eve, "eve", R"({"mutations":[)" + op + "]}"), "malformed") << op;
    }
    for (const char* name : {"since", "snap", "limit", "acked"}) {
      const std::string pull = std::string(R"({"rid":"1",")") + name + "\":" + number + "}";
      EXPECT_EQ(notice_code(eve, "eve", pull, "pull"), "malformed") << pull;
    }
  }
  EXPECT_TRUE(contents().empty());
}

TEST_F(ProtocolAttacks, TwoWritesOnOneVersionGiveTwoVersionsOrOne) {
  RawClient eve = member("eve:pc"), bob = member("bob:pc");
  write(eve, "eve", src_a, 1, put("m1", "one"));
  Json same = put("m1", "two");
  same["base"] = 1;
  write(eve, "eve", src_a, 2, same);
  const Json late = write(bob, "bob", src_b, 1, same)["results"][0];
  const auto version = contents()["m1"]["version"].get<int>();
  EXPECT_EQ(version, late["status"] == "superseded" ? 2 : 3) << late;
  same["base"] = 1000;
  EXPECT_EQ(write(bob, "bob", src_b, 2, same)["results"][0]["error"]["code"], "version_ahead");
}

TEST_F(ProtocolAttacks, CursorsBeyondEverythingAreAnsweredByASnapshot) {
  RawClient eve = member("eve:pc");
  write(eve, "eve", src_a, 1, put("m1", "x"));
  const Json own = {{"epoch", epoch()}};
  for (Json pull :
       {Json({{"since", limits::integer_max}, {"snap", limits::integer_max}}),
        Json(
            {{"since", limits::integer_max}, {"limit", limits::integer_max}, {"acked", limits::integer_max}}),
        Json({{"since", 1}, {"epoch", "9999999999999-ffff"}}), Json({{"since", 1}, {"epoch", "0-0"}})}) {
    pull["rid"] = "1";
    pull["src"] = src_a;
    if (!pull.contains("epoch")) pull["epoch"] = epoch();
    const Json page = ask(eve, "eve", "pull", pull.dump());
    EXPECT_TRUE(page.value("reset", false)) << pull << page;
    EXPECT_EQ(page["epoch"], own["epoch"]);
    EXPECT_EQ(page["head"], 1);
    EXPECT_EQ(page["changes"].size(), 1u);
  }
  EXPECT_EQ(write(eve, "eve", src_a, 2, put("m2", "and goes on"))["results"][0]["status"], "applied");
}

TEST_F(ProtocolAttacks, AnEntityOfAnotherScopeCannotBeReached) {
  RawClient alice = member("alice:pc");
  write(alice, "alice", src_a, 1, put("m1", "alice's"));
  const std::string closed = room;
  room += "-eve";
  RawClient eve = member("eve:pc");
  std::uint64_t n = 0;
  for (const std::string& id :
       std::vector<std::string>{"../" + closed + "/messages/m1", "/m1", "+", "#", "a/b", std::string(), "$m1",
                                std::string(129, 'x'), std::string("a\nb")}) {
    EXPECT_EQ(write(eve, "eve", src_a, ++n, put(id, "eve's"))["results"][0]["error"]["code"], "bad_id") << id;
  }
  for (const char* op : {"put", "patch", "delete"}) {
    write(eve, "eve", src_a, ++n, {{"op", op}, {"id", "m1"}, {"data", {{"text", "eve's"}}}});
  }
  room = closed;
  const Json kept = contents();
  EXPECT_EQ(kept.size(), 1u);
  EXPECT_EQ(kept["m1"]["data"]["text"], "alice's");
  EXPECT_EQ(kept["m1"]["version"], 1);
}

TEST_F(ProtocolAttacks, TextOfSqlAndPathsIsOnlyText) {
  RawClient before = member("alice:pc");
  write(before, "alice", src_a, 1, put("m1", "still here"));
  const std::string ordinary = room;
  for (const char* evil :
       {"'; DROP TABLE entity; --", "\") OR 1=1 --", "..", "%27%3B", "\\x00\\", "a\"b'c`d"}) {
    room = evil;
    RawClient eve = member("eve:pc");
    EXPECT_EQ(write(eve, "eve", src_a, 1, put(evil, evil))["results"][0]["status"], "applied") << evil;
    EXPECT_EQ(contents()[evil]["data"]["text"], evil);
  }
  room = ordinary;
  EXPECT_EQ(contents()["m1"]["data"]["text"], "still here");
}

TEST_F(ProtocolAttacks, BombsAreRefusedQuicklyWithAReason) {
  using namespace std::string_literals;
  RawClient eve = member("eve:pc");
  const auto data = [](const std::string& value) {
    return R"({"mutations":[{"op":"put","id":"m1","data":{"text":)" + value + "}}]}";
  };
  std::string keys;
  for (int i = 0; i < 15'000; ++i) keys += "\"k" + std::to_string(i) + "\":0,";
  const std::string cbor_head = "\xa1\x69mutations";
  for (const std::string& bomb :
       {data(std::string(120'000, '[')), data(std::string(40'000, '[') + std::string(40'000, ']')),
        data("1e999999"), data(std::string(100'000, '9')), data("\"\\ud800\""), data("\"\xff\xfe\""),
        data("\"\xc0\xaf\""), "\xef\xbb\xbf" + data("\"x\""), data("\"x\"") + "\0garbage"s,
        data("\"x\"") + data("\"x\""), R"({"mutations":[],"mutations":[{"op":"noop"}]})"s,
        "{" + keys + "\"k0\":1}", cbor_head + "\x9b\xff\xff\xff\xff\xff\xff\xff\xff",
        cbor_head + std::string(100'000, '\x81'), cbor_head + std::string(100'000, '\xc1'),
        cbor_head + "\x7b\x7f\xff\xff\xff\xff\xff\xff\xff",
        cbor_head + "\x9f" + std::string(100'000, '\x9f')}) {
    const auto begun = now_ms();
    EXPECT_EQ(notice_code(eve, "eve", bomb), "malformed") << testing::PrintToString(bomb.substr(0, 80));
    EXPECT_LT(now_ms() - begun, 2'000) << testing::PrintToString(bomb.substr(0, 80));
  }
  const Json wide = write(eve, "eve", src_a, 1,
                          {{"op", "put"}, {"id", "m1"}, {"data", Json::parse("{" + keys + "\"x\":1}")}});
  EXPECT_EQ(wide["results"][0]["error"]["code"], "invalid");
  EXPECT_LT(wide.dump().size(), 4'096u) << "an answer is not larger than its question";
  EXPECT_TRUE(contents().empty());
}

TEST_F(ProtocolAttacks, OnlyTheirOwnersReadTheFiles) {
  for (const char* name : {"sync.db", "sync.db-wal", "sync.db-shm"}) {
    struct stat file {};
    ASSERT_EQ(stat((broker().folder() / name).c_str(), &file), 0) << name;
    EXPECT_EQ(file.st_mode & 0777, 0600u) << name;
  }
  broker().process().signal(SIGUSR1);  // Mosquitto saves its sessions
  struct stat file {};
  const std::string saved = broker().folder() / "mosquitto.db";
  ASSERT_TRUE(eventually([&] { return stat(saved.c_str(), &file) == 0; }));
  EXPECT_EQ(file.st_mode & 0077, 0u);
}

}  // namespace
}  // namespace msync::test
