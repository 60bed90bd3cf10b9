// Health is answered at once, whatever else is asked; who takes nothing of a stream is let go.
#include <sys/resource.h>

#include <algorithm>
#include <chrono>
#include <map>

#include "tests/system/http_socket.h"
#include "tests/system/http_world.h"

namespace msync::test {
namespace {

struct HttpCrowd : Http {
  static constexpr int documents = 100'000;

  HttpCrowd()
      : Http(BrokerOptions{.plugin_options = {"plugin_opt_max_messages_per_s 1000000",
                                              "plugin_opt_max_bytes_per_s 1000000000"},
                           .lines = {"max_inflight_bytes 0"}}) {
    rlimit files = {};
    ::getrlimit(RLIMIT_NOFILE, &files);
    files.rlim_cur = files.rlim_max;
    ::setrlimit(RLIMIT_NOFILE, &files);
  }
  void SetUp() override {
    Http::SetUp();
    const std::string file = broker.folder() / "many.jsonl";
    std::string lines;
    for (int i = 0; i < documents; ++i)
      lines += R"({"id":"m)" + std::to_string(i) + R"(","data":{"text":")" + std::string(200, 'x') + "\"}}\n";
    write_file(file, lines);
    const auto done = run(
        {MSYNC_BUILD_DIR "/mosquitto-sync", "import", "--broker", broker.url(), "--secret-file",
         broker.secret_file(), "--sub", "alice", "--claim", "rooms=42", "--scope", "chat/42/messages", file},
        {}, 240'000);
    ASSERT_EQ(done.code, 0) << done.err;
    ASSERT_EQ(gets("/docs?limit=1").json()["count"], documents);
  }
  std::string bearer(const std::string& user) { return "Authorization: Bearer " + token(user) + "\r\n"; }
  int streams() {
    const std::string page = web.get("/metrics").body, name = "\nmsync_http_streams ";
    const std::size_t at = page.find(name);
    return at == page.npos ? -1 : std::atoi(page.c_str() + at + name.size());
  }
};

TEST_F(HttpCrowd, HealthIsAnsweredBesideAThousandStreamsAndLongListings) {
  const std::string head = std::to_string(gets("/docs?limit=1").json()["head"].get<int>());
  const std::string from = "/changes?since=" + head + "&epoch=" + bridge.status().epoch;
  std::vector<std::unique_ptr<HttpSocket>> followers;
  for (int i = 0; i < 1000; ++i) {
    followers.push_back(std::make_unique<HttpSocket>(web.port()));
    followers.back()->asks(room + from,
                           bearer("user" + std::to_string(i / 40)) + "Accept: text/event-stream\r\n");
  }
  for (const auto& one : followers) ASSERT_EQ(one->hears(), 200);
  EXPECT_TRUE(eventually([&] { return streams() == 1000; })) << streams();
  std::vector<std::unique_ptr<Process>> listings;
  for (int i = 0; i < 8; ++i)  // if health waited for its turn among them it would take far longer
    listings.push_back(std::make_unique<Process>(std::vector<std::string>{
        "curl", "-s", "-o", "/dev/null", "-H", "Authorization: Bearer " + token("lister"),
        web.url(room + "/docs?again=[1-1000000]")}));
  EXPECT_TRUE(eventually([&] { return gets("/docs?limit=1").status == 200; }));

  std::map<std::string, std::vector<double>> took_ms;
  HttpSocket health(web.port());
  for (int i = 0; i < 300; ++i) {
    const auto begun = std::chrono::steady_clock::now();
    const std::string path = i % 2 == 0 ? "/healthz" : "/readyz";
    health.asks(path);
    ASSERT_EQ(health.hears(), 200);
    const std::chrono::duration<double, std::milli> took = std::chrono::steady_clock::now() - begun;
    took_ms[path].push_back(took.count());
  }
  for (const auto& one : listings) EXPECT_TRUE(one->running());
  for (auto& [path, all] : took_ms) {
    std::sort(all.begin(), all.end());
    EXPECT_LE(all[all.size() / 2], 50) << path << ", worst " << all.back() << " ms";
  }
}

TEST_F(HttpCrowd, WhoTakesNothingOfAStreamIsLetGo) {
  HttpSocket lazy(web.port(), 4096);
  lazy.asks(room + "/changes", bearer("alice") + "Accept: text/event-stream\r\n");
  EXPECT_TRUE(eventually([&] { return streams() == 1; }));
  auto busy = follows({}, "bob");
  EXPECT_TRUE(eventually([&] { return busy->out().size() > 20'000'000; }, 60'000)) << "he holds nobody up";
  EXPECT_TRUE(eventually([&] { return streams() == 1; }, 90'000)) << streams() << ": only the other is left";
  EXPECT_TRUE(busy->running());
}

}  // namespace
}  // namespace msync::test
