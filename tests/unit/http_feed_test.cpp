#include "bridge/http/feed.h"

#include "tests/unit/store_place.h"

namespace msync {
namespace {

/// What a test's client has been told, and whether it takes anything.
struct FakeExchange : Exchange {
  void respond(HttpResponse&& response) override {
    if (answer.status == 0) answer = std::move(response);
  }
  void start_stream(HttpResponse&& head, std::function<void()> when_drained) override {
    answer = std::move(head);
    drained = std::move(when_drained);
  }
  void send(std::shared_ptr<const std::string> part) override { (slow ? waiting : parts).push_back(*part); }
  void end_stream() override { ended = true; }
  std::size_t unsent() const override { return waiting.size(); }
  bool gone() const override { return left; }

  void takes_everything() {
    slow = false;
    parts.insert(parts.end(), waiting.begin(), waiting.end());
    waiting.clear();
    drained();
  }

  HttpResponse answer{.status = 0};
  std::function<void()> drained;
  std::vector<std::string> parts, waiting;
  bool slow = false, ended = false, left = false;
};

class HttpFeedTest : public testing::Test {
 protected:
  HttpFeedTest() {
    auto loaded = Collections::load({{"chat.json",
                                      R"({"type":"object","x-sync":{"topic":"chat/{room}",
                                      "access":[{"allow":["read"],"where":{"room":"$claims.rooms"}}]}})"}});
    collections = std::make_shared<const Collections>(std::move(loaded.collections));
    write("m1");
  }
  void write(const std::string& id, const std::string& topic = "chat/42") {
    store->begin();
    ScopeRow scope = store->scope(topic, "chat");
    Entity entity;
    scope.seq += 1;
    entity.version = entity.seq = scope.seq;
    entity.user = entity.by = "alice";
    entity.data = Json{{"id", id}};
    store->save(scope.id, id, entity, 1000);
    scope.count += 1;
    store->save(scope);
    store->commit();
  }
  std::shared_ptr<const Identity> identity(const std::string& user = "bob") const {
    Identity who;
    who.user = user;
    who.claims = Json{{"rooms", {"42"}}, {"iat", 1}};
    who.expires_at_s = expires_at_s;
    return std::make_shared<const Identity>(who);
  }
  std::shared_ptr<FakeExchange> follows(FeedPosition position = {}, bool stream = true,
                                        std::int64_t wait_ms = 0, const std::string& scope = "chat/42",
                                        const std::string& user = "bob") {
    auto exchange = std::make_shared<FakeExchange>();
    feed.add({exchange, identity(user), scope, std::move(position), 100, stream, time.now_ms() + wait_ms});
    return exchange;
  }
  void run_posted() {
    for (auto& job : std::exchange(posted, {})) job();
  }
  std::string epoch() { return store->identity().epoch; }

