// A backend over HTTP and phones over MQTT on the same entities.
#include "tests/system/http_world.h"

#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

namespace msync::test {
namespace {

TEST_F(Http, ABackendAndTwoPhonesEditTheSameEntity) {
  phone("a").writes("m1", {{"text", "from a"}});
  settle();
  const HttpAnswer seen = gets("/docs/m1");
  EXPECT_EQ(seen.status, 200);
  EXPECT_EQ(seen.json(), Json({{"text", "from a"}}));
  EXPECT_EQ(seen.header("ETag"), "\"1\"");
  const HttpAnswer put = puts("m1", {{"text", "from the backend"}}, {"If-Match: \"1\""});
  EXPECT_EQ(put.status, 200);
  EXPECT_EQ(put.header("ETag"), "\"2\"");
  EXPECT_TRUE(eventually([&] { return phone("a").holds("m1") == Json({{"text", "from the backend"}}); }));
  EXPECT_TRUE(eventually([&] { return phone("bob:b").holds("m1") == Json({{"text", "from the backend"}}); }));
  phone("bob:b").patches("m1", {{"likes", {{"$inc", 2}}}});
  settle();
  EXPECT_EQ(puts("m1", {{"text", "too late"}}, {"If-Match: \"2\""}).status, 412);
  EXPECT_EQ(patches("m1", {{"likes", {{"$inc", 1}}}}, {"Idempotency-Key: k1"}).status, 200);
  EXPECT_TRUE(eventually([&] { return phone("a").holds("m1")["likes"] == 3; }));
  EXPECT_EQ(deletes("m1", {"If-Match: \"4\""}).status, 204);
  EXPECT_EQ(gets("/docs/m1").status, 404);
  EXPECT_TRUE(eventually([&] { return phone("a").holds("m1").is_null(); }));
  settle();
  EXPECT_EQ(dump(phone("a")), server());
}

TEST_F(Http, CreateOnlyAndBlindWrites) {
  EXPECT_EQ(puts("m1", {{"text", "one"}}, {"If-None-Match: *"}).status, 201);
  EXPECT_EQ(puts("m1", {{"text", "two"}}, {"If-None-Match: *"}).status, 412);
  EXPECT_EQ(puts("m1", {{"text", "three"}}).status, 200);
  EXPECT_EQ(puts("m2", {{"text", "new"}}).status, 201);
  EXPECT_EQ(patches("m3", {{"text", "of nothing"}}).status, 404);
  EXPECT_EQ(puts("m3", {{"text", "of nothing"}}, {"If-Match: *"}).status, 412);
  EXPECT_EQ(deletes("m2").status, 204);
  EXPECT_EQ(puts("m2", {{"text", "again"}}, {"If-None-Match: *"}).status, 201);
}

TEST_F(Http, WhatDoesNotFitIsRefusedAsOverMqtt) {
  const HttpAnswer answer = puts("m1", {{"words", "no text"}});
  EXPECT_EQ(answer.status, 422);
  EXPECT_EQ(answer.header("Content-Type"), "application/problem+json");
  EXPECT_EQ(answer.json()["code"], "invalid");
  EXPECT_EQ(patches("m1", {{"likes", {{"$inc", 1}}}}).status, 400) << "operators without a key";
  EXPECT_EQ(gets("/docs/m1").status, 404);
}

TEST_F(Http, ARepeatWithItsKeyIsAnsweredNotRepeated) {
  EXPECT_EQ(puts("m1", {{"text", "x"}}).status, 201);
  const std::vector<std::string> key{"Idempotency-Key: 0f3e7c1a"};
  const HttpAnswer first = patches("m1", {{"likes", {{"$inc", 1}}}}, key);
  EXPECT_EQ(first.status, 200);
  bridge.restart();
  const HttpAnswer again = patches("m1", {{"likes", {{"$inc", 1}}}}, key);
  EXPECT_EQ(again.status, 200);
  EXPECT_EQ(again.body, first.body);
  EXPECT_EQ(again.header("ETag"), first.header("ETag"));
  EXPECT_EQ(gets("/docs/m1").json()["likes"], 1);
  EXPECT_EQ(patches("m1", {{"likes", {{"$inc", 5}}}}, key).status, 422) << "the same key for something else";
  EXPECT_EQ(puts("m9", {{"text", "x"}}, {key[0], "If-None-Match: *"}, "carol").status, 201)
      << "another user's key";
}

TEST_F(Http, AListingComesInPages) {
  std::vector<std::string> expected;
  for (int i = 10; i < 35; ++i) {
    phone("a").writes("m" + std::to_string(i), {{"text", std::to_string(i)}});
    expected.push_back("m" + std::to_string(i));
  }
  settle();
  std::vector<std::string> found;
  std::string after;
  for (int page = 0; page < 10; ++page) {
    const Json body = gets("/docs?limit=10" + (after.empty() ? "" : "&after=" + after)).json();
    EXPECT_EQ(body["count"], 25);
    for (const Json& document : body["documents"]) found.push_back(document["id"]);
    if (!body.contains("next")) break;
    after = body["next"];
  }
  EXPECT_EQ(found, expected);
}

TEST_F(Http, ChangesComeAsADeltaAndALongPollWaitsForTheNext) {
  EXPECT_EQ(puts("m1", {{"text", "one"}}).status, 201);
  const Json first = gets("/changes").json();
  EXPECT_EQ(first["reset"], true);
  EXPECT_EQ(first["changes"][0]["id"], "m1");
  const std::string from = "/changes?since=" + std::to_string(first["to"].get<int>()) +
                           "&epoch=" + first["epoch"].get<std::string>();
  auto waiting = web.stream({.path = room + from, .token = token("backend"), .headers = {"Prefer: wait=30"}});
  EXPECT_EQ(gets(from).json().value("changes", Json::array()).size(), 0U) << "without Prefer nothing waits";
  phone("a").writes("m2", {{"text", "two"}});
  settle();
  EXPECT_EQ(waiting->wait(), 0);
  EXPECT_NE(waiting->out().find("\"m2\""), std::string::npos);
  EXPECT_EQ(waiting->out().find("\"m1\""), std::string::npos);
}

TEST_F(Http, AStreamGoesOnWhereItStopped) {
  EXPECT_EQ(puts("m1", {{"text", "one"}}).status, 201);
  auto first = follows();
  EXPECT_TRUE(eventually([&] { return events_of(first->out()).size() == 1; }));
  phone("a").writes("m2", {{"text", "two"}});
  EXPECT_TRUE(eventually([&] { return events_of(first->out()).size() == 2; }));
  const HttpEvent last = events_of(first->out()).back();
  EXPECT_NE(last.data.find("\"m2\""), std::string::npos);
  first->kill_hard();
  phone("a").writes("m3", {{"text", "three"}});
  settle();
  bridge.restart();
  auto second = follows(last.id);
  EXPECT_TRUE(eventually([&] { return !events_of(second->out()).empty(); }));
  const Json delta = *parse_json(events_of(second->out())[0].data);
  EXPECT_FALSE(delta.contains("reset"));
  ASSERT_EQ(delta["changes"].size(), 1U);
  EXPECT_EQ(delta["changes"][0]["id"], "m3");
}

TEST_F(Http, AStreamEndsWithItsToken) {
  claims["brief"] = R"({"rooms":["42"],"exp":)" + std::to_string(time(nullptr) + 3) + "}";
  auto stream = follows({}, "brief");
  EXPECT_EQ(stream->wait(), 0);
  ASSERT_FALSE(events_of(stream->out()).empty());
  EXPECT_EQ(events_of(stream->out()).back().name, "end");
  EXPECT_EQ(events_of(stream->out()).back().data, R"({"code":"token"})");
}

TEST_F(Http, WhoIsRevokedHearsNothingMore) {
  auto stream = follows({}, "carol");
  EXPECT_TRUE(eventually([&] { return events_of(stream->out()).size() == 1; }));
  const auto revoked = run({MSYNC_BUILD_DIR "/mosquitto-sync", "revoke", "--broker", broker.url(),
                            "--secret-file", broker.secret_file(), "--user", "carol"});
  EXPECT_EQ(revoked.code, 0) << revoked.err;
  EXPECT_TRUE(eventually([&] { return web.get(room + "/docs", token("carol")).status == 403; }));
  phone("a").writes("m1", {{"text", "not for carol"}});
  EXPECT_EQ(stream->wait(), 0);
  EXPECT_EQ(stream->out().find("not for carol"), std::string::npos);
}

TEST_F(Http, NobodyGetsWhatHisTokenDoesNotGrant) {
  EXPECT_EQ(puts("m1", {{"text", "one"}}).status, 201);
  claims["eve"] = R"({"rooms":["7"]})";
  claims["mo"] = R"({"roles":["moderator"]})";
  for (const char* path : {"/docs/m1", "/docs", "/changes", "/history/m1"}) {
    EXPECT_EQ(web.get(room + path).status, 401) << path;
    EXPECT_EQ(web.get(room + path, token("eve")).status, 403) << path;
    EXPECT_EQ(web.get(room + path, token("eve") + "x").status, 401) << path;
    EXPECT_EQ(web.get(room + path, token("mo")).status, 200) << path;
  }
  EXPECT_EQ(puts("m2", {{"text", "x"}}, {}, "mo").status, 403);
  EXPECT_EQ(puts("m2", {{"text", "x"}}, {}, "eve").status, 403);
  EXPECT_EQ(web.get("/v1/scopes/nothing%2Fhere/docs", token("eve")).status, 404);
  EXPECT_EQ(web.get("/v1/scopes/chat%2F42%2Fmessages%2Flog/docs", token("backend")).status, 404);
  EXPECT_EQ(web.get("/v1/scopes/sync%2Fstatus/docs", token("backend")).status, 404);
}

TEST_F(Http, HealthAndReadiness) {
  EXPECT_EQ(web.get("/healthz").status, 200);
  EXPECT_EQ(web.get("/readyz").status, 200);
  broker.stop();
  EXPECT_TRUE(eventually([&] { return web.get("/readyz").status == 503; }));
  EXPECT_EQ(web.get("/readyz").json(), Json({{"broker", false}, {"store", true}}));
  EXPECT_EQ(web.get("/healthz").status, 200);
  EXPECT_EQ(puts("m1", {{"text", "x"}}).status, 503);
  EXPECT_EQ(gets("/docs").status, 200) << "reads go on";
  broker.start();
  EXPECT_TRUE(eventually([&] { return web.get("/readyz").status == 200; }, 30'000));
  EXPECT_EQ(puts("m1", {{"text", "x"}}).status, 201);
}

TEST_F(Http, BadInputIsRefused) {
  const auto status = [&](const std::string& path) { return web.get(path, token("backend")).status; };
  EXPECT_EQ(status("/v1/scopes/chat%2"), 404);
  EXPECT_EQ(status("/v1/scopes/chat%2/docs"), 400);
  EXPECT_EQ(status(room + "/docs/%00"), 400);
  EXPECT_EQ(status(room + "/docs/a%2Fb"), 400);
  EXPECT_EQ(status(room + "/docs/%ff"), 400);
  EXPECT_EQ(status(room + "/docs?limit=0"), 400);
  EXPECT_EQ(status(room + "/docs?limit=x"), 400);
  EXPECT_EQ(status(room + "/docs?limit=1&limit=2"), 400);
  EXPECT_EQ(status("/v1/../healthz"), 404);
  EXPECT_EQ(status("/..%2f..%2fetc/passwd"), 404);
  EXPECT_EQ(status("/nothing"), 404);
  EXPECT_EQ(status("/v1/scopes/" + std::string(9000, 'a') + "/docs"), 400);
  EXPECT_EQ(status("/" + std::string(40'000, 'a')), 431);
  EXPECT_EQ(
      web.ask({.method = "POST", .path = room + "/docs/m1", .token = token("backend"), .body = "{}"}).status,
      405);
  EXPECT_EQ(
      web.ask({.method = "PUT", .path = room + "/docs", .token = token("backend"), .body = "{}"}).status,
      405);
  EXPECT_EQ(
      web.ask({.method = "PUT", .path = room + "/docs/m1", .token = token("backend"), .body = "{"}).status,
      400);
  EXPECT_EQ(web.ask({.method = "PUT",
                     .path = room + "/docs/m1",
                     .token = token("backend"),
                     .body = R"({"a":1,"a":2})"})
                .status,
            400);
  EXPECT_EQ(web.ask({.method = "PUT",
                     .path = room + "/docs/m1",
                     .token = token("backend"),
                     .body = std::string(300'000, ' ')})
                .status,
            413);
  EXPECT_EQ(web.ask({.method = "PUT",
                     .path = room + "/docs/m1",
                     .token = token("backend"),
                     .headers = {"Content-Type: text/plain"},
                     .body = "{}"})
                .status,
            415);
  EXPECT_EQ(puts("m1", {{"text", "x"}}, {"If-Match: W/\"1\""}).status, 400);
  EXPECT_EQ(puts("m1", {{"text", "x"}}, {"If-Match: \"1\"", "If-None-Match: *"}).status, 400);
  EXPECT_EQ(web.get("/healthz").status, 200);
}

TEST_F(Http, OtherOriginsAreLeftToTheBrowserUnlessTheyAreNamed) {
  const auto from = [&](const std::string& origin, const std::string& method) {
    return web.ask({.method = method,
                    .path = room + "/docs",
                    .token = token("backend"),
                    .headers = {"Origin: " + origin}});
  };
  EXPECT_EQ(from("https://app.example.com", "GET").header("Access-Control-Allow-Origin"),
            "https://app.example.com");
  EXPECT_EQ(from("https://evil.example.com", "GET").header("Access-Control-Allow-Origin"), "");
  EXPECT_EQ(from("https://app.example.com", "OPTIONS").status, 204);
  EXPECT_EQ(from("https://evil.example.com", "OPTIONS").status, 403);
}

TEST_F(Http, WhoIsSlowIsCutOffAndHoldsNobodyUp) {
  const std::string socket = "exec 3<>/dev/tcp/127.0.0.1/" + std::to_string(web.port()) + "; ";
  const std::string asks = "printf 'GET /healthz HTTP/1.1\\r\\nHost: x\\r\\n'";
  std::vector<std::unique_ptr<Process>> slow;
  for (int i = 0; i < 50; ++i)  // half a head, and then nothing
    slow.push_back(std::make_unique<Process>(
        std::vector<std::string>{"bash", "-c", socket + asks + " >&3; cat <&3; echo closed"}));
  for (int i = 0; i < 50; ++i)  // nothing at all
    slow.push_back(
        std::make_unique<Process>(std::vector<std::string>{"bash", "-c", socket + "cat <&3; echo closed"}));
  EXPECT_EQ(web.get("/healthz").status, 200);
  for (const auto& one : slow) EXPECT_EQ(one->wait(60'000), 0);
  for (const auto& one : slow) EXPECT_EQ(one->out(), "closed\n");
}

/// A connection that says nothing; closed with this object.
class IdleConnection {
 public:
  explicit IdleConnection(int port) : socket_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address = {};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    connected_ = ::connect(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
  }
  ~IdleConnection() { ::close(socket_); }
  IdleConnection(const IdleConnection&) = delete;
  IdleConnection& operator=(const IdleConnection&) = delete;
  /// The server has closed it.
  bool ended() const {
    char byte;
    return !connected_ || ::recv(socket_, &byte, 1, MSG_DONTWAIT) == 0;
  }

 private:
  int socket_;
  bool connected_ = false;
};

TEST_F(Http, IdleConnectionsAreBounded) {
  rlimit files = {};
  ::getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  ::setrlimit(RLIMIT_NOFILE, &files);
  if (files.rlim_cur < limits::http_connections + 200) GTEST_SKIP() << "too few files may be open here";
  std::vector<std::unique_ptr<IdleConnection>> all;
  for (std::size_t i = 0; i < limits::http_connections; ++i)
    all.push_back(std::make_unique<IdleConnection>(web.port()));
  EXPECT_FALSE(all.front()->ended());
  EXPECT_TRUE(eventually([&] { return IdleConnection(web.port()).ended(); })) << "one more than there may be";
  all.resize(all.size() - 10);
  EXPECT_TRUE(eventually([&] { return web.get("/healthz").status == 200; }));
  EXPECT_EQ(puts("m1", {{"text", "x"}}).status, 201);
}

}  // namespace
}  // namespace msync::test
