// What is posted, made from a real store; and what is remembered of it.
#include "bridge/webhooks/delivery.h"

#include "bridge/retrying_committer.h"
#include "bridge_fixture.h"

namespace msync {
namespace {

class WebhookDelivery : public BridgeFixture {
 protected:
  WebhookDelivery() { webhook.name = "search"; }

  void put(const std::string& id, std::uint64_t n) {
    send(src_a, n, R"([{"op":"put","id":")" + id + R"(","data":{"text":"x"}}])");
  }
  void seen(const std::string& user, const char* src, std::uint64_t seq) {
    commit({inbound(user + ":x",
                    R"({"src":")" + std::string(src) + R"(","epoch":")" + epoch + R"(","seq":)" +
                        std::to_string(seq) + "}",
                    Leaf::seen)});
  }
  Delivery delta(std::uint64_t from, std::optional<std::uint64_t> to = {}) {
    const auto view = reader->view();
    return delta_delivery({webhook, epoch, 5000}, *view, *view->scope("notes/1"), from, to);
  }
  Delivery offline(std::uint64_t to, std::int64_t now_ms = 5000) {
    const auto view = reader->view();
    return offline_delivery({webhook, epoch, now_ms}, *view, *view->scope("notes/1"), to);
  }

  WebhookConfig webhook;
};

TEST_F(WebhookDelivery, ADeltaIsThatOfTheProtocol) {
  put("a", 1);
  put("b", 2);
  const Delivery delivery = delta(0);
  const Json body = Json::parse(delivery.body);
  EXPECT_EQ(body["type"], "delta");
  EXPECT_EQ(body["webhook"], "search");
  EXPECT_EQ(body["collection"], "notes");
  const auto decoded = decode_delta(to_text(body["delta"]));
  ASSERT_TRUE(decoded.ok()) << decoded.error().message;
  EXPECT_EQ(decoded->scope, "notes/1");
  EXPECT_EQ(decoded->epoch, epoch);
  EXPECT_EQ(decoded->changes.size(), 2U);
  EXPECT_EQ(decoded->count, 2U);
  EXPECT_EQ(delivery.to, 2U);
  EXPECT_TRUE(delivery.all);
}

TEST_F(WebhookDelivery, WhatIsSentAgainEndsWhereItEndedAndHasTheSameId) {
  put("a", 1);
  put("b", 2);
  const Delivery first = delta(0);
  put("c", 3);
  put("a", 4);
  const Delivery again = delta(0, 2);
  EXPECT_EQ(again.id, first.id);
  EXPECT_EQ(again.to, 2U);
  EXPECT_FALSE(again.all);
  const auto body = decode_delta(to_text(Json::parse(again.body)["delta"]));
  ASSERT_TRUE(body.ok());
  ASSERT_EQ(body->changes.size(), 1U) << "a has moved on";
  EXPECT_EQ(body->changes[0].id, "b");
  EXPECT_EQ(body->head, 4U);
  EXPECT_FALSE(body->count) << "it is not the head";
  EXPECT_NE(delta(2).id, first.id);
}

TEST_F(WebhookDelivery, WhoIsBehindAndHasReportedIsNamed) {
  put("a", 1);
  put("b", 2);
  seen("alice", src_a, 2);
  seen("bob", src_b, 1);
  const Delivery delivery = offline(2);
  const Json body = Json::parse(delivery.body);
  EXPECT_EQ(body["type"], "offline");
  EXPECT_EQ(body["scope"], "notes/1");
  EXPECT_EQ(body["behind"], 2);
  EXPECT_EQ(body["head"], 2);
  EXPECT_EQ(body["replicas"],
            Json::array({Json{{"user", "bob"}, {"src", src_b}, {"seen", 1}, {"seen_at", at_ms}}}));
  EXPECT_FALSE(body.contains("more"));
}

TEST_F(WebhookDelivery, NobodyIsNamedWhereAllAreThereOrLongGone) {
  put("a", 1);
  EXPECT_TRUE(offline(1).body.empty()) << "alice has written, and never said seen";
  seen("alice", src_a, 1);
  EXPECT_TRUE(offline(1).body.empty());
  put("b", 2);
  EXPECT_FALSE(offline(2).body.empty());
  EXPECT_TRUE(offline(2, at_ms + limits::replica_ttl_ms + 1).body.empty());
}

TEST_F(WebhookDelivery, AListHasAnEndAndSaysSo) {
  put("a", 1);
  for (std::size_t i = 0; i <= limits::webhook_replicas; ++i) seen("u" + std::to_string(i), src_b, 0);
  const Json body = Json::parse(offline(1).body);
  EXPECT_EQ(body["replicas"].size(), limits::webhook_replicas);
  EXPECT_EQ(body["more"], true);
}

TEST_F(WebhookDelivery, CursorsAreStoredAndForgottenWithTheirWebhook) {
  put("a", 1);
  committer.reset();
  RetryingCommitter writer(std::move(store), [this] { return std::move(*open_store(address, 1000)); });
  WebhookProgress progress;
  progress.configured({{{"one", {{webhook_begun_scope, 0}}}, {"two", {{1, 1}}}}, {{"one", "two"}}});
  progress.moved("one", 1, 1);
  progress.moved("one", 1, 4);
  writer.save_webhooks(progress.take(false));
  using CursorMap = std::map<std::int64_t, std::uint64_t>;
  EXPECT_EQ(reader->view()->webhook("one"), (CursorMap{{0, 0}, {1, 4}}));
  progress.configured({{}, {{"one"}}});
  writer.save_webhooks(progress.take(false));
  EXPECT_EQ(reader->view()->webhook("two"), CursorMap());
  EXPECT_EQ(reader->view()->webhook("one").size(), 2U);
}

TEST_F(WebhookDelivery, CursorsAreStoredNowAndThen) {
  WebhookProgress progress;
  progress.moved("one", 1, 1);
  WebhookMarks marks = progress.take(false);
  EXPECT_FALSE(marks.empty());
  progress.moved("one", 1, 2);
  EXPECT_TRUE(progress.take(false).empty()) << "within a second";
  progress.put_back(std::move(marks));
  const auto all = progress.take(true);
  EXPECT_EQ(all.cursors.at("one").at(1), 2U)
      << "what could not be stored does not take the newer one's place";
}

}  // namespace
}  // namespace msync
