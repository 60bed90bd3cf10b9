// `status` on a terminal.
#include "cli/status_format.h"

#include <gtest/gtest.h>

using namespace msync;

namespace {

const Json status = Json::parse(R"({"version":"0.1.0","epoch":"1-a","start_ms":1795248051881,
  "broker":{"address":"mqtt://127.0.0.1:1883","connected":true,"ready":true,"dropped_messages":3},
  "store":{"readable":true,"writable":true,"bytes":20480,"log_bytes":0,"scopes":2,"documents":10,"tombstones":1},
  "queues":{"inbox_messages":0,"outbox_bytes":0,"waiting_pulls":0},"door":{"connections":4},
  "rates":{"mutations_per_s":[1,2.5],"deltas_per_s":[1,2],"pulls_per_s":[0,0],"ack_p50_ms":[1,null],"ack_p99_ms":[3,4.5],
           "commit_p50_ms":[],"commit_p99_ms":[]},
  "scopes":[{"topic":"chat/42/messages","count":10,"seq":17,"readers":2}],
  "replicas":{"synced":2,"behind":{"1h":1,"1d":2},"rows":[{"user":"bob","src":"b3c1","scope":"chat/42/messages","behind":5,"seen_at_ms":0}]},
  "conflicts":[{"scope":"chat/42/messages","id":"m1","at_ms":0,"user":"bob","against":"alice","status":"superseded"}],
  "rejections":[{"scope":"chat/42/messages","id":"m2\u001b[2J","at_ms":0,"user":"eve","code":"invalid","path":"/text"}]})");

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST(StatusText, SaysWhatThePageSays) {
  const std::string text = status_text(status, 0);
  for (const char* part :
       {"mqtt://127.0.0.1:1883, connected, has dropped 3",
        "works, 10 documents in 2 scopes, 1 tombstones, 20 KiB", "4 connected", "2.5 mutations",
        "ack - ms (99 %: 4.5)", "2 synced, 3 behind", "5 behind", "bob against alice",
        "eve  invalid at /text", "chat/42/messages  10 documents, seq 17, 2 readers"}) {
    EXPECT_TRUE(has(text, part)) << part << "\n" << text;
  }
}

TEST(StatusText, SaysWhatTheStoreCannotDo) {
  Json failing = status;
  failing["store"]["writable"] = false;
  EXPECT_TRUE(has(status_text(failing, 0), "store     cannot be written, 10 documents"));
  failing["store"]["readable"] = false;
  EXPECT_TRUE(has(status_text(failing, 0), "store     cannot be read, 10 documents"));
}

TEST(StatusText, NothingInItMovesTheCursor) {
  EXPECT_EQ(status_text(status, 0).find('\x1b'), std::string::npos);
}

TEST(StatusText, ALineIsNoLongerThanTheTerminal) {
  const std::string text = status_text(status, 40);
  for (std::size_t at = 0, end = 0; (end = text.find('\n', at)) != text.npos; at = end + 1)
    EXPECT_LE(end - at, 40U);
}

TEST(StatusText, AnotherVersionsDocumentIsNoFault) {
  EXPECT_TRUE(
      has(status_text(Json::parse(R"({"broker":1,"replicas":{"behind":7,"rows":{}},"scopes":[3]})"), 0),
          "not connected"));
}
