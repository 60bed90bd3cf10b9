// The page that Prometheus reads: what is on it, and that Prometheus' own tool finds nothing wrong with it.
#include "bridge/metrics.h"

#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>
#include <sstream>

#include "core/json.h"
#include "platform/files.h"

using namespace msync;
using namespace std::chrono_literals;

namespace {

class MetricsTest : public testing::Test {
 protected:
  /// The value of a line of the page, by its name and labels as they stand there; -1 if there is none.
  double value(const std::string& name) {
    std::istringstream lines(metrics.text());
    for (std::string line; std::getline(lines, line);)
      if (line.starts_with(name + " ")) return std::stod(line.substr(name.size() + 1));
    return -1;
  }

  Metrics metrics{"1.2.3"};
  const Metrics::Clock::time_point now = Metrics::Clock::now();
};

Inbound write_at(Metrics::Clock::time_point received) {
  Inbound message;
  message.received = received;
  return message;
}

DoorCounters door(std::int64_t start_ms, std::uint64_t accepted) {
  DoorCounters counters;
  counters.start_ms = start_ms;
  counters.auth[0] = accepted;
  return counters;
}

}  // namespace

TEST_F(MetricsTest, ABatchIsCountedByItsOutcomes) {
  Committed done;
  done.mutations = 5;
  done.outcomes = {{Status::applied, 4}, {Status::rejected, 1}};
  done.duplicates = 2;
  done.gaps = 3;
  const std::vector<Inbound> taken = {write_at(now - 3s), write_at({})};
  metrics.committed(done, taken, now - 20ms, now);
  EXPECT_EQ(value("msync_mutations_total{outcome=\"applied\"}"), 4);
  EXPECT_EQ(value("msync_mutations_total{outcome=\"rejected\"}"), 1);
  EXPECT_EQ(value("msync_mutations_total{outcome=\"merged\"}"), 0) << "a rate needs a beginning";
  EXPECT_EQ(value("msync_mutations_repeated_total"), 2);
  EXPECT_EQ(value("msync_gaps_total"), 3);
  EXPECT_EQ(value("msync_batch_mutations_sum"), 5);
  EXPECT_EQ(value("msync_commit_seconds_bucket{le=\"0.01\"}"), 0);
  EXPECT_EQ(value("msync_commit_seconds_bucket{le=\"0.025\"}"), 1);
  EXPECT_EQ(value("msync_ack_seconds_count"), 1) << "what nobody took the time of is not counted";
  EXPECT_GE(value("msync_ack_seconds_sum"), 3);
}

TEST_F(MetricsTest, ATransactionWithoutMessagesIsNoBatch) {
  metrics.committed({}, {}, now, now);
  EXPECT_EQ(value("msync_batch_mutations_count"), 0);
}

TEST_F(MetricsTest, ThePluginsCountersGoOnWhereItBeginsAnew) {
  const std::string name = "msync_door_auth_total{result=\"accepted\"}";
  metrics.door(door(1, 10));
  metrics.door(door(1, 10));
  EXPECT_EQ(value(name), 10);
  metrics.door(door(1, 12));
  EXPECT_EQ(value(name), 12);
  metrics.door(door(2, 3));
  EXPECT_EQ(value(name), 15) << "a counter never falls";
}

TEST_F(MetricsTest, LevelsAreAskedForWhenSomebodyLooks) {
  EXPECT_EQ(value("msync_inbox_messages"), 0);
  Gauges gauges;
  metrics.watch([&gauges] { return gauges; });
  gauges.inbox_messages = 7;
  gauges.broker_dropped = 9;
  gauges.connected = true;
  EXPECT_EQ(value("msync_inbox_messages"), 7);
  EXPECT_EQ(value("msync_broker_connected"), 1);
  EXPECT_EQ(value("msync_broker_dropped_messages_total"), 9);
  gauges.inbox_messages = 0;
  EXPECT_EQ(value("msync_inbox_messages"), 0);
  EXPECT_EQ(value("msync_broker_dropped_messages_total"), 9);
  metrics.watch(nullptr);
}

