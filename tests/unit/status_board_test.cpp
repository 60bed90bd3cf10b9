// What the status page shows, and what is counted in the store for it and for the metrics.
#include "bridge/status_board.h"

#include <thread>

#include "bridge/web_files.h"
#include "bridge_fixture.h"

using namespace msync;

namespace {

/// A store that a test can make unreadable.
class FailingReader final : public StoreReader {
 public:
  FailingReader(std::unique_ptr<StoreReader> real, const std::atomic<bool>& fails)
      : real_(std::move(real)), fails_(fails) {}
  std::unique_ptr<View> view() override {
    if (fails_) throw StoreError(StoreError::Kind::unreadable, "the disk does not answer");
    return real_->view();
  }

 private:
  std::unique_ptr<StoreReader> real_;
  const std::atomic<bool>& fails_;
};

class StatusTest : public BridgeFixture {
 protected:
  std::string put(const char* id) const {
    return std::string(R"([{"op":"put","id":")") + id + R"(","data":{"text":"x"}}])";
  }
  std::string removed(const char* id) const {
    return std::string(R"([{"op":"delete","id":")") + id + R"(","base":1}])";
  }

  /// A replica says that it has come this far.
  void report(const std::string& client, const char* src, std::uint64_t seq,
              const std::string& scope = "notes/1") {
    commit({inbound(
        client, R"({"epoch":")" + epoch + R"(","src":")" + src + R"(","seq":)" + std::to_string(seq) + "}",
        Leaf::seen, scope)});
  }

  /// After so many samples of a store that is sampled each time.
  Json after_samples(std::uint64_t samples) {
    StatusBoard::Parts parts{
        metrics, rejections,
        time,    std::make_unique<FailingReader>(std::move(*open_reader(address)), unreadable),
        address, "mqtt://127.0.0.1:1",
        "1.2.3", epoch,
        sampled, 1,
        0};
    board = std::make_unique<StatusBoard>(std::move(parts));
    std::thread thread([this] { board->run(); });
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    while (board->samples() < samples && std::chrono::steady_clock::now() < until) std::this_thread::yield();
    board->stop();
    thread.join();
    EXPECT_GE(board->samples(), samples);
    return Json::parse(board->json());
  }

  Metrics metrics;
  Rejections rejections;
  ServerTime time{0};
  std::atomic<bool> unreadable = false;
  std::unique_ptr<StatusBoard> board;
  std::function<void()> sampled;  // after each sample, on the board's thread
};

}  // namespace

TEST_F(StatusTest, ShowsWhatIsThere) {
  send(src_a, 1, put("a"));
  send(src_a, 2, put("b"));
  send(src_a, 3, removed("b"));
  at_ms = time.now_ms() - 1000;
  report("alice:phone", src_a, 3);
  report("bob:pc", src_b, 1);
  const Json status = after_samples(2);
  EXPECT_EQ(status["version"], "1.2.3");
  EXPECT_EQ(status["broker"]["connected"], false);
  EXPECT_EQ(status["store"]["readable"], true);
  EXPECT_EQ(status["store"]["documents"], 1);
  EXPECT_EQ(status["store"]["tombstones"], 1);
  EXPECT_GT(status["store"]["bytes"], 0);
  ASSERT_EQ(status["scopes"].size(), 1U);
  EXPECT_EQ(status["scopes"][0],
            (Json{{"topic", "notes/1"}, {"collection", "notes"}, {"seq", 3}, {"count", 1}, {"readers", 2}}));
  EXPECT_EQ(status["replicas"]["synced"], 1);
  EXPECT_EQ(status["replicas"]["behind"]["1h"], 1);
  ASSERT_EQ(status["replicas"]["rows"].size(), 2U);
  EXPECT_EQ(status["replicas"]["rows"][0]["user"], "bob") << "who is behind comes first";
  EXPECT_EQ(status["replicas"]["rows"][0]["behind"], 2);
  EXPECT_GE(status["rates"]["at_ms"].size(), 2U);
  EXPECT_EQ(status["rates"]["ack_p99_ms"][0], Json()) << "of nothing there is none";
}

TEST_F(StatusTest, WhoHasNotBeenHeardOfForLongIsOnlyCounted) {
  send(src_a, 1, put("a"));
  at_ms = time.now_ms() - limits::replica_ttl_ms - 1000;
  report("bob:old", src_b, 0);
  const Json replicas = after_samples(1)["replicas"];
  EXPECT_EQ(replicas["behind"]["older"], 1);
  EXPECT_TRUE(replicas["rows"].empty());
}

TEST_F(StatusTest, AConflictIsShownWithoutTheDocuments) {
  send(src_a, 1, put("a"));
  send(src_b, 1, R"([{"op":"put","id":"a","data":{"text":"secret"},"base":0}])", "bob:pc");
  after_samples(1);
  const Json status = Json::parse(board->json());
  ASSERT_EQ(status["conflicts"].size(), 1U);
  EXPECT_EQ(status["conflicts"][0]["user"], "bob");
  EXPECT_EQ(status["conflicts"][0]["against"], "alice");
  EXPECT_EQ(status["conflicts"][0]["id"], "a");
  EXPECT_EQ(board->json().find("secret"), std::string::npos);
}

TEST_F(StatusTest, ARejectionIsShownWithItsReasonAndPlace) {
  Committed done = commit({inbound("eve:pc", in(src_b, 1, R"([{"op":"put","id":"m1","data":{"text":7}}])"))});
  ASSERT_EQ(done.rejections.size(), 1U);
  rejections.add(std::move(done.rejections));
  const Json shown = after_samples(1)["rejections"];
  ASSERT_EQ(shown.size(), 1U);
  EXPECT_EQ(shown[0]["user"], "eve");
  EXPECT_EQ(shown[0]["scope"], "notes/1");
  EXPECT_EQ(shown[0]["id"], "m1");
  EXPECT_EQ(shown[0]["code"], "invalid");
  EXPECT_EQ(shown[0]["path"], "/text");
}

TEST_F(StatusTest, ConflictsOfOneSampleAreAllShownTheNewestFirst) {
  send(src_a, 1, put("a"));
  send(src_b, 1, R"([{"op":"put","id":"a","data":{"text":"1"},"base":0}])", "bob:pc");
  send(src_b, 1, R"([{"op":"put","id":"a","data":{"text":"2"},"base":0}])", "eve:pc");
  const Json conflicts = after_samples(1)["conflicts"];
  ASSERT_EQ(conflicts.size(), 2U);
  EXPECT_EQ(conflicts[0]["user"], "eve");
  EXPECT_EQ(conflicts[1]["user"], "bob");
}

TEST_F(StatusTest, SaysWhetherStoreLinkAndPluginAreWell) {
  Gauges gauges;
  gauges.ready = gauges.connected = true;
  metrics.watch([&gauges] { return gauges; });
  metrics.store_failed();
  metrics.door({});
  const Json status = after_samples(2);
  EXPECT_EQ(status["broker"]["ready"], true);
  EXPECT_GE(status["broker"]["since_ms"], status["start_ms"]);
  EXPECT_EQ(status["store"]["writable"], false);
  EXPECT_GT(status["door"]["heard_ms"], 0);
  metrics.watch(nullptr);
}

TEST_F(StatusTest, AStoreThatCannotBeReadIsSaidToBeUntilItCan) {
  send(src_a, 1, put("a"));
  std::vector<bool> told;
  sampled = [&] {
    told.push_back(Json::parse(board->news())["store"]["readable"]);
    unreadable = board->samples() == 1 || board->samples() == 2;
  };
  const Json status = after_samples(4);
  ASSERT_GE(told.size(), 4U);
  told.resize(4);
  EXPECT_EQ(told, (std::vector<bool>{true, false, false, true}));
  EXPECT_EQ(status["store"]["readable"], true);
}

TEST_F(StatusTest, WhatWasReadBeforeIsStillShownWhileTheStoreCannotBeRead) {
  send(src_a, 1, put("a"));
  sampled = [&] { unreadable = true; };
  const Json status = after_samples(3);
  EXPECT_EQ(status["store"]["readable"], false);
  EXPECT_EQ(status["store"]["documents"], 1);
  EXPECT_EQ(status["scopes"].size(), 1U);
}

TEST_F(StatusTest, AStoreThatWasNeverReadIsNotSaidToBeReadable) {
  unreadable = true;
  EXPECT_EQ(after_samples(1)["store"]["readable"], false);
}

TEST_F(StatusTest, WhatHappensBetweenTwoSamplesIsInOnePointAndInTheNewsOnce) {
  std::size_t told = 0;
  sampled = [&] {
    if (Json::parse(board->news()).contains("rejections")) ++told;
    if (board->samples() != 2) return;
    for (int i = 0; i < 1000; ++i) metrics.delta_sent(1);
    rejections.add({{1, "eve", "notes/1", "m1", Code::invalid, "/text"}});
  };
  const Json rates = after_samples(8)["rates"]["deltas_per_s"];
  EXPECT_EQ(std::count_if(rates.begin(), rates.end(), [](const Json& rate) { return rate > 0; }), 1) << rates;
  EXPECT_EQ(told, 1U);
}

TEST_F(StatusTest, AnHourIsRemembered) {
  const Json status = after_samples(limits::status_samples + 5);
  EXPECT_EQ(status["rates"]["at_ms"].size(), limits::status_samples);
  EXPECT_EQ(status["rates"]["commit_p99_ms"].size(), limits::status_samples);
}

TEST_F(StatusTest, NewsHaveOnlyTheListsThatChanged) {
  send(src_a, 1, put("a"));
  after_samples(3);
  const Json news = Json::parse(board->news());
  EXPECT_EQ(news["rates"]["at_ms"].size(), 1U);
  for (const char* list : {"scopes", "replicas", "conflicts", "rejections"})
    EXPECT_FALSE(news.contains(list)) << list;
}

TEST_F(StatusTest, ScopesAndReplicasAreFoundByParts) {
  send(src_a, 1, put("a"));
  at_ms = time.now_ms();
  report("alice:phone", src_a, 1);
  after_samples(1);
  EXPECT_EQ(Json::parse(board->scopes("tes/"))["scopes"].size(), 1U);
  EXPECT_EQ(Json::parse(board->scopes("%"))["scopes"].size(), 0U) << "no pattern, a text";
  EXPECT_EQ(Json::parse(board->replicas("lice"))["replicas"].size(), 1U);
  EXPECT_EQ(Json::parse(board->replicas("bob"))["replicas"].size(), 0U);
}

TEST_F(StatusTest, MoreThanFitsIsSaid) {
  std::vector<Inbound> batch;
  for (std::size_t i = 0; i <= limits::status_rows; ++i)
    batch.push_back(inbound("alice:phone", R"({"mutations":[{"op":"put","id":"a","data":{"text":"x"}}]})",
                            Leaf::in, "notes/" + std::to_string(i)));
  commit(std::move(batch));
  const Json status = after_samples(1);
  EXPECT_EQ(status["scopes"].size(), limits::status_rows);
  EXPECT_EQ(status["more_scopes"], true);
  EXPECT_EQ(Json::parse(board->scopes("notes/77"))["more"], false);
}

TEST_F(StatusTest, TheStoresNumbersReachTheMetrics) {
  send(src_a, 1, put("a"));
  after_samples(1);
  EXPECT_NE(metrics.text().find("msync_documents 1\n"), std::string::npos) << metrics.text();
}

// ---- rounds of several samples ----------------------------------------------------------------------------

TEST_F(StatusTest, ARoundOverManyReplicasTakesSeveralSamplesAndCountsEachOnce) {
  constexpr int scopes = 5, of_each = 10;
  for (int scope = 0; scope < scopes; ++scope) {
    const std::string topic = "notes/" + std::to_string(scope);
    commit({inbound("alice:phone", R"({"mutations":[{"op":"put","id":"a","data":{"text":"x"}}]})", Leaf::in,
                    topic)});
    at_ms = time.now_ms();
    for (int i = 0; i < of_each; ++i)
      report("user" + std::to_string(i) + ":pc", src_a, i % 2 == 0 ? 1 : 0, topic);
  }
  StoreCounter counter(*reader, 15);  // a scope and a half: each sample ends with the second
  std::size_t samples = 0;
  for (; samples < 10 && counter.numbers().synced == 0; ++samples) counter.sample(time.now_ms());
  EXPECT_EQ(samples, 3U);
  EXPECT_EQ(counter.numbers().synced, 25U);
  EXPECT_EQ(counter.numbers().behind[0], 25U);
  for (int i = 0; i < 3; ++i) counter.sample(time.now_ms());
  EXPECT_EQ(counter.numbers().synced, 25U) << "the next round, not on top of the last";
}

TEST_F(StatusTest, AnAgeOfExactlyAnHourIsWithinTheHour) {
  send(src_a, 1, put("a"));
  at_ms = 1'000'000;
  report("bob:pc", src_b, 0);
  constexpr std::int64_t hour_ms = 3'600'000, day_ms = 24 * hour_ms;
  const auto behind = [&](std::int64_t age_ms) {
    StoreCounter counter(*reader);
    counter.sample(at_ms + age_ms);
    const auto& ages = counter.numbers().behind;
    return std::find(ages.begin(), ages.end(), 1U) - ages.begin();
  };
  EXPECT_EQ(behind(0), 0);
  EXPECT_EQ(behind(hour_ms), 0);
  EXPECT_EQ(behind(hour_ms + 1), 1);
  EXPECT_EQ(behind(day_ms), 1);
  EXPECT_EQ(behind(day_ms + 1), 2);
  EXPECT_EQ(behind(7 * day_ms), 2);
  EXPECT_EQ(behind(7 * day_ms + 1), 3);
  EXPECT_EQ(behind(30 * day_ms), 3);
  EXPECT_EQ(behind(30 * day_ms + 1), 4) << "older";
}

// ---- the page's files ------------------------------------------------------------------------------------

TEST(WebFilesTest, AreInTheProgram) {
  const auto files = web_files();
  const auto page =
      std::find_if(files.begin(), files.end(), [](const WebFile& file) { return file.path == "/"; });
  ASSERT_NE(page, files.end());
  EXPECT_EQ(page->content_type, "text/html; charset=utf-8");
  EXPECT_TRUE(page->bytes.starts_with("<!doctype html>"));
  EXPECT_TRUE(page->bytes.ends_with("</html>\n"));
  for (const WebFile& file : files) {
    EXPECT_GT(file.bytes.size(), 100U) << file.path;
    EXPECT_EQ(file.etag.size(), 18U) << file.path;
    const bool for_tools = file.path == "/openapi.json";
    // What the page's own names ask for is there.
    EXPECT_TRUE(file.path == "/" || for_tools || page->bytes.find(file.path) != std::string::npos)
        << file.path;
  }
  EXPECT_EQ(page->bytes.find(" style="), std::string::npos) << "the page's policy forbids it";
  EXPECT_EQ(page->bytes.find("http://"), std::string::npos);
  EXPECT_EQ(page->bytes.find("https://"), std::string::npos);
}
