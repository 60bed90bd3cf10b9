// The bridge on a listener that asks every client for a certificate, with phones on another.

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

struct Tls : World {
  Tls() : port(free_port()) {
    authority("ca");
    authority("other-ca");
    certificate("broker", "ca", "subjectAltName=IP:127.0.0.1");
    certificate("bridge", "ca", "extendedKeyUsage=clientAuth");
    certificate("stranger", "other-ca", "extendedKeyUsage=clientAuth");
    broker.options().lines = {"listener " + std::to_string(port) + " 127.0.0.1", "cafile " + file("ca.crt"),
                              "certfile " + file("broker.crt"), "keyfile " + file("broker.key"),
                              "require_certificate true"};
    bridge.address() = "mqtts://127.0.0.1:" + std::to_string(port);
    bridge.arguments() = {"--ca-file",        file("ca.crt"), "--cert-file",
                          file("bridge.crt"), "--key-file",   file("bridge.key")};
  }

  std::string file(const std::string& name) const { return broker.folder() / name; }

  void openssl(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "openssl");
    const auto made = run(arguments, {.directory = broker.folder().path()});
    ASSERT_EQ(made.code, 0) << made.err;
  }
  void authority(const std::string& name) {
    openssl({"req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", "/CN=" + name, "-keyout", name + ".key", "-out", name + ".crt"});
  }
  void certificate(const std::string& name, const std::string& by, const std::string& extension) {
    write_file(file(name + ".ext"), extension + "\n");
    openssl({"req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=" + name,
             "-keyout", name + ".key", "-out", name + ".csr"});
    openssl({"x509", "-req", "-in", name + ".csr", "-CA", by + ".crt", "-CAkey", by + ".key",
             "-CAcreateserial", "-days", "2", "-extfile", name + ".ext", "-out", name + ".crt"});
  }

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
