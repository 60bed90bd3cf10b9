// The pipeline against a store that fails: nothing acknowledged is lost, nothing numbered is stored twice.
#include "bridge/pipeline.h"

#include <thread>

#include "bridge_fixture.h"
#include "tests/store_decorator.h"

using namespace msync;

namespace {

/// What shall go wrong, shared with every store that is opened meanwhile.
struct Faults {
  int begin_fails = 0;          // busy
  int commit_fails = 0;         // before anything is stored
  int commit_succeeds_bad = 0;  // stored, but the caller is told it failed
  int opened = 0;
};

class FaultyStore final : public StoreDecorator {
 public:
  FaultyStore(std::unique_ptr<Store> real, Faults& faults)
      : StoreDecorator(std::move(real)), faults_(faults) {
    ++faults_.opened;
  }

  void begin() override {
    if (faults_.begin_fails-- > 0) throw StoreError(StoreError::Kind::busy, "locked");
    real().begin();
  }
  void commit() override {
    if (faults_.commit_fails-- > 0) throw StoreError(StoreError::Kind::full, "no space");
    real().commit();
    if (faults_.commit_succeeds_bad-- > 0) throw StoreError(StoreError::Kind::other, "input/output error");
  }

 private:
  Faults& faults_;
};

class PipelineTest : public BridgeFixture {
 protected:
  PipelineTest() {
    committer.reset();
    store.reset();
  }

  /// Runs these messages through a pipeline to the end and returns the acks.
  std::vector<Ack> run(std::vector<Inbound> messages) {
    const auto open = [this] {
      return std::unique_ptr<Store>(
          std::make_unique<FaultyStore>(std::move(*open_store(address, 1000)), faults));
    };
    ServerTime time(0);
    Pipeline pipeline({open(), open, inbox, outbox, cursors, time, [this] { return collections; }, [] {},
                       [this](std::uint64_t boot) { boots.push_back(boot); },
                       [this] { revocations_changed += 1; }, RevokeRules{"mosquitto-sync"},
                       [&](const std::string& why) { fatal = why; }, boot_interval_ms});
    for (Inbound& message : messages) EXPECT_TRUE(inbox.push(std::move(message)));
    pipeline.remember(accepted);
    inbox.close();
    std::thread([&] { pipeline.run(); }).join();
    std::vector<Ack> acks;
    for (const Publish& message : outbox.pop(1000)) {
      if (auto ack = decode_ack(message.payload)) acks.push_back(*ack);
    }
    return acks;
  }

  std::uint64_t head() { return reader->view()->scope("notes/1").value_or(ScopeRow{}).seq; }

  Faults faults;
  Inbox inbox;
  Outbox outbox;
  Cursors cursors;
  std::string fatal;
  std::vector<std::uint64_t> boots;
  int revocations_changed = 0;
  std::int64_t boot_interval_ms = limits::boot_interval_ms;
  std::vector<std::pair<std::string, std::string>> accepted;
  const char* put_blind = R"([{"op":"put","id":"a","data":{"text":"x"}}])";
};

}  // namespace

TEST_F(PipelineTest, ALockedDatabaseDelaysAndLosesNothing) {
  faults.begin_fails = 2;
  const auto acks =
      run({inbound("alice:phone", in(src_a, 1, put_blind)),
           inbound("sensor:1", R"({"mutations":[{"op":"put","id":"b","data":{"text":"x"}}]})")});
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].n, 1U);
  EXPECT_EQ(head(), 2U) << "the unnumbered write, too";
  EXPECT_EQ(faults.opened, 1);
}

TEST_F(PipelineTest, WhichSchemasWereTakenIsStored) {
  accepted = {{"notes", "one"}, {"other", "two"}};
  run({});
  EXPECT_EQ(reader->view()->accepted(),
            (std::map<std::string, std::string>{{"notes", "one"}, {"other", "two"}}));
}

TEST_F(PipelineTest, ThatItCouldNotBeStoredHindersNothing) {
  accepted = {{"notes", "one"}};
  faults.commit_fails = 1;
  EXPECT_EQ(run({inbound("alice:phone", in(src_a, 1, put_blind))}).size(), 1U);
  EXPECT_TRUE(reader->view()->accepted().empty()) << "the next start checks again";
}

TEST_F(PipelineTest, ACommitThatFailedIsDoneAgain) {
  faults.commit_fails = 2;
  const auto acks = run({inbound("alice:phone", in(src_a, 1, put_blind))});
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_EQ(acks[0].results[0].status, Status::applied);
  EXPECT_EQ(head(), 1U);
  EXPECT_GE(faults.opened, 2) << "its fate is looked up in a store opened anew";
}

TEST_F(PipelineTest, ACommitThatSucceededBehindAnErrorIsNotDoneTwice) {
  faults.commit_succeeds_bad = 1;
  const auto acks =
      run({inbound("alice:phone", in(src_a, 1, put_blind)),
           inbound("sensor:1", R"({"mutations":[{"op":"put","id":"b","data":{"text":"x"}}]})")});
  ASSERT_EQ(acks.size(), 1U);
  EXPECT_TRUE(acks[0].results[0].duplicate);
  EXPECT_TRUE(cursors.next()) << "and readers must hear of it all the same";
  EXPECT_EQ(acks[0].n, 1U);
  EXPECT_EQ(head(), 2U);
}

TEST_F(PipelineTest, WhatStoodBehindACommitOfUnknownFateIsStored) {
  faults.commit_succeeds_bad = 1;
  std::string many = put_blind;
  many.pop_back();
  for (int i = 1; i < 500; ++i) many += R"(,{"op":"put","id":"a","data":{"text":"x"}})";
  many += "]";
  run({inbound("sensor:1", R"({"mutations":)" + many + "}"), inbound("alice:phone", in(src_a, 1, many)),
       inbound("sensor:2", R"({"mutations":[{"op":"put","id":"b","data":{"text":"x"}}]})")});
  EXPECT_EQ(head(), 1001U) << "the last message was not part of that commit";
}

TEST_F(PipelineTest, TheBootRisesOnceSomethingChanged) {
  boot_interval_ms = 0;
  run({inbound("alice:phone", in(src_a, 1, put_blind))});
  ASSERT_EQ(boots.size(), 1U);
  EXPECT_EQ(reader->view()->scopes_since(boots[0]).size(), 0U) << "the change was before";
}

TEST_F(PipelineTest, TheBootStaysWhereNothingChanged) {
  boot_interval_ms = 0;
  run({inbound("alice:phone", in(src_a, 1, R"([{"op":"noop"}])"))});
  EXPECT_EQ(boots.size(), 0U);
}

TEST_F(PipelineTest, WhatWasCommittedIsToBePublished) {
  run({inbound("alice:phone", in(src_a, 1, put_blind))});
  const auto work = cursors.next();
  ASSERT_TRUE(work);
  EXPECT_EQ(work->from, 0U);
}
