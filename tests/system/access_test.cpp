// Who may do what, seen from outside: tokens, client ids, topics, stamps, wills.

#include "core/base64url.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Access : World {
  // A client with this id and token that subscribes to the status and ends at the first message: its exit code.
  int connect(const std::string& id, const std::string& password, const std::string& user = "alice",
              const std::string& version = "mqttv5") {
    std::vector<std::string> command = {"mosquitto_sub",
                                        "-h",
                                        "127.0.0.1",
                                        "-p",
                                        std::to_string(broker.port()),
                                        "-V",
                                        version,
                                        "-i",
                                        id,
                                        "-t",
                                        "sync/status",
                                        "-C",
                                        "1",
                                        "-W",
                                        "5"};
    if (!password.empty()) command.insert(command.end(), {"-u", user, "-P", password});
    return run(command).code;
  }
};

// mosquitto_sub's exit code is the CONNACK's reason: 0x87 in MQTT 5, 5 in 3.1.1.
constexpr int refused_v5 = 0x87;
constexpr int refused_v311 = 5;

TEST_F(Access, ATokenLetsItsUserInAndNothingElseDoes) {
  EXPECT_EQ(connect("alice:x", token("alice")), 0);
  EXPECT_EQ(connect("alice:x", token("alice"), "alice", "mqttv311"), 0);
  EXPECT_EQ(connect("alice:x", ""), refused_v5);
  EXPECT_EQ(connect("alice:x", "", "", "mqttv311"), refused_v311);
  EXPECT_EQ(connect("alice:x", "password"), refused_v5);
  EXPECT_EQ(connect("alice:x", token("alice"), "bob"), refused_v5);
  EXPECT_EQ(connect("alice:x", token("bob")), refused_v5);
}

TEST_F(Access, AnExpiredATamperedAndAnUnsignedTokenAreRefused) {
  const auto now = now_ms() / 1000;
  EXPECT_EQ(connect("alice:x", Broker::token("alice", R"({"exp":)" + std::to_string(now - 60) + "}")),
            refused_v5);
  std::string tampered = token("alice");
  const auto middle = tampered.find('.') + 5;
  tampered[middle] = tampered[middle] == 'A' ? 'B' : 'A';
  EXPECT_EQ(connect("alice:x", tampered), refused_v5);
  std::string cut = token("alice");
  cut.pop_back();
  EXPECT_EQ(connect("alice:x", cut), refused_v5);
  const std::string claims = R"({"sub":"alice","rooms":["42"],"exp":)" + std::to_string(now + 60) + "}";
  for (const char* alg : {"none", "None", "nOnE"}) {
    const std::string head = std::string(R"({"typ":"JWT","alg":")") + alg + "\"}";
    EXPECT_EQ(connect("alice:x", base64url_encode(head) + "." + base64url_encode(claims) + "."), refused_v5)
        << alg;
  }
}

TEST_F(Access, AClientIdMustBeTheUsersOwn) {
  for (const std::string& id : {std::string("alice"), std::string("bob:x"), std::string("alice:"),
                                std::string("alice:x y"), std::string("mosquitto-sync:bridge"),
                                "alice:" + std::string(65, 'x'), "alice:" + std::string(60'000, 'x')}) {
    EXPECT_EQ(connect(id, token("alice")), refused_v5) << id.substr(0, 40);
  }
  EXPECT_NE(broker.log().find("client id"), std::string::npos) << "the reason is in the log:\n"
                                                               << broker.log();
}

TEST_F(Access, AnEmptyClientIdIsRefused) {
  EXPECT_NE(connect("", token("alice")), 0);
  EXPECT_NE(connect("", token("alice"), "alice", "mqttv311"), 0);
}

TEST_F(Access, NobodyCanTakeOverTheBridge) {
  auto& a = phone("alice:a");
  const std::string forged = Broker::token("mosquitto-sync", R"({"roles":["bridge"]})");
  EXPECT_EQ(connect("mosquitto-sync:bridge", token("alice")), refused_v5);
  EXPECT_EQ(connect("mosquitto-sync:bridge", forged + "x", "mosquitto-sync"), refused_v5);
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "the bridge still hears"}})), "applied");
}

TEST_F(Access, WithoutTheRightAWriteIsDeniedAndNotStored) {
  claims["eve"] = R"({"rooms":["7"]})";
  auto& eve = new_phone("eve:e", {.scopes = {"chat/7/messages"}});
  ASSERT_TRUE(eventually([&] { return eve.settled(); }));
  const std::string write = R"({"mutations":[{"op":"put","id":"m1","data":{"text":"x"}}]})";
  EXPECT_EQ(eve.sends("chat/42/messages/in", write).reason, 0x87);
  const Notice told = notice(eve, Code::denied);
  EXPECT_EQ(told.topic, "chat/42/messages/in");
  EXPECT_EQ(eve.sends("chat/42/messages/pull", R"({"rid":"1","since":0})").reason, 0x87);
  EXPECT_EQ(outcome(eve, eve.writes("m1", {{"text", "in my own room"}})), "applied");
  EXPECT_EQ(eve.disconnections(), 0);
  EXPECT_EQ(server(), "");
}