/// Each from a number of its own, so that none can stand in for another.
TEST_F(MetricsTest, EveryLevelReachesItsOwnLine) {
  Gauges gauges;
  gauges.inbox_messages = 1;
  gauges.inbox_bytes = 2;
  gauges.inbox_dropped = 3;
  gauges.broker_dropped = 4;
  gauges.input_refused = 5;
  gauges.outbox_bytes = 6;
  gauges.waiting_pulls = 7;
  gauges.unpublished_scopes = 8;
  gauges.http_streams = 9;
  gauges.gateway_connections = 10;
  gauges.ready = true;
  gauges.webhooks = {{"orders", 11, 12, 13}};
  metrics.watch([&gauges] { return gauges; });
  EXPECT_EQ(value("msync_inbox_bytes"), 2);
  EXPECT_EQ(value("msync_inbox_dropped_total"), 3);
  EXPECT_EQ(value("msync_refused_input_total"), 5);
  EXPECT_EQ(value("msync_outbox_bytes"), 6);
  EXPECT_EQ(value("msync_waiting_pulls"), 7);
  EXPECT_EQ(value("msync_unpublished_scopes"), 8);
  EXPECT_EQ(value("msync_http_streams"), 9);
  EXPECT_EQ(value("msync_gateway_connections"), 10);
  EXPECT_EQ(value("msync_ready"), 1);
  EXPECT_EQ(value("msync_broker_connected"), 0);
  EXPECT_EQ(value("msync_webhook_lag_seconds{webhook=\"orders\"}"), 11);
  EXPECT_EQ(value("msync_webhook_posts_total{result=\"accepted\",webhook=\"orders\"}"), 12);
  EXPECT_EQ(value("msync_webhook_posts_total{result=\"failed\",webhook=\"orders\"}"), 13);
  metrics.watch(nullptr);
}

TEST_F(MetricsTest, EveryNumberOfTheStoreReachesItsOwnLine) {
  StoreNumbers numbers;
  numbers.scopes = 1;
  numbers.documents = 2;
  numbers.tombstones = 3;
  numbers.synced = 4;
  numbers.behind = {5, 6, 7, 8, 9};
  numbers.size = {10, 11};
  metrics.store(numbers);
  EXPECT_EQ(value("msync_scopes"), 1);
  EXPECT_EQ(value("msync_documents"), 2);
  EXPECT_EQ(value("msync_tombstones"), 3);
  EXPECT_EQ(value("msync_replicas_synced"), 4);
  for (std::size_t i = 0; i < StoreNumbers::ages.size(); ++i)
    EXPECT_EQ(value(std::string("msync_replicas_behind{last_seen=\"") + StoreNumbers::ages[i] + "\"}"),
              5 + i);
  EXPECT_EQ(value("msync_store_bytes"), 10);
  EXPECT_EQ(value("msync_store_log_bytes"), 11);
}

TEST_F(MetricsTest, WhatHappensIsCountedWhereItBelongs) {
  Committed done;
  done.malformed = 2;
  metrics.store_failed();
  EXPECT_EQ(value("msync_store_failing"), 1);
  EXPECT_TRUE(metrics.store_failing());
  metrics.committed(done, {}, now, now);
  EXPECT_EQ(value("msync_store_failing"), 0) << "it works again";
  EXPECT_EQ(value("msync_store_failures_total"), 1);
  EXPECT_EQ(value("msync_malformed_messages_total"), 2);
  Swept swept;
  swept.tombstones = 3;
  swept.history = 4;
  metrics.swept(swept);
  EXPECT_EQ(value("msync_swept_total{kind=\"tombstones\"}"), 3);
  EXPECT_EQ(value("msync_swept_total{kind=\"history\"}"), 4);
  metrics.connected();
  EXPECT_EQ(value("msync_broker_connects_total"), 1);
  metrics.pull_ended(PullEnd::refused);
  metrics.pull_ended(PullEnd::dropped);
  metrics.pull_answered(5, 1000, 3ms);
  EXPECT_EQ(value("msync_pulls_total{result=\"answered\"}"), 1);
  EXPECT_EQ(value("msync_pulls_total{result=\"refused\"}"), 1);
  EXPECT_EQ(value("msync_pulls_total{result=\"dropped\"}"), 1);
  EXPECT_EQ(value("msync_pages_total"), 5);
  EXPECT_EQ(value("msync_page_bytes_total"), 1000);
  EXPECT_EQ(value("msync_pull_seconds_count"), 1);
  metrics.delta_sent(700);
  EXPECT_EQ(value("msync_delta_bytes_sum"), 700);
  metrics.http_request("document", 404, 3ms);
  EXPECT_EQ(value("msync_http_requests_total{class=\"4xx\",route=\"document\"}"), 1);
}

