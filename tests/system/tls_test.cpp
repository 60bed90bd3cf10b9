// The bridge on a listener that asks every client for a certificate, with phones on another.

#include "tests/system/support/certificates.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Tls : World {
  Tls() : port(free_port()) {
    made.authority("ca");
    made.authority("other-ca");
    made.certificate("broker", "ca", "subjectAltName=IP:127.0.0.1");
    made.certificate("bridge", "ca", "extendedKeyUsage=clientAuth");
    made.certificate("stranger", "other-ca", "extendedKeyUsage=clientAuth");
    broker.options().lines = {"listener " + std::to_string(port) + " 127.0.0.1", "cafile " + file("ca.crt"),
                              "certfile " + file("broker.crt"), "keyfile " + file("broker.key"),
                              "require_certificate true"};
    bridge.address() = "mqtts://127.0.0.1:" + std::to_string(port);
    bridge.arguments() = {"--ca-file",        file("ca.crt"), "--cert-file",
                          file("bridge.crt"), "--key-file",   file("bridge.key")};
  }

  std::string file(const std::string& name) const { return made.file(name); }

  // Starts the bridge with these arguments and expects it to be kept out.
  void expect_kept_out(std::vector<std::string> arguments) {
    bridge.stop();
    bridge.arguments() = std::move(arguments);
    const auto before = bridge.log().size();
    bridge.launch();
    EXPECT_TRUE(eventually([&] {
      return bridge.log().find("event=disconnected", before) != std::string::npos;
    })) << bridge.log();
    EXPECT_EQ(bridge.log().find("event=ready", before), std::string::npos);
  }

  const int port;
  const Certificates made{broker.folder().path()};
};

TEST_F(Tls, TheBridgeShowsItsCertificateAndBelievesTheGivenAuthority) {
  auto& a = phone("alice:a");
  auto& b = phone("bob:b");
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "through TLS"}})), "applied");
  settle();
  EXPECT_EQ(b.holds("m1")["text"], "through TLS");
}

TEST_F(Tls, WithoutACertificateOfTheAuthorityNobodyIsHeard) {
  expect_kept_out({"--ca-file", file("ca.crt")});
  expect_kept_out(
      {"--ca-file", file("ca.crt"), "--cert-file", file("stranger.crt"), "--key-file", file("stranger.key")});
  expect_kept_out({"--ca-file", file("other-ca.crt"), "--cert-file", file("bridge.crt"), "--key-file",
                   file("bridge.key")});
}

TEST_F(Tls, ACertificateIsNoToken) {
  EXPECT_EQ(run({"mosquitto_sub", "-V", "mqttv5", "-h", "127.0.0.1", "-p", std::to_string(port), "--cafile",
                 file("ca.crt"), "--cert", file("bridge.crt"), "--key", file("bridge.key"), "-i",
                 "mosquitto-sync:bridge", "-t", "#", "-W", "5"})
                .code,
            0x87);
  auto& a = phone("alice:a");
  EXPECT_EQ(outcome(a, a.writes("m1", {{"text", "the bridge was not disturbed"}})), "applied");
}

TEST_F(Tls, ACertificateWithoutItsKeyIsAMistake) {
  bridge.stop();
  bridge.arguments() = {"--cert-file", file("bridge.crt")};
  EXPECT_EQ(bridge.start_and_fail(), 64);
}

}  // namespace
}  // namespace msync::test
