// schemas/protocol/*.json against what core/message.h writes, and against what it must refuse.
#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "core/message.h"
#include "core/schema.h"
#include "platform/files.h"

namespace msync {
namespace {

std::shared_ptr<const Schema> schema_of(const std::string& kind) {
  const auto bytes = read_file(MSYNC_SOURCE_DIR "/schemas/protocol/" + kind + ".json");
  if (!bytes) throw std::runtime_error(bytes.error().message);
  const auto json = parse_json(*bytes);
  if (!json) throw std::runtime_error(kind + ": " + json.error().message);
  const auto schema = Schema::compile(*json);
  if (!schema) throw std::runtime_error(kind + schema.error().path + ": " + schema.error().message);
  return *schema;
}

/// "" if it fits, else what is wrong and where.
std::string fault_of(const std::string& kind, const Json& message) {
  const auto error = schema_of(kind)->validate(message);
  return error ? error->path + ": " + error->message : "";
}

std::string fault(const std::string& kind, const std::string& text) {
  return fault_of(kind, Json::parse(text));
}

const std::string src = "b3c1b3c1-b3c1-4b3c-b3c1-b3c1b3c1b3c1";

Ack bare_ack() {
  Ack ack;
  ack.epoch = "1795-9b2e";
  ack.scope = "chat/42/messages";
  ack.src = src;
  ack.n = 19;
  ack.now = 1;
  return ack;
}

MutationResult result_of(std::uint64_t n, Status status) {
  MutationResult result;
  result.n = n;
  result.status = status;
  return result;
}

Ack example_ack() {
  Ack ack = bare_ack();
  ack.head = 133;
  ack.results = {result_of(17, Status::applied), result_of(18, Status::conflict),
                 result_of(19, Status::rejected)};
  ack.results[0].changes = {{"m1", 8, 131}};
  ack.results[1].op = 0;
  ack.results[1].standing = Landing{"m2", 5, 120};
  ack.results[1].error = Error{Code::conflict, "it changed", ""};
  ack.results[2].error = Error{Code::invalid, "too long", "/text"};
  ack.results[2].duplicate = true;
  return ack;
}

Change change_of(const char* id, std::uint64_t seq) {
  Change change;
  change.id = id;
  change.seq = seq;
  change.version = 2;
  change.ts = 5;
  change.by = "alice";
  return change;
}

Delta delta_of(std::uint64_t from, std::uint64_t to, std::uint64_t head) {
  Delta delta;
  delta.epoch = "1795-9b2e";
  delta.scope = "chat/42/messages";
  delta.from = from;
  delta.to = to;
  delta.head = head;
  delta.now = 1;
  return delta;
}

Delta example_page() {
  Delta page = delta_of(0, 9, 9);
  page.rid = "7f";
  page.last = true;
  page.reset = true;
  page.snap = 9;
  page.count = 1;
  page.digest = "0123456789abcdef";
  page.n = 3;
  page.outcomes = example_ack().results;
  page.changes = {change_of("m1", 8), change_of("m2", 9)};
  page.changes[0].src = src;
  page.changes[0].n = 3;
  page.changes[0].data = R"({"text":"hi"})";
  page.changes[1].deleted = true;
  return page;
}

Delta example_live() {
  Delta live = delta_of(8, 9, 10);
  live.changes = {change_of("m1", 9)};
  live.changes[0].base = 1;
  live.changes[0].patch = "{}";
  return live;
}

Pull example_pull() {
  Pull pull;
  pull.rid = "7f";
  pull.src = src;
  pull.epoch = "e";
  pull.since = 3;
  pull.cbor = true;
  return pull;
}

Notice notice_of(Code code) {
  Notice notice;
  notice.code = code;
  notice.message = "why";
  if (code == Code::quota) notice.retry_after_ms = 5;
  if (code == Code::token) notice.expires_in_s = 60;
  if (code == Code::revoked) notice.scope = "chat/42/messages";
  return notice;
}

TEST(ProtocolSchemas, AcceptWhatWeWrite) {
  Ack gap = bare_ack();
  gap.gap = true;
  Ack stale = bare_ack();
  stale.stale = true;
  EXPECT_EQ(fault("ack", encode(example_ack())), "");
  EXPECT_EQ(fault("ack", encode(gap)), "");
  EXPECT_EQ(fault("ack", encode(stale)), "");
  EXPECT_EQ(fault("delta", encode(example_page())), "");
  EXPECT_EQ(fault("delta", encode(example_live())), "");
  EXPECT_EQ(fault("change", encode(example_page().changes[0])), "");
  EXPECT_EQ(fault("pull", encode(example_pull())), "");
  EXPECT_EQ(fault("seen", encode(Seen{src, "e", 4})), "");
  EXPECT_EQ(fault("status", encode(ServerStatus{true, "e", 3, "0.1.0"})), "");
  for (const Code code : {Code::denied, Code::malformed, Code::too_large, Code::quota, Code::token,
                          Code::revoked, Code::bad_operator}) {
    EXPECT_EQ(fault("notice", encode(notice_of(code))), "") << to_string(code);
  }
}

TEST(ProtocolSchemas, AcceptTheExampleOfTheProtocol) {
  const std::string text = R"({"epoch":"1795-9b2e","src":")" + src + R"(","n":17,"mutations":[
    {"op":"put","id":"m1","base":7,"ts":1795232472123,"data":{"text":"hi"}},
    [{"op":"patch","id":"m2","base":3,"data":{"likes":{"$inc":1}}},{"op":"delete","id":"m3","base":2}],
    {"op":"noop"}]})";
  EXPECT_EQ(fault("in", text), "");
  EXPECT_EQ(fault("in", encode(*decode_in(text))), "");
  EXPECT_EQ(fault("in", R"({"mutations":[{"op":"put","id":"é","data":{}}]})"), "");
}

