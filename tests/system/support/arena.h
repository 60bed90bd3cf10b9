// One broker, and a bridge where a suite asks for it, for all tests of that suite.
//
//   struct TopicAttacks : Arena<TopicAttacks> {};
//   TEST_F(TopicAttacks, SomethingIsDenied) {
//     RawClient eve = enters("eve:pc");
//     EXPECT_EQ(eve.subscribe("chat/42/#"), 0x87);
//   }
// The suite may have its own `static BrokerOptions options()` and `static constexpr bool with_bridge = true`. Tests
// share the broker: each takes users of its own, or says so. After each the broker must still be there.
#pragma once

#include <gtest/gtest.h>

#include <iostream>
#include <memory>
#include <string>

#include "tests/system/support/bridge_process.h"
#include "tests/system/support/broker.h"
#include "tests/system/support/raw_client.h"

namespace msync::test {

/// What the broker answers in MQTT 5, and to a CONNECT in 3.1.1.
inline constexpr int granted = 0, granted_qos1 = 1, no_subscribers = 0x10, not_authorized = 0x87,
                     refused_v311 = 5;

/// The connection with this token, or one of the client's user with these claims where they begin with `{`.
inline RawConnect login(const std::string& client_id, const std::string& claims_or_token = "{}",
                        int level = 5) {
  const bool claims = claims_or_token.starts_with('{');
  const std::string user = client_id.substr(0, client_id.rfind(':'));
  return {.client_id = client_id,
          .username = user,
          .password = claims ? Broker::token(user, claims_or_token) : claims_or_token,
          .level = level};
}

template <class Suite>
class Arena : public testing::Test {
 public:
  static BrokerOptions options() { return BrokerOptions(); }
  static constexpr bool with_bridge = false;

  static void SetUpTestSuite() {
    broker_ = std::make_unique<Broker>(Suite::options());
    broker_->start();
    if (!Suite::with_bridge) return;
    bridge_ = std::make_unique<BridgeProcess>(*broker_);
    bridge_->start();
  }

  static void TearDownTestSuite() {
    if (bridge_) {
      EXPECT_EQ(bridge_->stop(), 0) << bridge_->log();
    }
    if (broker_->running()) broker_->stop();  // with an exit code that says all was well
    bridge_.reset();
    broker_.reset();
  }

 protected:
  void SetUp() override { ASSERT_TRUE(broker_->running()) << "a test before has ended the broker"; }

  void TearDown() override {
    EXPECT_TRUE(broker_->running()) << "the broker has ended";
    if (HasFailure()) std::cerr << "---- broker's log\n" << broker_->log() << "----\n";
  }

  static Broker& broker() { return *broker_; }
  static BridgeProcess& bridge() { return *bridge_; }

  static RawClient anybody() { return RawClient(broker_->port()); }

  /// Tries to connect and leaves again: the reason code. Each time from another address, because failures are held
  /// against the address that they come from.
  static int knock(const RawConnect& connect) {
    static unsigned knocks = 0;
    ++knocks;
    const std::string from = "127.1." + std::to_string(knocks / 250) + "." + std::to_string(knocks % 250 + 1);
    return RawClient(broker_->port(), from).connect(connect);
  }

  /// A client that must be let in.
  static RawClient enters(const RawConnect& connect) {
    RawClient client = anybody();
    EXPECT_EQ(client.connect(connect), granted) << connect.client_id << "\n" << broker_->log();
    return client;
  }
  static RawClient enters(const std::string& client_id, const std::string& claims = R"({"rooms":["42"]})",
                          int level = 5) {
    return enters(login(client_id, claims, level));
  }

  static bool logged(const std::string& text) { return broker_->log().find(text) != std::string::npos; }

 private:
  static inline std::unique_ptr<Broker> broker_;
  static inline std::unique_ptr<BridgeProcess> bridge_;
};

}  // namespace msync::test
