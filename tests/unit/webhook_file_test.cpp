// Mistakes in the webhooks' file: each with its place and a remedy.
#include "bridge/webhooks/webhook_file.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

struct WebhookFile : testing::Test {
  LoadedWebhooks parse(const std::string& text) {
    return parse_webhooks("hooks.toml", text, collections,
                          [](const std::string& path) -> Result<std::string> {
                            if (path == "good.secret") return std::string(32, 's');
                            if (path == "short.secret") return std::string("whsec_c2VjcmV0");
                            return Error{Code::bad_config, path + ": no such file", ""};
                          });
  }
  /// The only problem of a webhook with these lines beside the three that it needs.
  std::string problem(const std::string& lines) {
    const auto loaded = parse(std::string(needed) + lines);
    return loaded.problems.size() == 1 ? to_string(loaded.problems[0])
                                       : std::to_string(loaded.problems.size()) + " problems";
  }
  void expect_problem(const std::string& lines, const std::string& words) {
    EXPECT_NE(problem(lines).find(words), std::string::npos) << lines << "\n" << problem(lines);
  }

  static constexpr const char* needed =
      "[[webhook]]\nname = \"search\"\nurl = \"https://search.example/hook\"\nsecret_file = "
      "\"good.secret\"\n";
  const Collections collections =
      Collections::load(
          {{"notes.json",
            R"({"type":"object","x-sync":{"topic":"notes/{x}","access":[{"allow":["read"]}]}})"}})
          .collections;
};

TEST_F(WebhookFile, ThreeLinesAreEnough) {
  const auto loaded = parse(needed);
  ASSERT_EQ(loaded.problems.size(), 0U) << to_string(loaded.problems[0]);
  ASSERT_EQ(loaded.webhooks.size(), 1U);
  WebhookConfig expected;
  expected.name = "search";
  expected.url = "https://search.example/hook";
  expected.keys = {std::string(32, 's')};
  EXPECT_EQ(loaded.webhooks[0], expected);
  EXPECT_TRUE(loaded.webhooks[0].wants("notes"));
}

TEST_F(WebhookFile, EverythingCanBeSaid) {
  const auto loaded =
      parse(std::string(needed) +
            "collections = [\"notes\"]\noffline_only = true\nwait = \"2m\"\nfrom = \"start\"\n" +
            "timeout = \"30s\"\nconnections = 1\nca_file = \"ca.crt\"\n[[webhook]]\nname = \"other\"\n" +
            "url = \"http://127.0.0.1:9/\"\nsecret_file = [\"good.secret\", \"good.secret\"]\ncollections = "
            "\"notes\"\n");
  ASSERT_EQ(loaded.problems.size(), 0U) << to_string(loaded.problems[0]);
  const WebhookConfig& first = loaded.webhooks.at(0);
  EXPECT_TRUE(first.offline_only && first.from_start);
  EXPECT_EQ(first.wait_ms, 120'000);
  EXPECT_EQ(first.timeout_ms, 30'000);
  EXPECT_EQ(first.connections, 1U);
  EXPECT_EQ(first.ca_file, "ca.crt");
  EXPECT_FALSE(first.wants("others"));
  EXPECT_EQ(loaded.webhooks.at(1).keys.size(), 2U);
}

TEST_F(WebhookFile, MistakesHaveAPlaceAndARemedy) {
  EXPECT_EQ(problem("colections = [\"notes\"]\n"),
            "hooks.toml: line 5, column 1: unknown key 'colections' (known are: name, url, ca_file, "
            "collections, secret_file, offline_only, from, wait, timeout, connections)");
  expect_problem("collections = [\"nots\"]\n", "there is no collection 'nots'");
  expect_problem("collections = []\n", "no list of strings");
  expect_problem("collections = [1]\n", "no list of strings");
  expect_problem("offline_only = \"yes\"\n", "neither true nor false");
  expect_problem("from = \"yesterday\"\n", "neither \"now\" nor \"start\"");
  expect_problem("timeout = \"0s\"\n", "no duration from 1s to 60s");
  expect_problem("timeout = 10\n", "no duration from 1s to 60s");
  expect_problem("wait = \"90s\"\n", "belongs to offline_only");
  expect_problem("connections = 17\n", "no number from 1 to 16");
  expect_problem("[[webhook]]\nname = \"search\"\nurl = \"http://a\"\nsecret_file = \"good.secret\"\n",
                 "line 5, column 1: a second webhook 'search'");
  expect_problem("[other]\n", "begin each with a line [[webhook]]");
  expect_problem("x = = 1\n", "must be TOML");
}

TEST_F(WebhookFile, WhatItNeedsIsMissed) {
  const auto loaded = parse("[[webhook]]\n");
  ASSERT_EQ(loaded.problems.size(), 3U);
  EXPECT_EQ(to_string(loaded.problems[2]),
            "hooks.toml: line 1, column 1: a webhook without secret_file (receivers must be able to tell: "
            "(umask 077; openssl rand -hex 32 > FILE))");
}

TEST_F(WebhookFile, UrlsAndNamesAreChecked) {
  for (const std::string url :
       {"ftp://a/", "https://", "http://u:p@host/", "https://a b/", "file:///etc/passwd"}) {
    const auto loaded =
        parse("[[webhook]]\nname = \"a\"\nsecret_file = \"good.secret\"\nurl = \"" + url + "\"\n");
    ASSERT_EQ(loaded.problems.size(), 1U) << url;
    EXPECT_NE(loaded.problems[0].what.find("the url is not"), std::string::npos);
    EXPECT_EQ(loaded.problems[0].what.find("u:p"), std::string::npos) << "it may hold a secret";
  }
  for (const std::string name : {"", "A", "a b", "a/b"}) {
    const auto loaded =
        parse("[[webhook]]\nurl = \"http://a\"\nsecret_file = \"good.secret\"\nname = \"" + name + "\"\n");
    ASSERT_EQ(loaded.problems.size(), 1U) << name;
  }
}

TEST_F(WebhookFile, SecretsAreReadAndNeverQuoted) {
  for (const std::string file : {"none.secret", "short.secret"}) {
    const auto loaded =
        parse("[[webhook]]\nname = \"a\"\nurl = \"http://a\"\nsecret_file = \"" + file + "\"\n");
    ASSERT_EQ(loaded.problems.size(), 1U);
    EXPECT_TRUE(loaded.problems[0].what.starts_with(file)) << loaded.problems[0].what;
    EXPECT_EQ(loaded.problems[0].what.find("c2VjcmV0"), std::string::npos);
  }
}

TEST_F(WebhookFile, ThereAreNotTooMany) {
  std::string text;
  for (std::size_t i = 0; i <= limits::webhooks; ++i)
    text += "[[webhook]]\nname = \"h" + std::to_string(i) +
            "\"\nurl = \"http://a\"\nsecret_file = \"good.secret\"\n";
  ASSERT_EQ(parse(text).problems.size(), 1U);
  EXPECT_EQ(parse(text).problems[0].what, "33 webhooks");
}

}  // namespace
}  // namespace msync