TEST_F(MetricsTest, TotalsAreWhatRatesAreMadeOf) {
  Committed done;
  done.outcomes = {{Status::applied, 4}, {Status::rejected, 1}};
  const std::vector<Inbound> taken = {write_at(now)};
  metrics.committed(done, taken, now - 5ms, now);
  metrics.delta_sent(100);
  metrics.pull_answered(2, 1000, 3ms);
  const Totals totals = metrics.totals();
  EXPECT_EQ(totals.mutations, 5U);
  EXPECT_EQ(totals.rejected, 1U);
  EXPECT_EQ(totals.deltas, 1U);
  EXPECT_EQ(totals.pulls, 1U);
  EXPECT_EQ(totals.commits.at(Latencies::bucket(5000)), 1U);
}

TEST_F(MetricsTest, PrometheusOwnToolFindsNothingWrong) {
  metrics.http_request("/v1/scopes/{scope}/docs", 200, 3ms);
  metrics.http_request("/healthz", 99, 3ms);
  metrics.webhook_lag("orders", 3s);
  metrics.webhook_posts("orders", 1, 0);
  metrics.pull_answered(2, 1000, 3ms);
  metrics.delta_sent(100);
  const std::string file =
      std::filesystem::temp_directory_path() / ("msync-metrics-" + std::to_string(::getpid()));
  std::ofstream(file) << metrics.text();
  const int code = std::system(("promtool check metrics < " + file).c_str());
  std::filesystem::remove(file);
  EXPECT_EQ(code, 0) << metrics.text();
}

/// Every msync_… in a file of packaging/, and every one of a table of the documentation, is on the page.
TEST_F(MetricsTest, WhatDashboardAlertsAndDocumentationNameIsThere) {
  metrics.http_request("/healthz", 200, 3ms);
  metrics.webhook_lag("orders", 3s);
  metrics.webhook_posts("orders", 1, 0);
  const std::string page = metrics.text();
  for (const char* file : {"packaging/grafana/mosquitto-sync.json", "packaging/prometheus/alerts.yml",
                           "packaging/prometheus/alerts_test.yml", "docs/operations.md"}) {
    const std::string text = *read_file(std::string(MSYNC_SOURCE_DIR "/") + file, 1 << 20);
    std::set<std::string> names;
    for (std::size_t at = text.find("msync_"); at != text.npos; at = text.find("msync_", at + 1)) {
      const std::size_t end = text.find_first_not_of("abcdefghijklmnopqrstuvwxyz_", at);
      if (at == 0 || !std::isalnum(static_cast<unsigned char>(text[at - 1])))
        names.insert(text.substr(at, end - at));
    }
    EXPECT_GT(names.size(), 10U) << file;
    names.erase("msync_door_");  // the family, in a sentence
    for (const std::string& name : names) {
      const bool there = page.find("\n" + name + "{") != page.npos ||
                         page.find("\n" + name + " ") != page.npos ||
                         page.find("# TYPE " + name + " histogram") != page.npos;
      EXPECT_TRUE(there) << file << " names " << name;
    }
  }
}

/// And the other way round: what is on the page is explained.
TEST_F(MetricsTest, EveryMetricIsInTheDocumentation) {
  metrics.http_request("/healthz", 200, 3ms);
  metrics.webhook_lag("orders", 3s);
  metrics.webhook_posts("orders", 1, 0);
  const std::string docs = *read_file(MSYNC_SOURCE_DIR "/docs/operations.md", 1 << 20);
  std::istringstream lines(metrics.text());
  for (std::string line; std::getline(lines, line);) {
    if (!line.starts_with("# TYPE ")) continue;
    const std::string name = line.substr(7, line.find(' ', 7) - 7);
    EXPECT_TRUE(docs.find("`" + name + "`") != docs.npos || docs.find("`" + name + "{") != docs.npos) << name;
  }
}

