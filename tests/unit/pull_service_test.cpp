// Whose pull is answered when many wait.
#include "bridge/pull_service.h"

#include <algorithm>
#include <thread>

#include "bridge_fixture.h"

namespace msync {
namespace {

class PullServiceTest : public BridgeFixture {
 protected:
  Inbound pull(const std::string& client, const std::string& scope = "notes/1") {
    return inbound(client, R"({"rid":"1","since":0})", Leaf::pull, scope);
  }
  /// So many that there is room for, of one user's.
  void flood(const std::string& user) {
    for (std::size_t i = 0; i <= limits::waiting_pulls / 2; ++i)
      service.push(pull(user + ":phone", "notes/" + std::to_string(i)));
  }
  /// Whose answers come, in their order.
  std::vector<std::string> answered() {
    std::thread thread([this] { service.run(); });
    std::vector<std::string> users;
    for (const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(5);
         users.size() < 4 && std::chrono::steady_clock::now() < until;) {
      for (const Publish& message : outbox.pop(100))
        users.push_back(message.topic.substr(5, message.topic.find(':') - 5));
    }
    service.stop();
    thread.join();
    return users;
  }

  Outbox outbox;
  ServerTime time{0};
  PullService service{*reader, outbox, time, epoch};
};

TEST_F(PullServiceTest, UsersTakeTurns) {
  flood("flooder");
  service.push(pull("alice:a"));
  const auto users = answered();
  ASSERT_GE(users.size(), 2U);
  EXPECT_EQ(users[0], "flooder");
  EXPECT_EQ(users[1], "alice");
}

TEST_F(PullServiceTest, AFullQueueHasRoomForWhoHasLess) {
  flood("one");
  flood("two");
  service.push(pull("alice:a"));
  const auto users = answered();
  ASSERT_GE(users.size(), 3U);
  EXPECT_EQ(std::count(users.begin(), users.begin() + 3, "alice"), 1) << "each once before any twice";
}

TEST_F(PullServiceTest, ALaterPullTakesTheEarliersPlace) {
  service.push(inbound("alice:a", R"({"rid":"1","since":0})", Leaf::pull));
  service.push(inbound("alice:a", R"({"rid":"2","since":0})", Leaf::pull));
  service.push(pull("bob:b"));
  service.push(pull("carol:c"));
  service.push(pull("dora:d"));
  const auto users = answered();
  EXPECT_EQ(users, (std::vector<std::string>{"alice", "bob", "carol", "dora"}));
}

}  // namespace
}  // namespace msync
