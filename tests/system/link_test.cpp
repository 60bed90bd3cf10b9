// The link against Debian's Mosquitto, without our plugin.
#include "mqtt/link.h"

#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <thread>

#include "tests/system/support/broker.h"
#include "tests/system/support/process.h"
#include "tests/system/support/wait.h"

namespace msync {
namespace {

using test::Broker;
using test::BrokerOptions;
using test::eventually;

/// A link and everything its handlers were told.
struct Peer {
  explicit Peer(LinkOptions options, std::vector<std::string> filters = {},
                std::function<void(const LinkMessage&)> on_message = {})
      : link(std::move(options), {.message =
                                      [this, on_message](LinkMessage&& message) {
                                        if (on_message) on_message(message);
                                        std::lock_guard lock(mutex);
                                        messages.push_back(std::move(message));
                                      },
                                  .connected =
                                      [this](bool session_present) {
                                        std::lock_guard lock(mutex);
                                        connects.push_back(session_present);
                                      },
                                  .disconnected =
                                      [this](const std::string& why) {
                                        std::lock_guard lock(mutex);
                                        losses.push_back(why);
                                      }}) {
    link.subscribe(std::move(filters));
    link.open();
  }

  bool is_up(std::size_t times = 1) {
    return eventually([&] { return connect_count() >= times && link.is_connected(); });
  }
  std::size_t connect_count() {
    std::lock_guard lock(mutex);
    return connects.size();
  }
  std::size_t message_count() {
    std::lock_guard lock(mutex);
    return messages.size();
  }
  bool was_told(const std::string& part) {
    std::lock_guard lock(mutex);
    for (const auto& why : losses)
      if (why.find(part) != std::string::npos) return true;
    return false;
  }

