// More than can be served: memory stays within what docs/operations.md says, and others are served meanwhile.

#include <fstream>
#include <thread>

#include "core/message.h"
#include "tests/system/support/arena.h"

namespace msync::test {
namespace {

// What docs/operations.md promises of the bridge, KiB: its queues and caches full, and what it takes to run.
constexpr std::size_t bound_kib = 300 * 1024;

std::size_t peak_kib(Process& process) {
  std::ifstream status("/proc/" + std::to_string(process.pid()) + "/status");
  for (std::string word; status >> word;) {
    std::size_t kib = 0;
    if (word == "VmHWM:" && status >> kib) return kib;
  }
  return 0;
}

struct Pressure : Arena<Pressure> {
  static constexpr bool with_bridge = true;

  static std::string epoch() { return bridge().status().epoch; }

  static std::string put(const std::string& src, std::uint64_t n, const std::string& id, std::size_t bytes) {
    return to_text(
        {{"epoch", epoch()},
         {"src", src},
         {"n", n},
         {"mutations", {{{"op", "put"}, {"id", id}, {"data", {{"text", std::string(bytes, 'x')}}}}}}});
  }

  /// Somebody with one honest write is answered.
  static void expect_service(const std::string& user) {
    RawClient honest = enters(user + ":pc");
    EXPECT_EQ(honest.subscribe("sync/" + user + ":pc/#"), granted_qos1);
    const std::string src = random_src();
    EXPECT_TRUE(eventually(
        [&] {
          honest.publish({.topic = "chat/42/messages/in", .payload = put(src, 1, "of-" + user, 10)});
          return honest.message("sync/" + user + ":pc/ack/chat/42/messages", 3000) != nullptr;
        },
        60'000))
        << bridge().log();
  }
};

TEST_F(Pressure, AFloodOfMutationsIsTakenInTurnsOrNotAtAll) {
  RawClient flood = enters("flood:pc");
  std::thread sender([&] {
    const std::string src = random_src();
    for (std::uint64_t n = 1; n <= 4000; ++n) {
      flood.send_publish({.topic = "chat/42/messages/in",
                          .payload = put(src, n, "f" + std::to_string(n % 50), 60'000),
                          .qos = 0});
    }
  });
  expect_service("honest");
  sender.join();
  expect_service("honest2");
  EXPECT_LT(peak_kib(bridge().process()), bound_kib);
}

TEST_F(Pressure, AThousandPhonesThatReturnAtOnceAreAllAnswered) {
  RawClient writer = enters("writer:pc");
  for (std::uint64_t n = 1; n <= 30; ++n) {
    writer.publish({.topic = "chat/42/messages/in",
                    .payload = put("a-writer-of-thirty", n, "w" + std::to_string(n), 4000)});
  }
  std::vector<RawClient> phones;
  for (int i = 0; i < 1000; ++i) {
    const std::string id = "phone" + std::to_string(i) + ":p";
    phones.push_back(enters(id));
    EXPECT_EQ(phones.back().subscribe("sync/" + id + "/#"), granted_qos1);
  }
  for (RawClient& phone : phones)
    phone.send_publish({.topic = "chat/42/messages/pull", .payload = R"({"rid":"1"})"});
  for (int i = 0; i < 1000; ++i) {
    const std::string topic = "sync/phone" + std::to_string(i) + ":p/delta/chat/42/messages";
    const RawMessage* page = phones[static_cast<std::size_t>(i)].message(topic, 60'000);
    ASSERT_NE(page, nullptr) << i;
    EXPECT_TRUE(decode_delta(page->payload).ok());
  }
  EXPECT_LT(peak_kib(bridge().process()), bound_kib);
}

TEST_F(Pressure, AReaderThatDoesNotReadHoldsNobodyUp) {
  RawClient deaf = enters("deaf:pc");
  EXPECT_EQ(deaf.subscribe("sync/deaf:pc/#"), granted_qos1);
  for (int i = 0; i < 200; ++i) {  // 50 documents of 60 kB each time
    deaf.send_publish(
        {.topic = "chat/42/messages/pull", .payload = R"({"rid":")" + std::to_string(i) + "\"}", .qos = 0});
  }
  expect_service("honest3");
  EXPECT_LT(peak_kib(bridge().process()), bound_kib);
}

}  // namespace
}  // namespace msync::test