  StorePlace place;
  std::unique_ptr<Store> store = place.open();
  std::unique_ptr<StoreReader> reader = place.reader();
  ServerTime time{0};
  std::int64_t expires_at_s = time.now_ms() / 1000 + 3600;
  std::shared_ptr<const Collections> collections;
  std::vector<std::function<void()>> posted;
  Feed feed{*reader, time, epoch(), [this] { return collections; },
            [this](std::function<void()> job) { posted.push_back(std::move(job)); }};
};

TEST_F(HttpFeedTest, AStreamBeginsWithASnapshotAndGoesOn) {
  const auto bob = follows();
  ASSERT_EQ(bob->parts.size(), 1U);
  EXPECT_TRUE(bob->parts[0].starts_with("id: " + epoch() + "/1\nevent: delta\ndata: {")) << bob->parts[0];
  feed.touched("chat/42");
  EXPECT_EQ(bob->parts.size(), 1U) << "nothing new";
  write("m2");
  feed.touched("chat/43");
  EXPECT_EQ(bob->parts.size(), 1U) << "another scope";
  feed.touched("chat/42");
  ASSERT_EQ(bob->parts.size(), 2U);
  EXPECT_NE(bob->parts[1].find("\"m2\""), std::string::npos);
  EXPECT_EQ(bob->parts[1].find("\"m1\""), std::string::npos);
}

TEST_F(HttpFeedTest, ASlowReaderGetsOneLargerPageWhenItHasTakenTheLast) {
  const auto slow = follows({epoch(), 1, 0}), quick = follows({epoch(), 1, 0});
  slow->slow = true;
  for (const char* id : {"m2", "m3", "m4"}) {
    write(id);
    feed.touched("chat/42");
  }
  EXPECT_EQ(quick->parts.size(), 3U);
  EXPECT_EQ(slow->waiting.size(), 1U);
  slow->takes_everything();
  run_posted();
  ASSERT_EQ(slow->parts.size(), 2U);
  EXPECT_NE(slow->parts[1].find("\"m3\""), std::string::npos);
  EXPECT_NE(slow->parts[1].find("\"m4\""), std::string::npos);
}

TEST_F(HttpFeedTest, ALongPollIsAnsweredByWhatComesOrByTime) {
  const auto poll = follows({epoch(), 1, 0}, false, 60'000);
  const auto brief = follows({epoch(), 1, 0}, false, 0);
  EXPECT_EQ(poll->answer.status, 0);
  EXPECT_EQ(brief->answer.status, 200) << "it does not wait";
  EXPECT_EQ(feed.size(), 1U);
  feed.tick();
  EXPECT_EQ(poll->answer.status, 0);
  write("m2");
  feed.touched("chat/42");
  ASSERT_EQ(poll->answer.status, 200);
  EXPECT_EQ(parse_json(poll->answer.body)->at("changes")[0]["id"], "m2");
  EXPECT_EQ(feed.size(), 0U);
}

TEST_F(HttpFeedTest, AnEmptyScopeIsAPositionToo) {
  const auto first = follows({}, false, 60'000, "chat/42x");
  EXPECT_EQ(first->answer.status, 403);
  collections = std::make_shared<const Collections>(
      Collections::load(
          {{"chat.json",
            R"({"type":"object","x-sync":{"topic":"chat/{room}","access":[{"allow":["read"]}]}})"}})
          .collections);
  const auto snapshot = follows({}, false, 60'000, "chat/new");
  ASSERT_EQ(snapshot->answer.status, 200);
  EXPECT_EQ(parse_json(snapshot->answer.body)->at("head"), 0);
  const auto waits = follows({epoch(), 0, 0}, false, 60'000, "chat/new");
  EXPECT_EQ(waits->answer.status, 0) << "it has what there is";
}

TEST_F(HttpFeedTest, EveryPageIsJudged) {
  const auto stream = follows({epoch(), 1, 0});
  const auto poll = follows({epoch(), 1, 0}, false, 60'000);
  store->begin();
  store->save_revocation({"bob", "", time.now_ms() / 1000, expires_at_s});
  store->commit();
  write("m2");
  feed.touched("chat/42");
  EXPECT_TRUE(stream->ended);
  ASSERT_EQ(stream->parts.size(), 1U);
  EXPECT_EQ(stream->parts[0], "event: end\ndata: {\"code\":\"denied\"}\n\n");
  EXPECT_EQ(poll->answer.status, 403);
  EXPECT_EQ(feed.size(), 0U);
}

TEST_F(HttpFeedTest, AnEndedTokenEndsItsStream) {
  expires_at_s = time.now_ms() / 1000;
  const auto late = follows({epoch(), 1, 0});
  EXPECT_TRUE(late->ended);
  EXPECT_EQ(feed.size(), 0U);
}

TEST_F(HttpFeedTest, WhoHasLeftIsForgotten) {
  const auto bob = follows();
  bob->left = true;
  feed.tick();
  EXPECT_EQ(feed.size(), 0U);
}

TEST_F(HttpFeedTest, OneUserHasSoManyStreams) {
  std::vector<std::shared_ptr<FakeExchange>> all;
  for (std::size_t i = 0; i < limits::http_streams_per_user; ++i) all.push_back(follows());
  EXPECT_EQ(follows()->answer.status, 429);
  EXPECT_EQ(follows({}, true, 0, "chat/42", "carol")->answer.status, 200);
  all.front()->left = true;
  feed.tick();
  EXPECT_EQ(follows()->answer.status, 200);
}

TEST_F(HttpFeedTest, AnEarlierEpochMeansASnapshot) {
  const auto bob = follows({"1-old", 1, 0}, false, 60'000);
  ASSERT_EQ(bob->answer.status, 200);
  EXPECT_EQ(parse_json(bob->answer.body)->at("reset"), true);
}

TEST(FeedPositionTest, AsText) {
  EXPECT_EQ(to_string(FeedPosition{"1-a", 7, 0}), "1-a/7");
  EXPECT_EQ(to_string(FeedPosition{"1-a", 7, 9}), "1-a/7/9");
  EXPECT_EQ(*parse_position("1-a/7"), (FeedPosition{"1-a", 7, 0}));
  EXPECT_EQ(*parse_position("1-a/7/9"), (FeedPosition{"1-a", 7, 9}));
  for (const char* text : {"", "1-a", "/7", "1-a/", "1-a/x", "1-a/7/", "1-a/7/9/1", "1-a/-7"})
    EXPECT_FALSE(parse_position(text).ok()) << text;
}

}  // namespace
}  // namespace msync