  std::mutex mutex;
  std::vector<LinkMessage> messages;
  std::vector<bool> connects;
  std::vector<std::string> losses;
  Link link;  // last: its threads use the above
};

LinkOptions as(const Broker& broker, const std::string& client_id) {
  return {.broker = broker.url(), .client_id = client_id, .token = [] { return std::string("token"); }};
}

BrokerOptions plain(std::vector<std::string> lines = {}) {
  return {.plugin = false, .lines = std::move(lines), .persistence = false};
}

TEST(Link, CarriesPayloadsPropertiesAndTheRetainedFlag) {
  Broker broker(plain());
  broker.start();
  Peer writer(as(broker, "alice:a"));
  ASSERT_TRUE(writer.is_up());
  const std::string bytes("{\"a\":1}\0\xff binary", 18);
  EXPECT_TRUE(writer.link.publish_and_wait({.topic = "t/retained", .payload = bytes, .retained = true}).ok);

  Peer reader(as(broker, "bob:b"), {"t/#", "u/+"});
  ASSERT_TRUE(reader.is_up());
  ASSERT_TRUE(eventually([&] { return reader.message_count() == 1; }));
  EXPECT_TRUE(reader.messages[0].retained);
  EXPECT_EQ(reader.messages[0].payload, bytes);

  EXPECT_TRUE(writer.link
                  .publish_and_wait({.topic = "u/1",
                                     .payload = "",
                                     .content_type = "application/json",
                                     .expiry_s = 60,
                                     .user_properties = {{"sync-user", "alice"}, {"empty", ""}}})
                  .ok);
  ASSERT_TRUE(eventually([&] { return reader.message_count() == 2; }));
  EXPECT_EQ(reader.messages[1].topic, "u/1");
  EXPECT_EQ(reader.messages[1].payload, "");
  EXPECT_FALSE(reader.messages[1].retained);
  const std::vector<std::pair<std::string, std::string>> expected{{"sync-user", "alice"}, {"empty", ""}};
  EXPECT_EQ(reader.messages[1].user_properties, expected);
}

TEST(Link, KeepsTryingUntilThereIsABrokerAndSaysSo) {
  Broker broker(plain());
  std::atomic<int> asked = 0;
  LinkOptions options = as(broker, "alice:a");
  options.token = [&] { return "token " + std::to_string(++asked); };
  Peer peer(options);
  ASSERT_TRUE(eventually([&] { return peer.was_told("next attempt in") && asked >= 2; }));
  EXPECT_TRUE(peer.was_told("cannot connect to " + broker.url()));
  EXPECT_FALSE(peer.link.is_connected());
  EXPECT_FALSE(peer.link.publish({.topic = "t", .payload = "x"}));
  broker.start();
  EXPECT_TRUE(peer.is_up());
}

TEST(Link, SaysWhyTheBrokerRefusedIt) {
  Broker broker(plain());
  broker.start();  // makes the folder's files
  ASSERT_EQ(test::run({"mosquitto_passwd", "-b", "-c", broker.folder() / "passwords", "alice", "token"}).code,
            0);
  broker.options().lines = {"password_file " + (broker.folder() / "passwords")};
  broker.restart();
  Peer alice(as(broker, "alice:a"));  // the user name is the client id's first part
  EXPECT_TRUE(alice.is_up());
  Peer mallory(as(broker, "mallory:a"));
  EXPECT_TRUE(eventually([&] { return mallory.was_told("Not authorized"); }));
  EXPECT_EQ(mallory.link.last_refusal(), 0x87);
  EXPECT_EQ(alice.link.last_refusal(), 0);
}

TEST(Link, AsksForItsSubscriptionsAgainWhenTheBrokerHasForgottenThem) {
  Broker broker(plain());
  broker.start();
  Peer reader(as(broker, "bob:b"), {"a/#", "b/#"});
  ASSERT_TRUE(reader.is_up());
  broker.kill();
  ASSERT_TRUE(eventually([&] { return reader.was_told("the connection broke"); }));
  broker.start();
  ASSERT_TRUE(reader.is_up(2));
  EXPECT_FALSE(reader.connects[1]);
  Peer writer(as(broker, "alice:a"));
  ASSERT_TRUE(writer.is_up());
  writer.link.publish({.topic = "b/1", .payload = "x"});
  EXPECT_TRUE(eventually([&] { return reader.message_count() == 1; }));
}

TEST(Link, APersistentSessionKeepsWhatCameMeanwhile) {
  Broker broker(plain());
  broker.start();
  LinkOptions options = as(broker, "bob:b");
  options.clean_start = false;
  options.session_expiry_s = 3600;
  {
    Peer reader(options, {"t/#"});
    ASSERT_TRUE(reader.is_up());
    EXPECT_FALSE(reader.connects[0]);
  }
  Peer writer(as(broker, "alice:a"));
  ASSERT_TRUE(writer.is_up());
  EXPECT_TRUE(writer.link.publish_and_wait({.topic = "t/1", .payload = "waited"}).ok);
  Peer reader(options, {"t/#"});
  ASSERT_TRUE(reader.is_up());
  EXPECT_TRUE(reader.connects[0]);
  EXPECT_TRUE(eventually([&] { return reader.message_count() == 1; }));
}

TEST(Link, ReportsAPublishThatTheBrokerRefused) {
  Broker broker(plain());
  test::write_file(broker.folder() / "acl", "pattern readwrite open/#\n");
  broker.options().lines = {"acl_file " + (broker.folder() / "acl")};
  broker.start();
  Peer peer(as(broker, "alice:a"));
  ASSERT_TRUE(peer.is_up());
  EXPECT_TRUE(peer.link.publish_and_wait({.topic = "open/1", .payload = "x"}).ok);  // 0x10: nobody subscribes
  const Published refused = peer.link.publish_and_wait({.topic = "closed/1", .payload = "x"});
  EXPECT_FALSE(refused.ok);
  EXPECT_EQ(refused.reason, 0x87);
  EXPECT_TRUE(peer.link.publish_and_wait({.topic = "open/2", .payload = "x", .qos = 0}).ok);
}

TEST(Link, HoldsAtMostTheBrokersReceiveMaximumUnacknowledged) {
  Broker broker(plain({"max_inflight_messages 7"}));
  broker.start();
  Peer peer(as(broker, "alice:a"));
  ASSERT_TRUE(peer.is_up());
  broker.process().stop();
  std::atomic<int> entered = 0;
  std::atomic<int> answered = 0;
  std::thread publisher([&] {
    for (int i = 0; i < 20; ++i) {
      peer.link.publish({.topic = "t", .payload = "x"}, [&](Published) { ++answered; });
      ++entered;
    }
  });
  EXPECT_TRUE(eventually([&] { return entered == 7; }));
  EXPECT_FALSE(peer.link.drain(200));
  EXPECT_EQ(entered, 7);
  broker.process().cont();
  publisher.join();
  EXPECT_TRUE(peer.link.drain(10'000));
  EXPECT_EQ(answered, 20);
}

TEST(Link, DoesNotCollapseAtTheBrokersDefaultReceiveMaximum) {
  Broker broker(plain({"max_inflight_messages 20"}));
  broker.start();
  Peer peer(as(broker, "alice:a"));
  ASSERT_TRUE(peer.is_up());
  const auto began = std::chrono::steady_clock::now();
  for (int i = 0; i < 5000; ++i) ASSERT_TRUE(peer.link.publish({.topic = "t", .payload = "x"}));
  ASSERT_TRUE(peer.link.drain(60'000));
  const std::chrono::duration<double> took_s = std::chrono::steady_clock::now() - began;
  RecordProperty("publishes_per_s", static_cast<int>(5000 / took_s.count()));
  EXPECT_LT(took_s.count(), 20.0);  // it would be over 70 s past the maximum
}

TEST(Link, EndsWhatIsOutstandingWhenTheConnectionBreaks) {
  Broker broker(plain());
  broker.start();
  Peer peer(as(broker, "alice:a"));
  ASSERT_TRUE(peer.is_up());
  broker.process().stop();
  std::atomic<int> unknown = 0;
  for (int i = 0; i < 10; ++i) {
    ASSERT_TRUE(
        peer.link.publish({.topic = "t", .payload = "x"}, [&](Published p) { unknown += p.ok ? 0 : 1; }));
  }
  EXPECT_EQ(unknown, 0);
  broker.kill();
  EXPECT_TRUE(peer.link.drain(10'000));
  EXPECT_EQ(unknown, 10);
  broker.start();
  ASSERT_TRUE(peer.is_up(2));
  EXPECT_TRUE(peer.link.publish_and_wait({.topic = "t", .payload = "x"}).ok);
  EXPECT_EQ(unknown, 10);
}

TEST(Link, AHandlerThatWaitsForLessThanHalfTheKeepAliveBreaksNothing) {
  Broker broker(plain());
  broker.start();
  LinkOptions options = as(broker, "bob:b");
  options.keep_alive_s = 5;  // the broker cuts after 7.5 s of silence
  std::mutex held;
  Peer reader(options, {"t/#"}, [&](const LinkMessage& message) {
    if (message.payload == "wait") std::lock_guard lock(held);
  });
  ASSERT_TRUE(reader.is_up());
  test::Process writer(
      {"mosquitto_pub", "-p", std::to_string(broker.port()), "-t", "t/1", "-q", "1", "-m", "wait"});
  {
    std::unique_lock lock(held);
    EXPECT_EQ(writer.wait(), 0);
    EXPECT_FALSE(eventually([&] { return reader.message_count() > 0; }, 2200));
  }
  EXPECT_TRUE(eventually([&] { return reader.message_count() == 1; }));
  EXPECT_FALSE(eventually([&] { return reader.was_told("broke"); }, 6000));
  EXPECT_EQ(reader.connect_count(), 1u);
}

TEST(Link, APublishFromAHandlerIsRefusedRatherThanWaitingForEver) {
  Broker broker(plain());
  broker.start();
  std::atomic<bool> refused = false;
  Link* self = nullptr;
  Peer peer(as(broker, "alice:a"), {"t"}, [&](const LinkMessage&) {
    try {
      self->publish({.topic = "u", .payload = "x"});
    } catch (const std::logic_error&) {
      refused = true;
    }
  });
  self = &peer.link;
  ASSERT_TRUE(peer.is_up());
  peer.link.publish({.topic = "t", .payload = "x"});
  EXPECT_TRUE(eventually([&] { return refused.load(); }));
}

TEST(Link, ItsWillIsSentWhenItDiesAndNotWhenItCloses) {
  Broker broker(plain());
  broker.start();
  Peer reader(as(broker, "bob:b"), {"gone/#"});
  ASSERT_TRUE(reader.is_up());
  LinkOptions options = as(broker, "alice:a");
  options.will = [] {
    return Publish{.topic = "gone/alice", .payload = "bye", .content_type = "text/plain"};
  };
  {
    Peer polite(options);
    ASSERT_TRUE(polite.is_up());
    polite.link.close();
    EXPECT_FALSE(polite.link.is_connected());
  }
  EXPECT_EQ(reader.message_count(), 0u);
  Peer first(options);
  ASSERT_TRUE(first.is_up());
  Peer second(options);  // the same client id: the broker takes it away from the first
  EXPECT_TRUE(eventually([&] { return first.was_told("the connection broke"); }));
  EXPECT_TRUE(eventually([&] { return reader.message_count() >= 1; }));
  EXPECT_EQ(reader.messages[0].payload, "bye");
}

TEST(Link, CloseReturnsSoonWithoutABroker) {
  Broker broker(plain());
  Peer peer(as(broker, "alice:a"));
  ASSERT_TRUE(eventually([&] { return peer.was_told("cannot connect"); }));
  const auto began = std::chrono::steady_clock::now();
  peer.link.close();
  EXPECT_LT(std::chrono::steady_clock::now() - began, std::chrono::seconds(3));
}

TEST(Link, LargeMessagesAreNotHeldUp) {
  Broker broker(plain());
  broker.start();
  Peer peer(as(broker, "alice:a"), {"t"});
  ASSERT_TRUE(peer.is_up());
  const std::string large(limits::max_payload_bytes, 'x');
  for (int i = 0; i < 20; ++i) ASSERT_TRUE(peer.link.publish({.topic = "t", .payload = large}));
  EXPECT_TRUE(eventually([&] { return peer.message_count() == 20; }));
  EXPECT_TRUE(peer.link.drain(10'000));
}

TEST(Link, SpeaksTlsAndBelievesOnlyTheGivenAuthority) {
  Broker broker(plain());
  const auto& folder = broker.folder();
  const auto made =
      test::run({"openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                 "-days", "2", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-keyout",
                 folder / "key.pem", "-out", folder / "cert.pem"});
  ASSERT_EQ(made.code, 0) << made.err;
  broker.options().lines = {"certfile " + (folder / "cert.pem"), "keyfile " + (folder / "key.pem")};
  broker.start();
  LinkOptions options = as(broker, "alice:a");
  options.broker = "mqtts://127.0.0.1:" + std::to_string(broker.port());
  {
    Peer doubtful(options);
    EXPECT_TRUE(eventually([&] { return doubtful.was_told("cannot connect"); }));
    EXPECT_FALSE(doubtful.link.is_connected());
  }
  options.ca_file = folder / "cert.pem";
  Peer believing(options);
  ASSERT_TRUE(believing.is_up());
  EXPECT_TRUE(believing.link.publish_and_wait({.topic = "t", .payload = "x"}).ok);
}

TEST(Link, ReachesABrokerOnIpv6) {
  Broker broker(plain());
  const int port = test::free_port();
  broker.options().lines = {"listener " + std::to_string(port) + " ::1"};
  if (access("/proc/net/if_inet6", R_OK) != 0) GTEST_SKIP() << "no IPv6 here";
  broker.start();
  LinkOptions options = as(broker, "alice:a");
  options.broker = "mqtt://[::1]:" + std::to_string(port);
  Peer peer(options);
  EXPECT_TRUE(peer.is_up());
}

}  // namespace
}  // namespace msync