TEST(ProtocolSchemas, LetLaterMinorVersionsAddMembers) {
  const std::pair<const char*, std::string> messages[] = {
      {"ack", encode(example_ack())},
      {"delta", encode(example_page())},
      {"change", encode(example_page().changes[0])},
      {"pull", encode(example_pull())},
      {"seen", encode(Seen{src, "e", 4})},
      {"status", encode(ServerStatus{true, "e", 3, "0.1.0"})},
      {"notice", encode(notice_of(Code::denied))},
      {"in", R"({"mutations":[{"op":"noop"}]})"}};
  for (const auto& [kind, text] : messages) {
    Json json = Json::parse(text);
    json["of-a-later-version"] = 1;
    EXPECT_EQ(fault_of(kind, json), "") << kind;
  }
}

/// A message with one member set, or taken away where the value is "discarded".
std::string with(const std::string& kind, const std::string& text, const char* pointer, const char* value) {
  Json json = Json::parse(text);
  const Json::json_pointer at(pointer);
  if (value) {
    json[at] = Json::parse(value);
  } else {
    json[at.parent_pointer()].erase(at.back());
  }
  return fault_of(kind, json);
}

TEST(ProtocolSchemas, RefuseAWrongMember) {
  struct Case {
    const char* kind;
    std::string text;
    const char* pointer;
    const char* value;  // nullptr: without it
  };
  const std::string in =
      R"({"epoch":"e","src":")" + src +
      R"(","n":1,"mutations":[{"op":"put","id":"a","data":{}},[{"op":"delete","id":"a"}]]})";
  const std::string ack = encode(example_ack());
  const std::string page = encode(example_page());
  const std::string live = encode(example_live());
  const std::string change = encode(example_page().changes[0]);
  const std::string status = encode(ServerStatus{true, "e", 3, "0.1.0"});
  const std::string pull = encode(example_pull());
  const std::string seen = encode(Seen{src, "e", 4});
  const std::string notice = encode(notice_of(Code::revoked));
  for (const Case& wrong : {
           Case{"in", in, "/mutations", "[]"},
           Case{"in", in, "/n", nullptr},
           Case{"in", in, "/n", "0"},
           Case{"in", in, "/n", "9007199254740992"},
           Case{"in", in, "/src", "\"short\""},
           Case{"in", in, "/mutations/0/op", "\"upsert\""},
           Case{"in", in, "/mutations/0/id", "\"a/b\""},
           Case{"in", in, "/mutations/0/data", nullptr},
           Case{"in", in, "/mutations/0/base", "-1"},
           Case{"in", in, "/mutations/0/ts", "1.5"},
           Case{"in", in, "/mutations/1", "[]"},
           Case{"in", in, "/mutations/1/0", "[]"},
           Case{"in", in, "/mutations/1/0/op", "\"noop\""},
           Case{"ack", ack, "/n", nullptr},
           Case{"ack", ack, "/head", nullptr},
           Case{"ack", ack, "/gap", "true"},
           Case{"ack", ack, "/stale", "true"},
           Case{"ack", ack, "/results/0/status", "\"done\""},
           Case{"ack", ack, "/results/0/changes", nullptr},
           Case{"ack", ack, "/results/1/seq", nullptr},
           Case{"ack", ack, "/results/2/error", nullptr},
           Case{"ack", ack, "/results/2/error/path", nullptr},
           Case{"ack", ack, "/results/0/changes/0/version", "0"},
           Case{"delta", page, "/digest", "\"0123456789ABCDEF\""},
           Case{"delta", page, "/digest", nullptr},
           Case{"delta", page, "/rid", nullptr},
           Case{"delta", page, "/snap", nullptr},
           Case{"delta", page, "/from", "\"0\""},
           Case{"delta", page, "/changes/0/data", nullptr},
           Case{"delta", page, "/changes/1/data", "{}"},
           Case{"delta", page, "/changes/0/seq", "0"},
           Case{"delta", page, "/outcomes/0/n", nullptr},
           Case{"delta", live, "/changes/0/base", nullptr},
           Case{"delta", live, "/rid", "\"7f\""},
           Case{"change", change, "/by", nullptr},
           Case{"change", change, "/src", nullptr},
           Case{"change", change, "/data", "[]"},
           Case{"status", status, "/state", "\"up\""},
           Case{"status", status, "/protocol", "2"},
           Case{"status", status, "/limits/max_depth", nullptr},
           Case{"pull", pull, "/rid", "\"\""},
           Case{"pull", pull, "/since", nullptr},
           Case{"pull", pull, "/limit", "0"},
           Case{"pull", pull, "/accept", "\"cbor\""},
           Case{"seen", seen, "/src", nullptr},
           Case{"seen", seen, "/seq", "true"},
           Case{"notice", notice, "/code", "\"oops\""},
           Case{"notice", notice, "/scope", nullptr},
           Case{"notice", notice, "/n", "0"},
       }) {
    EXPECT_NE(with(wrong.kind, wrong.text, wrong.pointer, wrong.value), "")
        << wrong.kind << " " << wrong.pointer;
  }
}

}  // namespace
}  // namespace msync
