#include "cli/broker_config.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

const std::string good =
    "per_listener_settings false\nallow_anonymous false\nmax_queued_messages 100000\nmax_inflight_messages "
    "1000\n"
    "persistence true\nplugin /usr/lib/mosquitto_sync.so\nplugin_opt_schemas /etc/schemas\n"
    "plugin_opt_jwt_secret_file /etc/jwt.secret\n";

BrokerConfig judged(const std::string& text) {
  return judge_broker_config("mosquitto.conf", parse_broker_config("mosquitto.conf", text));
}

/// The finding that speaks of `part`; fails if there is none, or more than one.
Finding the_one(const std::string& text, const std::string& part) {
  std::vector<Finding> found;
  for (const auto& finding : judged(text).findings)
    if (to_string(finding).find(part) != std::string::npos) found.push_back(finding);
  EXPECT_EQ(found.size(), 1u) << part;
  return found.empty() ? Finding{} : found.front();
}

TEST(BrokerConfig, HasNothingToSayAboutAGoodOne) {
  const auto config = judged(good);
  EXPECT_TRUE(config.findings.empty()) << to_string(config.findings.at(0));
  EXPECT_EQ(config.plugin_file, "/usr/lib/mosquitto_sync.so");
  EXPECT_EQ(config.options.schemas, "/etc/schemas");
  EXPECT_EQ(config.user, "mosquitto");
}

TEST(BrokerConfig, ReadsLinesAsMosquittoDoes) {
  const auto lines = parse_broker_config("f", "# comment\n\n  key\t value with blanks \r\n#key\nlone");
  ASSERT_EQ(lines.size(), 2u);
  EXPECT_EQ(lines[0].key, "key");
  EXPECT_EQ(lines[0].value, "value with blanks");
  EXPECT_EQ(lines[0].number, 3u);
  EXPECT_EQ(lines[1].key, "lone");
  EXPECT_EQ(lines[1].value, "");
}

TEST(BrokerConfig, FindsWhatBreaksTheService) {
  EXPECT_TRUE(the_one(good + "per_listener_settings true\n", "per_listener_settings").error);
  EXPECT_TRUE(the_one(good + "allow_anonymous true\n", "allow_anonymous").error);
  EXPECT_TRUE(the_one(good + "retain_available false\n", "retained").error);
  EXPECT_TRUE(the_one(good + "max_qos 0\n", "QoS 1").error);
  EXPECT_TRUE(the_one(good + "max_packet_size 262144\n", "max_packet_size").error);
  EXPECT_TRUE(the_one(good + "message_size_limit 100\n", "message_size_limit").error);
  EXPECT_TRUE(the_one("persistence true\n", "no line loads the plugin").error);
  EXPECT_TRUE(the_one(good + "plugin /other/mosquitto_sync.so\n", "twice").error);
}

TEST(BrokerConfig, WarnsOfWhatMakesItWorse) {
  EXPECT_FALSE(the_one(good + "max_queued_messages 0\n", "no limit").error);
  EXPECT_FALSE(the_one(good + "max_queued_messages 1000\n", "is little").error);
  EXPECT_FALSE(the_one(good + "max_inflight_messages 100\n", "max_inflight_messages").error);
  EXPECT_FALSE(the_one(good + "persistence false\n", "persistence").error);
  EXPECT_FALSE(the_one(good + "allow_anonymous true\nacl_file /etc/acl\n", "allow_anonymous").error);
}

TEST(BrokerConfig, KnowsMosquittosDefaults) {
  const std::string bare =
      "plugin /usr/lib/mosquitto_sync.so\nplugin_opt_schemas /s\nplugin_opt_jwt_secret_file /k\n";
  EXPECT_FALSE(the_one(bare, "max_queued_messages is 1000 by default").error);
  EXPECT_FALSE(the_one(bare, "max_inflight_messages is 20 by default").error);
  EXPECT_FALSE(the_one(bare, "without persistence").error);
}

TEST(BrokerConfig, TheLastOfTwoLinesCounts) {
  EXPECT_TRUE(judged("per_listener_settings true\n" + good).findings.empty());
}

TEST(BrokerConfig, NamesTheLineOfAPluginsOption) {
  const auto finding = the_one(good + "plugin_opt_shemas /x\n", "plugin_opt_shemas");
  EXPECT_TRUE(finding.error);
  EXPECT_EQ(finding.problem.place, "line 9, plugin_opt_shemas");
}

TEST(BrokerConfig, KnowsTheKeysOfASet) {
  const std::string keys =
      good.substr(0, good.find("plugin_opt_jwt_secret_file")) + "plugin_opt_jwt_jwks_file /etc/jwks.json\n";
  EXPECT_TRUE(the_one(keys, "plugin_opt_stamp_key_file").error);
  const auto config = judged(keys + "plugin_opt_stamp_key_file /etc/stamp.key\n");
  EXPECT_TRUE(config.findings.empty()) << to_string(config.findings.at(0));
  EXPECT_EQ(config.options.jwt_jwks_file, "/etc/jwks.json");
}

TEST(BrokerConfig, LeavesTheOptionsOfOtherPluginsAlone) {
  EXPECT_TRUE(judged(good + "plugin /usr/lib/other.so\nplugin_opt_anything 1\n").findings.empty());
}

}  // namespace
}  // namespace msync