TEST(AlertRules, DoWhatTheyShould) {
  const std::string folder = "cd " MSYNC_SOURCE_DIR "/packaging/prometheus && promtool ";
  EXPECT_EQ(std::system((folder + "check rules alerts.yml").c_str()), 0);
  EXPECT_EQ(std::system((folder + "test rules alerts_test.yml").c_str()), 0);
}

/// What Grafana needs of a dashboard (there is no tool of its own that reads one), with every query read by Prometheus' tool.
TEST(Dashboard, IsOneAndItsQueriesAreGood) {
  const Json dashboard =
      Json::parse(*read_file(MSYNC_SOURCE_DIR "/packaging/grafana/mosquitto-sync.json", 1 << 20));
  EXPECT_TRUE(dashboard.at("schemaVersion").is_number_integer());
  EXPECT_FALSE(dashboard.at("title").get<std::string>().empty());
  EXPECT_FALSE(dashboard.at("uid").get<std::string>().empty());
  std::string rules = "groups:\n- name: dashboard\n  rules:\n";
  std::set<int> ids;
  for (const Json& panel : dashboard.at("panels")) {
    EXPECT_TRUE(ids.insert(panel.at("id").get<int>()).second) << panel.at("title");
    for (const char* side : {"x", "y", "w", "h"})
      EXPECT_TRUE(panel.at("gridPos").at(side).is_number_integer());
    EXPECT_LE(panel["gridPos"]["x"].get<int>() + panel["gridPos"]["w"].get<int>(), 24) << panel.at("title");
    if (panel.at("type") == "row") continue;
    EXPECT_FALSE(panel.at("targets").empty()) << panel.at("title");
    for (const Json& target : panel["targets"]) {
      std::string query = target.at("expr");
      for (std::size_t at; (at = query.find("$__rate_interval")) != query.npos;) query.replace(at, 16, "5m");
      rules += "  - {record: 'q:" + std::to_string(rules.size()) + "', expr: '" + query + "'}\n";
      EXPECT_FALSE(target.at("refId").get<std::string>().empty());
    }
  }
  const std::string file =
      std::filesystem::temp_directory_path() / ("msync-dashboard-" + std::to_string(::getpid()));
  std::ofstream(file) << rules;
  EXPECT_EQ(std::system(("promtool check rules " + file).c_str()), 0) << rules;
  std::filesystem::remove(file);
}

// ---- latencies --------------------------------------------------------------------------------------------

TEST(LatenciesTest, EveryTimeHasABucketThatEndsBehindIt) {
  for (std::int64_t us = 0; us < 200'000; ++us) {
    const std::size_t bucket = Latencies::bucket(us);
    ASSERT_GT(Latencies::end_us(bucket), us);
    ASSERT_TRUE(bucket == 0 || Latencies::end_us(bucket - 1) <= us);
  }
  EXPECT_EQ(Latencies::bucket(-1), 0U);
  EXPECT_EQ(Latencies::bucket(INT64_MAX), Latencies::size - 1);
}

TEST(LatenciesTest, PercentilesOfWhatCameBetween) {
  Latencies latencies;
  latencies.add(5'000'000);
  const auto before = latencies.counts();
  for (int i = 0; i < 98; ++i) latencies.add(1000);
  latencies.add(80'000);
  latencies.add(80'000);
  const auto after = latencies.counts();
  EXPECT_EQ(Latencies::percentile_us(before, before, 0.5), -1) << "of nothing there is none";
  const auto p50 = Latencies::percentile_us(before, after, 0.5),
             p99 = Latencies::percentile_us(before, after, 0.99);
  EXPECT_GT(p50, 1000);
  EXPECT_LE(p50, 1250);
  EXPECT_GT(p99, 80'000);
  EXPECT_LE(p99, 100'000);
}
