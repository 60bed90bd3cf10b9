#include "bridge/schema_gate.h"

#include "bridge_fixture.h"

namespace msync {
namespace {

class SchemaGateTest : public BridgeFixture {
 protected:
  /// Enough documents for the gate to ask whether it shall go on.
  SchemaGateTest() {
    std::string many = "[";
    for (int i = 0; i < 400; ++i)
      many += std::string(i ? "," : "") + R"({"op":"put","id":"x)" + std::to_string(i) +
              R"(","data":{"text":"longer"}})";
    send(src_a, 1, many + "]");
  }

  static Collections with(const std::string& text_rule) {
    auto loaded = Collections::load(
        {{"notes.json", R"({"type":"object","properties":{"text":{"type":"string")" + text_rule +
                            R"(}},"x-sync":{"topic":"notes/{x}","access":[{"allow":["read"]}]}})"}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    return std::move(loaded.collections);
  }

  SchemaGate gate(bool allow_invalid = false) {
    return {address, allow_invalid, [this] { return interrupted; }};
  }

  /// What `work` logs.
  static std::string log_of(const std::function<void()>& work) {
    testing::internal::CaptureStdout();
    work();
    return testing::internal::GetCapturedStdout();
  }

  void note(const SchemaGate& gate) {
    store->begin();
    for (const auto& [name, fingerprint] : gate.accepted()) store->save_accepted(name, fingerprint);
    store->commit();
  }

  const Collections narrow = with(R"(,"maxLength":5)");
  const Collections wide = with("");
  bool interrupted = false;
};

TEST_F(SchemaGateTest, WhatDocumentsDoNotFitIsRefusedWithHowManyAndWhich) {
  SchemaGate here = gate();
  const std::string log = log_of([&] { EXPECT_FALSE(here.admits(narrow)); });
  EXPECT_NE(log.find("400 of 400 documents of notes would not fit notes.json"), std::string::npos) << log;
  EXPECT_NE(log.find(R"(scope "notes/1" id "x0" at /text: invalid, )"), std::string::npos) << log;
  EXPECT_NE(log.find("and 380 more"), std::string::npos) << log;
  EXPECT_TRUE(here.accepted().empty());
}

TEST_F(SchemaGateTest, WhereThatIsAllowedItWarnsWithTheSameFigures) {
  SchemaGate here = gate(true);
  const std::string log = log_of([&] { EXPECT_TRUE(here.admits(narrow)); });
  EXPECT_NE(log.find("400 of 400 documents of notes would not fit notes.json"), std::string::npos) << log;
  EXPECT_NE(log.find("[warning]"), std::string::npos) << log;
  EXPECT_EQ(here.accepted().size(), 1U);
}

TEST_F(SchemaGateTest, WhatIsUnchangedIsAdmittedUnread) {
  SchemaGate first = gate();
  ASSERT_TRUE(first.admits(wide));
  note(first);
  interrupted = true;  // as soon as it reads so many
  SchemaGate again = gate();
  EXPECT_TRUE(again.admits(wide));
  EXPECT_TRUE(again.accepted().empty());
  EXPECT_FALSE(again.admits(with(R"(,"maxLength":50)"))) << "a changed one is read";
}

TEST_F(SchemaGateTest, WhatWasWrittenMeanwhileIsLookedAtAfterwards) {
  SchemaGate here = gate();
  const Collections now = with(R"(,"maxLength":6)");
  ASSERT_TRUE(here.admits(now));
  send(src_a, 401, R"([{"op":"put","id":"late","data":{"text":"under the old schema"}}])");
  const std::string log = log_of([&] { here.look_back(now); });
  EXPECT_NE(log.find("1 of 1 document of notes would not fit"), std::string::npos) << log;
  EXPECT_NE(log.find(R"(id "late")"), std::string::npos) << log;
  SchemaGate quiet = gate();
  ASSERT_TRUE(quiet.admits(wide));
  EXPECT_EQ(log_of([&] { quiet.look_back(wide); }), "");
}

}  // namespace
}  // namespace msync
