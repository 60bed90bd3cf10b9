// A whole system in one test: broker with plugin, bridge on SQLite, phones.
//
//   struct Chat : World {};
//   TEST_F(Chat, SomethingHolds) {
//     auto& a = phone("alice:a");
//     const auto n = a.writes("m1", {{"text", "hi"}});
//     EXPECT_EQ(outcome(a, n), "applied");
//   }
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "tests/system/support/bridge_process.h"
#include "tests/system/support/broker.h"
#include "tests/system/support/phone.h"

namespace msync::test {

class World : public testing::Test {
 protected:
  explicit World(BrokerOptions options = {});

  void SetUp() override;     // starts broker and bridge
  void TearDown() override;  // no honest phone may have been cut, and the store must be sound

  /// The phone with this client id (`a` alone is `alice:a`), made and online at head the first time it is
  /// named. Its user has the claims of claims[user], or {"rooms":["42"]}.
  Phone& phone(const std::string& id);
  /// The same with options of its own; `broker`, `client_id` and `token` are filled in where empty. Not
  /// waited for.
  Phone& new_phone(const std::string& id, PhoneOptions options = {});

  /// A token of this user with his claims.
  std::string token(const std::string& user);

  /// Waits, with every phone at work meanwhile.
  bool eventually(const std::function<bool()>& condition, int timeout_ms = 10'000);

  /// Waits until every phone that is online has nothing left to send or to ask.
  void settle(int timeout_ms = 20'000);

  /// The status of mutation n, waited for, such as "applied"; "" if none came.
  std::string outcome(Phone& phone, std::uint64_t n);
  /// The whole result; a default one fails the test.
  MutationResult result(Phone& phone, std::uint64_t n);
  /// The first notice of this code, waited for.
  Notice notice(Phone& phone, Code code);

  /// What the store holds, in the same words as dump(replica.documents()).
  std::string server(const std::string& scope = "chat/42/messages");

  /// Everything that must hold in the store holds, also beside the bridge.
  void verify();

  /// Runs one of Mosquitto's clients against the broker as this client id: `tool` and its own arguments
  /// behind.
  std::vector<std::string> client(const std::string& tool, const std::string& id,
                                  std::vector<std::string> arguments);

  bool store_is_sound = true;                 // false where a test damages it, or puts something else there
  bool documents_fit = true;                  // false where a test changes the schemas under them
  std::map<std::string, std::string> claims;  // of users, as JSON
  Broker broker;
  BridgeProcess bridge;
  std::map<std::string, std::unique_ptr<Phone>> phones;
};

/// As a person would write it into a scenario.
std::string dump(Phone& phone, const std::string& scope = {});

}  // namespace msync::test
