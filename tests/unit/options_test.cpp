#include "plugin/options.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

using Lines = std::vector<std::pair<std::string, std::string>>;

const Lines enough = {{"schemas", "/s"}, {"jwt_secret_file", "/k"}};

Lines with(std::initializer_list<std::pair<std::string, std::string>> more) {
  Lines lines = enough;
  lines.insert(lines.end(), more);
  return lines;
}

// The only problem that these lines have, as the log would show it.
std::string problem(const Lines& lines) {
  const auto parsed = Options::parse(lines);
  if (parsed.problems.size() != 1) return std::to_string(parsed.problems.size()) + " problems";
  return to_string(parsed.problems[0]);
}

TEST(Options, SchemasAndOneKeyAreEnoughAndTheRestHasTheDocumentedDefaults) {
  const auto [options, problems] = Options::parse(enough);
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(options.schemas, "/s");
  EXPECT_EQ(options.jwt_secret_file, "/k");
  EXPECT_EQ(options.user_claim, "sub");
  EXPECT_EQ(options.bridge_user, "mosquitto-sync");
  EXPECT_EQ(options.max_token_ttl_s, 86'400);
  EXPECT_EQ(options.leeway_s, 30);
  EXPECT_EQ(options.max_connections_per_user, 50u);
  EXPECT_EQ(options.max_messages_per_s, 100u);
  EXPECT_EQ(options.max_payload_bytes, 262'144u);
  EXPECT_EQ(options.max_bytes_per_s, 2'097'152u);
  EXPECT_EQ(options.max_subscriptions_per_client, 1000u);
  EXPECT_EQ(options.max_sessions_per_user, 200u);
  EXPECT_EQ(options.free_login_failures, 10u);
  EXPECT_EQ(options.revoked_file, "");
}

TEST(Options, EveryOptionIsTaken) {
  const auto [options, problems] = Options::parse(with({{"stamp_key_file", "/t"},
                                                        {"jwt_issuer", "https://id"},
                                                        {"jwt_audience", "sync"},
                                                        {"user_claim", "uid"},
                                                        {"bridge_user", "b"},
                                                        {"max_token_ttl_s", "60"},
                                                        {"leeway_s", "0"},
                                                        {"max_connections_per_user", "1"},
                                                        {"max_messages_per_s", "5000"},
                                                        {"max_bytes_per_s", "4096"},
                                                        {"max_subscriptions_per_client", "7"},
                                                        {"max_sessions_per_user", "8"},
                                                        {"free_login_failures", "0"},
                                                        {"revoked_file", "/r"},
                                                        {"max_payload_bytes", "1024"}}));
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(options.stamp_key_file, "/t");
  EXPECT_EQ(options.jwt_issuer, "https://id");
  EXPECT_EQ(options.jwt_audience, "sync");
  EXPECT_EQ(options.user_claim, "uid");
  EXPECT_EQ(options.bridge_user, "b");
  EXPECT_EQ(options.max_token_ttl_s, 60);
  EXPECT_EQ(options.leeway_s, 0);
  EXPECT_EQ(options.max_connections_per_user, 1u);
  EXPECT_EQ(options.max_messages_per_s, 5000u);
  EXPECT_EQ(options.max_payload_bytes, 1024u);
  EXPECT_EQ(options.max_bytes_per_s, 4096u);
  EXPECT_EQ(options.max_subscriptions_per_client, 7u);
  EXPECT_EQ(options.max_sessions_per_user, 8u);
  EXPECT_EQ(options.free_login_failures, 0u);
  EXPECT_EQ(options.revoked_file, "/r");
}

TEST(Options, AnUnknownOptionIsNamedWithTheKnownOnes) {
  const std::string line = problem(with({{"jwt_secretfile", "/k"}}));
  EXPECT_NE(line.find("plugin_opt_jwt_secretfile"), std::string::npos) << line;
  EXPECT_NE(line.find("jwt_secret_file"), std::string::npos) << line;
}

TEST(Options, AMissingKeyAndTwoKeysAreRefused) {
  EXPECT_NE(problem({{"schemas", "/s"}}).find("jwt_secret_file: is missing"), std::string::npos)
      << problem({{"schemas", "/s"}});
  EXPECT_NE(problem({{"schemas", "/s"}}).find("plugin_opt_jwt_jwks_file"), std::string::npos);
  const std::string both = problem(with({{"jwt_jwks_file", "/j"}}));
  EXPECT_NE(both.find("stands beside plugin_opt_jwt_secret_file"), std::string::npos) << both;
}

TEST(Options, KeysOfASetNeedAStampKeyBecauseNoneCanBeDerivedFromThem) {
  const auto [options, problems] =
      Options::parse({{"schemas", "/s"}, {"jwt_jwks_file", "/j"}, {"stamp_key_file", "/t"}});
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(options.jwt_jwks_file, "/j");
  EXPECT_EQ(options.jwt_secret_file, "");
  const std::string line = problem({{"schemas", "/s"}, {"jwt_jwks_file", "/j"}});
  EXPECT_NE(line.find("plugin_opt_stamp_key_file: is missing"), std::string::npos) << line;
}

TEST(Options, MissingSchemasAndALineGivenTwiceAreRefused) {
  EXPECT_NE(problem({{"jwt_secret_file", "/k"}}).find("plugin_opt_schemas"), std::string::npos);
  EXPECT_NE(problem(with({{"schemas", "/other"}})).find("given twice"), std::string::npos);
}

TEST(Options, NumbersMustBeWholeAndWithinTheirRange) {
  for (const char* bad : {"", "0", "-1", "1.5", "50x", " 50", "0x10", "99999999999999999999"}) {
    EXPECT_NE(problem(with({{"max_connections_per_user", bad}})).find("whole number"), std::string::npos)
        << bad;
  }
}

TEST(Options, ABridgeUserThatNoTokenCouldNameIsRefused) {
  EXPECT_NE(problem(with({{"bridge_user", "a/b"}})).find("bridge_user"), std::string::npos);
}

TEST(Options, EveryMistakeIsReportedNotOnlyTheFirst) {
  EXPECT_EQ(Options::parse({{"nonsense", "1"}, {"leeway_s", "x"}}).problems.size(), 4u);
}

}  // namespace
}  // namespace msync
