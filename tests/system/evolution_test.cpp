// A collection's file changes while phones have work that was made under the old one.
#include <sysexits.h>

#include <csignal>

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

constexpr const char* program = MSYNC_BUILD_DIR "/mosquitto-sync";
constexpr const char* requires_text = R"(["text"])";
constexpr const char* requires_lang = R"(["text","lang"])";

struct Evolution : World {
  void SetUp() override {
    file_becomes(requires_text);
    documents_fit = false;
    broker.options().schemas = folder.path();
    bridge.schemas() = folder.path();
    World::SetUp();
  }

  void file_becomes(const std::string& required, const std::string& more = "") {
    write_file(folder / "notes.json",
               R"({"type":"object","additionalProperties":false,"required":)" + required +
                   R"(,"properties":{"text":{"type":"string"},"lang":{"type":"string"})" + more +
                   R"(},"x-sync":{"topic":"notes/{x}","access":[{"allow":["read","write"]}]}})");
  }

  Phone& phone_of_notes(const std::string& id) { return new_phone(id, {.scopes = {"notes/1"}}); }

  bool logged(const std::string& words) {
    return eventually([&] { return bridge.log().find(words) != std::string::npos; });
  }

  /// What `check` prints and ends with.
  Finished check() { return run({program, "check", "--schemas", folder.path(), "--store", bridge.store()}); }

  TempDir folder;
};

TEST_F(Evolution, AReloadThatStoredDocumentsDoNotFitIsRefusedAndPhonesGoOn) {
  auto& alice = phone_of_notes("alice:a");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "hi"}})), "applied");
  EXPECT_EQ(outcome(alice, alice.writes("m2", {{"text", "salut"}, {"lang", "fr"}})), "applied");
  file_becomes(requires_lang);
  bridge.process().signal(SIGHUP);
  ASSERT_TRUE(logged("event=reload_refused")) << bridge.log();
  EXPECT_TRUE(logged("1 of 2 documents of notes would not fit " + (folder / "notes.json")));
  EXPECT_TRUE(logged(R"(scope "notes/1" id "m1": invalid, )"));
  EXPECT_EQ(outcome(alice, alice.writes("m3", {{"text", "as before"}})), "applied");

  const Finished checked = check();
  EXPECT_EQ(checked.code, EX_DATAERR);
  EXPECT_NE(checked.err.find("2 of 3 documents of notes would not fit"), std::string::npos) << checked.err;
  EXPECT_EQ(bridge.stop(), 0);
  EXPECT_EQ(bridge.start_and_fail(), EX_CONFIG) << "nor does it start with them";
}

TEST_F(Evolution, WithAllowInvalidTheyAreTakenAndOnlyTheNextWriteMustFit) {
  auto& alice = phone_of_notes("alice:a");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "hi"}})), "applied");
  alice.goes_offline();
  const auto old_app = alice.writes("m2", {{"text", "made by the old app"}});
  file_becomes(requires_lang);
  bridge.stop();
  bridge.arguments() = {"--allow-invalid"};
  bridge.start();
  EXPECT_TRUE(logged("1 of 1 document of notes would not fit")) << bridge.log();

  alice.goes_online();
  const MutationResult late = result(alice, old_app);
  EXPECT_EQ(late.status, Status::rejected);
  EXPECT_EQ(late.error.value_or(Error{}).code, Code::invalid);
  EXPECT_EQ(alice.holds("m1"), (Json{{"text", "hi"}})) << "it stays";
  EXPECT_EQ(outcome(alice, alice.patches("m1", {{"text", "still without"}})), "rejected");
  EXPECT_EQ(outcome(alice, alice.patches("m1", {{"lang", "en"}})), "applied");

  bridge.stop();
  bridge.arguments().clear();
  bridge.start();  // taken is taken
  EXPECT_EQ(check().code, 0);
}

TEST_F(Evolution, ARefusedFileIsTakenOnceTheDocumentsWereMended) {
  auto& alice = phone_of_notes("alice:a");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "hi"}})), "applied");
  file_becomes(requires_lang);
  bridge.process().signal(SIGHUP);
  ASSERT_TRUE(logged("event=reload_refused")) << bridge.log();
  EXPECT_EQ(outcome(alice, alice.patches("m1", {{"lang", "en"}})), "applied");
  bridge.process().signal(SIGHUP);
  ASSERT_TRUE(logged("event=reloaded")) << bridge.log();
  EXPECT_EQ(outcome(alice, alice.writes("m2", {{"text", "hi"}})), "rejected") << "the new file is at work";
}

TEST_F(Evolution, AWiderFileIsTakenAndWhatANewerAppSendsFollowsIt) {
  auto& alice = phone_of_notes("alice:a");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "hi"}, {"color", "red"}})), "rejected")
      << "additionalProperties is false";
  file_becomes(requires_text, R"(,"color":{"type":"string"})");
  bridge.process().signal(SIGHUP);
  ASSERT_TRUE(logged("event=reloaded")) << bridge.log();
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "hi"}, {"color", "red"}})), "applied");
}

TEST_F(Evolution, UnchangedFilesAreNotHeldAgainstTheDocumentsAgain) {
  auto& alice = phone_of_notes("alice:a");
  EXPECT_EQ(outcome(alice, alice.writes("m1", {{"text", "hi"}})), "applied");
  ASSERT_TRUE(eventually([&] {
    return check().out.find("changed since the bridge last took them: 0 of 1") != std::string::npos;
  }));
  file_becomes(requires_text, R"(,"color":{"type":"string"})");
  EXPECT_NE(check().out.find("changed since the bridge last took them: 1 of 1"), std::string::npos);
  EXPECT_NE(check().out.find("notes  1 document fits"), std::string::npos);
}

}  // namespace
}  // namespace msync::test