TEST_F(Access, AReaderWithoutTheRightReceivesNothing) {
  claims["eve"] = R"({"rooms":["7"]})";
  auto& a = phone("alice:a");
  Process spy(
      client("mosquitto_sub", "eve:spy", {"-v", "-t", "chat/+/messages/log", "-t", "chat/7/messages/log"}));
  auto& eve = new_phone("eve:e", {.scopes = {"chat/7/messages"}});
  ASSERT_TRUE(eventually([&] { return eve.settled(); }));
  EXPECT_EQ(outcome(a, a.writes("secret", {{"text", "for room 42"}})), "applied");
  EXPECT_EQ(outcome(eve, eve.writes("open", {{"text", "for room 7"}})), "applied");
  ASSERT_TRUE(eventually([&] { return spy.out().find("for room 7") != std::string::npos; })) << spy.err();
  EXPECT_EQ(spy.out().find("for room 42"), std::string::npos) << spy.out();
}

TEST_F(Access, ATopicOfNoCollectionIsLeftToMosquittoAndReservedOnesAreDenied) {
  auto& a = phone("alice:a");
  for (const char* topic :
       {"chat/42/messages/log", "sync/status", "sync/alice:a/notice", "sync/bob:b/ack/chat/42/messages",
        "sync/anything", "$SYS/x", "$CONTROL/dynamic-security/v1", "chat/42/messages/doc/m1"}) {
    const auto done = a.sends(topic, "{}");
    EXPECT_EQ(done.reason, 0x87) << topic;
  }
  EXPECT_EQ(a.disconnections(), 0) << a.last_disconnection();
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "fine"}})), "applied");
}

TEST_F(Access, AForgedStampIsDenied) {
  auto& a = phone("alice:a");
  const std::string write = R"({"mutations":[{"op":"put","id":"m1","data":{"text":"as bob"}}]})";
  EXPECT_EQ(a.sends("chat/42/messages/in", write, false, {{"sync-user", "bob"}}).reason, 0x87);
  EXPECT_EQ(a.sends("chat/42/messages/in", write, false, {{"sync-anything", "x"}}).reason, 0x87);
  notice(a, Code::denied);
  EXPECT_EQ(outcome(a, a.writes("m2", {{"text", "as myself"}})), "applied");
  settle();
  EXPECT_EQ(a.replica().documents().size(), 1u);
}

TEST_F(Access, RetainedInputIsRefused) {
  auto& a = phone("alice:a");
  const std::string write = R"({"mutations":[{"op":"put","id":"m1","data":{"text":"for ever"}}]})";
  EXPECT_NE(a.sends("chat/42/messages/in", write, true).reason, 0);
  EXPECT_EQ(outcome(a, a.writes("m2", {{"text", "x"}})), "applied");
  settle();
  EXPECT_EQ(a.replica().documents().size(), 1u);
}

TEST_F(Access, AWillThatWritesIsNotBelieved) {
  auto& a = phone("alice:a");
  const std::string write = R"({"mutations":[{"op":"put","id":"will","data":{"text":"from the grave"}}]})";
  Process dying(client("mosquitto_sub", "alice:dying",
                       {"-V", "mqttv5", "-t", "sync/alice:dying/#", "-t", "sync/status", "--will-topic",
                        "chat/42/messages/in", "--will-qos", "1", "--will-payload", write}));
  ASSERT_TRUE(eventually([&] { return !dying.out().empty(); })) << dying.err();
  dying.kill_hard();
  ASSERT_TRUE(eventually([&] {
    const std::string log = broker.log();
    return log.find("alice:dying closed") != log.npos || log.find("alice:dying, disconnecting") != log.npos;
  })) << broker.log();
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "from the living"}})), "applied");
  settle();
  EXPECT_EQ(a.replica().documents().size(), 1u) << dump(a);
}

TEST_F(Access, TheRoleThatACollectionAsksForDecides) {
  claims["ed"] = R"({"roles":["editor"]})";
  auto& editor = new_phone("ed:desk", {.scopes = {"catalog/books"}});
  auto& reader = new_phone("alice:a", {.scopes = {"catalog/books"}});
  ASSERT_TRUE(eventually([&] { return editor.settled() && reader.settled(); }));
  const Json any = {{"name", "x"}};
  EXPECT_NE(outcome(editor, editor.writes("b1", any)), "");
  EXPECT_EQ(reader.sends("catalog/books/in", R"({"mutations":[{"op":"delete","id":"b1"}]})").reason, 0x87);
}

}  // namespace
}  // namespace msync::test
