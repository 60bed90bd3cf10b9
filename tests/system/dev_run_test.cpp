// ./dev run as a newcomer uses it: what it prints is pasted and works.

#include <filesystem>
#include <sstream>

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

// tools/run.sh in a copy of the tree's outline, so that a developer's own .run/ is left alone.
struct DevRun : testing::Test {
  DevRun() {
    for (const char* shared : {"tools", "schemas"}) {
      std::filesystem::create_symlink(std::string(MSYNC_SOURCE_DIR "/") + shared, tree / shared);
    }
    std::filesystem::create_directory(tree / "build");
    std::filesystem::create_symlink(MSYNC_BUILD_DIR, tree / "build/release");
  }

  std::unique_ptr<Process> start() {
    ProcessOptions options;
    options.environment = {"MSYNC_MQTT_PORT=" + std::to_string(mqtt_port),
                           "MSYNC_WS_PORT=" + std::to_string(ws_port),
                           "MSYNC_HTTP_PORT=" + std::to_string(http_port)};
    options.directory = tree.path();
    return std::make_unique<Process>(std::vector<std::string>{"bash", tree / "tools/run.sh"}, options);
  }

  std::unique_ptr<Process> start_and_wait() {
    auto process = start();
    EXPECT_TRUE(eventually([&] { return process->out().find("Ctrl-C") != std::string::npos; }, 30'000))
        << process->out() << process->err();
    return process;
  }

  // The printed line that begins so.
  static std::string line(const Process& process, const std::string& begin) {
    std::istringstream lines(process.out());
    std::string text;
    while (std::getline(lines, text)) {
      if (text.starts_with(begin)) return text;
    }
    ADD_FAILURE() << "no line begins with " << begin << ":\n" << process.out();
    return "false";
  }

  TempDir tree;
  int mqtt_port = free_port();
  int ws_port = free_port();
  int http_port = free_port();
};

TEST_F(DevRun, ThePrintedLinesWorkAsPastedAndASecondStartKeepsTheData) {
  auto running = start_and_wait();
  Process watch({"bash", "-c", line(*running, "mosquitto_sub ")});
  ASSERT_TRUE(eventually([&] {
    return read_whole(tree / ".run/mosquitto.log").find("alice:screen") != std::string::npos;
  })) << watch.err();

  EXPECT_EQ(run({"bash", "-c", line(*running, "mosquitto_pub ")}).code, 0);
  EXPECT_TRUE(eventually([&] { return watch.out().find(R"("text":"hello")") != std::string::npos; }))
      << watch.out() << watch.err();

  const std::string numbered = line(*running, "mosquitto_rr ");
  const auto first = run({"bash", "-c", numbered});
  EXPECT_EQ(first.code, 0) << first.err;
  EXPECT_NE(first.out.find(R"("status":"applied")"), std::string::npos) << first.out;
  EXPECT_TRUE(eventually([&] { return watch.out().find("hello from a phone") != std::string::npos; }));
  const auto again = run({"bash", "-c", numbered});
  EXPECT_NE(again.out.find(R"("duplicate":true)"), std::string::npos) << again.out;

  EXPECT_EQ(run({"bash", "-c", line(*running, "curl -s -X PUT")}).code, 0);
  EXPECT_TRUE(eventually([&] { return watch.out().find("hello from a backend") != std::string::npos; }));
  const auto listed = run({"bash", "-c", line(*running, "curl -s -H")});
  EXPECT_NE(listed.out.find("hello from a backend"), std::string::npos) << listed.out;

  const std::string address = line(*running, "http://127.0.0.1");
  EXPECT_NE(address.find("/demo#token="), std::string::npos) << address;
  EXPECT_NE(run({"curl", "-sf", address}).out.find("app.js"), std::string::npos)
      << "the demo is served there";

  running->signal(SIGINT);
  EXPECT_EQ(running->wait(), 0) << running->err();
  EXPECT_FALSE(accepts(mqtt_port)) << "Ctrl-C ended the broker too";
  running = start_and_wait();
  Process reader({"bash", "-c", line(*running, "mosquitto_sub ")});
  EXPECT_TRUE(eventually([&] { return reader.out().find(R"("head":3)") != std::string::npos; }))
      << reader.out() << reader.err();
  running->signal(SIGINT);
  EXPECT_EQ(running->wait(), 0);
}

TEST_F(DevRun, APortThatIsTakenIsNamedWithItsOwnerAndTheVariableToSet) {
  Broker other({.plugin = false});
  other.start();
  mqtt_port = other.port();
  auto refused = start();
  EXPECT_NE(refused->wait(), 0);
  EXPECT_NE(refused->err().find("port " + std::to_string(mqtt_port) + " is taken by mosquitto"),
            std::string::npos)
      << refused->err();
  EXPECT_NE(refused->err().find("MSYNC_MQTT_PORT="), std::string::npos) << refused->err();
}

}  // namespace
}  // namespace msync::test
