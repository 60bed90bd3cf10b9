// The native library's decision when to connect.
#include <gtest/gtest.h>

#include "client/cpp/connector.h"
#include "client/cpp/core/bounds.h"

namespace msync::client {
namespace {

struct ClientConnector : testing::Test {
  ClientConnector() : connector(hooks()) {}

  Connector::Hooks hooks() {
    Connector::Hooks made;
    made.random = [] { return 0.5; };
    made.ask_token = [this] { ++asked; };
    made.open = [this](std::uint64_t attempt, const std::string& token) {
      opened = attempt;
      presented = token;
    };
    made.close = [this](bool) { ++closed; };
    made.state = [](Connector::State) {};
    made.error = [this](const char* code, const std::string&) { errors.emplace_back(code); };
    return made;
  }
  void connect() {
    connector.on_token("token", now);
    connector.on_connected(opened, now);
  }
  /// Until something is due, and that.
  std::int64_t wait() {
    const std::int64_t before = now;
    now = connector.due().value();
    connector.tick(now);
    return now - before;
  }

  int asked = 0, closed = 0;
  std::uint64_t opened = 0;
  std::string presented;
  std::vector<std::string> errors;
  std::int64_t now = 1'000'000;
  Connector connector;
};

TEST_F(ClientConnector, EachConnectionHasATokenOfItsOwn) {
  connector.start(now);
  EXPECT_EQ(asked, 1);
  EXPECT_TRUE(connector.on_token("first", now));
  EXPECT_EQ(presented, "first");
  EXPECT_FALSE(connector.on_token("nobody asked", now));
  connector.on_connected(opened, now);
  EXPECT_EQ(connector.state(), Connector::State::connected);
  EXPECT_FALSE(connector.due()) << "nothing to do while it holds";
  connector.on_closed(opened, false, "broke", now);
  wait();
  EXPECT_EQ(asked, 2);
}

TEST_F(ClientConnector, PausesGrowUntilAConnectionHasLasted) {
  connector.start(now);
  std::vector<std::int64_t> pauses;
  for (int i = 0; i < 9; ++i) {
    connector.on_token("t", now);
    connector.on_closed(opened, i % 2 == 0, "no", now);
    pauses.push_back(wait());
  }
  EXPECT_EQ(pauses.front(), 750);
  EXPECT_EQ(pauses[1], 1'500);
  EXPECT_EQ(pauses.back(), 45'000) << "a minute at most, with its jitter";
  EXPECT_EQ(errors[0], "token_refused");
  EXPECT_EQ(errors[1], "connection");
  connect();
  now += bounds::good_connection_ms + 1;
  connector.on_closed(opened, false, "broke", now);
  EXPECT_EQ(wait(), 750);
}

TEST_F(ClientConnector, ATokenThatDoesNotComeIsAFailedAttempt) {
  connector.start(now);
  EXPECT_EQ(wait(), bounds::token_wait_ms);
  EXPECT_EQ(errors, std::vector<std::string>{"token"});
  EXPECT_EQ(opened, 0u);
  wait();
  EXPECT_EQ(asked, 2);
}

TEST_F(ClientConnector, AConnectThatHangsIsGivenUp) {
  connector.start(now);
  connector.on_token("t", now);
  EXPECT_EQ(wait(), bounds::connect_wait_ms);
  EXPECT_EQ(closed, 1);
  EXPECT_EQ(connector.state(), Connector::State::offline);
}

TEST_F(ClientConnector, WithoutANetworkNothingIsTriedAndWithItAtOnce) {
  connector.start(now);
  connect();
  connector.reachable(false, now);
  EXPECT_EQ(connector.state(), Connector::State::offline);
  EXPECT_FALSE(connector.due());
  connector.reachable(true, now);
  EXPECT_EQ(connector.state(), Connector::State::connecting);
  EXPECT_EQ(asked, 2);
  connector.on_token("t", now);
  connector.reachable(true, now);
  EXPECT_EQ(asked, 2) << "an attempt is under way";
}

TEST_F(ClientConnector, WhatComesOfAnEarlierAttemptIsNoNews) {
  connector.start(now);
  connector.on_token("t", now);
  const std::uint64_t first = opened;
  connector.drop(now);
  wait();
  connector.on_token("t", now);
  connector.on_connected(first, now);
  connector.on_closed(first, false, "late", now);
  EXPECT_EQ(connector.state(), Connector::State::connecting);
  EXPECT_TRUE(errors.empty());
}

TEST_F(ClientConnector, StoppedItStaysSo) {
  connector.start(now);
  connect();
  connector.stop(true);
  EXPECT_EQ(closed, 1);
  connector.reachable(true, now);
  connector.drop(now);
  EXPECT_FALSE(connector.due());
  connector.start(now);
  EXPECT_EQ(asked, 2);
}

}  // namespace
}  // namespace msync::client
