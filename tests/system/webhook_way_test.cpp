// On the way to a receiver: TLS, with certificates that are believed and some that are not, and proxies.
#include "tests/system/support/certificates.h"
#include "tests/system/webhook_world.h"

namespace msync::test {
namespace {

struct WebhookTls : Webhook {
  WebhookTls() {
    made.authority("ca");
    made.authority("other-ca");
    made.certificate("receiver", "ca", "subjectAltName=IP:127.0.0.1");
    made.certificate("stranger", "other-ca", "subjectAltName=IP:127.0.0.1");
    made.certificate("elsewhere", "ca", "subjectAltName=DNS:receiver.example");
    believes("ca");
  }
  /// The receiver's address from now on, and by whom its certificate must be made; empty: whom the system believes.
  void believes(const std::string& authority) {
    std::string text = hook("all", receiver.port);
    text.replace(text.find("http://"), 7, "https://");
    if (!authority.empty()) text += "ca_file = \"" + made.file(authority + ".crt") + "\"\n";
    write_file(hooks_file, text);
  }
  void shows(const std::string& certificate) {
    receiver.close();
    receiver.shows(made.file(certificate));
    receiver.open();
  }
  /// Nothing arrives, and the log says why.
  void expect_refused(const std::string& why) {
    EXPECT_TRUE(eventually([&] { return logged("reason=\"" + why); })) << bridge.log();
    EXPECT_TRUE(eventually([&] { return logged("failures=2 "); })) << "it tries again\n" << bridge.log();
    EXPECT_TRUE(receiver.requests().empty()) << "what is not believed is told nothing";
    EXPECT_EQ(bridge.log().find(std::to_string(receiver.port) + "/hook"), std::string::npos);
  }

  const Certificates made{broker.folder().path()};
};

TEST_F(WebhookTls, ItsOwnAuthorityIsBelieved) {
  shows("receiver");
  writes(phone("alice:a"), 10);
  EXPECT_TRUE(reaches(receiver, room_42, 10)) << bridge.log();
  EXPECT_EQ(receiver.requests().front()["fault"], "");
  EXPECT_FALSE(logged("event=webhook_failed")) << bridge.log();
}

TEST_F(WebhookTls, AStrangersCertificateIsRefusedUntilTheRightOneIsThere) {
  shows("stranger");
  writes(phone("alice:a"), 3);
  expect_refused("SSL certificate problem: unable to get local issuer certificate");
  shows("receiver");
  EXPECT_TRUE(reaches(receiver, room_42, 3, 60'000)) << bridge.log();
  EXPECT_TRUE(eventually([&] { return logged("event=webhook_recovered webhook=all"); }));
}

TEST_F(WebhookTls, ACertificateForAnotherNameIsRefused) {
  shows("elsewhere");
  writes(phone("alice:a"), 1);
  expect_refused("SSL: no alternative certificate subject name matches target host name");
}

TEST_F(WebhookTls, WithoutAnAuthorityOfItsOwnTheSystemsAreAsked) {
  bridge.stop();
  believes("");
  bridge.start();
  shows("receiver");
  writes(phone("alice:a"), 1);
  expect_refused("SSL certificate problem: unable to get local issuer certificate");
}

struct WebhookProxy : Webhook {
  WebhookProxy() {
    EXPECT_TRUE(eventually([&] { return accepts(port); })) << proxy.err();
  }
  std::string way() const { return "POST http://127.0.0.1:" + std::to_string(receiver.port) + "/hook\n"; }

  const int port = free_port();
  const std::string address = "http_proxy=http://127.0.0.1:" + std::to_string(port);
  Process proxy{{"node", MSYNC_SOURCE_DIR "/tests/system/http_proxy.mjs", std::to_string(port)}};
};

TEST_F(WebhookProxy, TheEnvironmentsProxyIsAsked) {
  bridge.stop();
  bridge.wrapper() = {"env", address};
  bridge.start();
  writes(phone("alice:a"), 3);
  EXPECT_TRUE(reaches(receiver, room_42, 3)) << bridge.log();
  EXPECT_TRUE(proxy.out().starts_with(way())) << proxy.out();
  EXPECT_EQ(receiver.requests().front()["fault"], "") << "it cannot change what is signed";
}

TEST_F(WebhookProxy, ExceptForWhatNoProxyNames) {
  bridge.stop();
  bridge.wrapper() = {"env", address, "no_proxy=localhost,127.0.0.1"};
  bridge.start();
  writes(phone("alice:a"), 3);
  EXPECT_TRUE(reaches(receiver, room_42, 3)) << bridge.log();
  EXPECT_EQ(proxy.out(), "");
}

}  // namespace
}  // namespace msync::test
