// The rule book of docs/conflicts.md, rule by rule, and its laws over every order of arrival.
#include "core/reconcile.h"

#include <gtest/gtest.h>

#include <algorithm>

using namespace msync;

namespace {

const char* schema_text =
    R"({"type":"object","required":["text"],"properties":{"text":{"type":"string","maxLength":20},
  "likes":{"type":"integer","minimum":0,"maximum":10,"x-merge":"counter"},"tags":{"type":"array","x-merge":"set"},
  "best":{"type":"integer","x-merge":"max"},"least":{"type":"integer","x-merge":"min"}},
  "x-sync":{"topic":"t/{x}","conflict":"POLICY","access":[{"allow":["read","write"]}],"max_bytes":200}})";

Collections load(const std::string& policy) {
  std::string text = schema_text;
  text.replace(text.find("POLICY"), 6, policy);
  auto loaded = Collections::load({{"t.json", text}});
  for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  return std::move(loaded.collections);
}

/// One entity under one policy, written to by anybody.
class Case {
 public:
  explicit Case(const std::string& policy) : collections_(load(policy)) {}

  struct By {
    std::string user;
    std::string src;
    std::int64_t at_ms = 1'000'000;
  };

  Status write(const By& by, Op op, std::optional<std::uint64_t> base, std::optional<std::int64_t> ts,
               const char* data = nullptr) {
    Operation operation;
    operation.op = op;
    operation.id = "e";
    operation.base = base;
    operation.ts = ts;
    if (data != nullptr) operation.data = Json::parse(data);
    const Writer writer{by.user, by.src, 1, by.at_ms};
    const Decision decision =
        reconcile(*collections_.find("t"), stands_ ? &*stands_ : nullptr, operation, writer, horizon);
    error = decision.error;
    changed = decision.entity.has_value();
    if (decision.entity) {
      EXPECT_EQ(decision.entity->version, stands_ ? stands_->version + 1 : horizon + 1)
          << "version rises by one";
      stands_ = decision.entity;
    }
    return decision.status;
  }

  std::string text() const {
    if (!stands_) return "none";
    return stands_->deleted ? "deleted" : to_text(stands_->data);
  }
  const Entity& entity() const { return *stands_; }

  std::uint64_t horizon = 0;
  std::optional<Error> error;
  bool changed = false;

 private:
  Collections collections_;
  std::optional<Entity> stands_;
};

const Case::By alice{"alice", "aaaaaaaaaaaaaaaa"};
const Case::By bob{"bob", "bbbbbbbbbbbbbbbb"};
const Case::By carol{"carol", "cccccccccccccccc"};

Case with_entity(const std::string& policy) {
  Case made(policy);
  EXPECT_EQ(made.write(carol, Op::put, 0, 10, R"({"text":"old"})"), Status::applied);
  return made;
}

struct Arrival {
  Case::By by;
  Op op;
  std::int64_t ts;
  const char* data;
};

/// The state after these concurrent writes, all with base 1, in every order; fails where two orders differ.
void expect_same_in_every_order(const std::string& policy, std::vector<Arrival> writes,
                                const std::string& expected) {
  std::vector<std::size_t> order(writes.size());
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  do {
    Case one = with_entity(policy);
    std::string said;
    for (const std::size_t i : order) {
      const Arrival& write = writes[i];
      said +=
          std::to_string(i) + ":" + to_string(one.write(write.by, write.op, 1, write.ts, write.data)) + " ";
    }
    EXPECT_EQ(one.text(), expected) << said;
  } while (std::next_permutation(order.begin(), order.end()));
}

}  // namespace

TEST(Reconcile, UnknownIdIsCreatedByAPutThatExpectsNothingOrIsBlind) {
  Case zero("lww");
  zero.horizon = 41;
  EXPECT_EQ(zero.write(alice, Op::put, 0, 5, R"({"text":"a"})"), Status::applied);
  EXPECT_EQ(zero.entity().version, 42U) << "above any version a purged entity can have had";
  Case blind("reject");
  EXPECT_EQ(blind.write(alice, Op::put, {}, 5, R"({"text":"a"})"), Status::applied);
  Case patch("lww");
  EXPECT_EQ(patch.write(alice, Op::patch, 0, 5, R"({"text":"a","likes":{"$inc":2}})"), Status::applied);
  EXPECT_EQ(patch.text(), R"({"likes":2,"text":"a"})");
}

TEST(Reconcile, UnknownIdIsNotRevivedByItsOldWriters) {
  for (const char* policy : {"lww", "merge", "reject"}) {
    Case one(policy);
    EXPECT_EQ(one.write(alice, Op::put, 7, 5, R"({"text":"a"})"), Status::superseded);
    EXPECT_EQ(one.write(alice, Op::patch, {}, 5, R"({"text":"a"})"), Status::superseded);
    EXPECT_EQ(one.write(alice, Op::patch, 3, 5, R"({"text":"a"})"), Status::superseded);
    EXPECT_EQ(one.write(alice, Op::remove, 7, 5), Status::applied);
    EXPECT_EQ(one.text(), "none");
  }
}

TEST(Reconcile, SequentialWritesWinWhateverTheClock) {
  for (const char* policy : {"lww", "merge", "reject"}) {
    Case one = with_entity(policy);
    EXPECT_EQ(one.write(alice, Op::put, 1, -1'000, R"({"text":"new"})"), Status::applied) << policy;
    EXPECT_EQ(one.entity().ts, 11) << "stored after what it replaced";
    EXPECT_EQ(one.write(bob, Op::patch, 2, 3, R"({"more":1})"), Status::applied) << policy;
    EXPECT_EQ(one.text(), R"({"more":1,"text":"new"})");
  }
}

TEST(Reconcile, AWriterNeverLosesToItself) {
  for (const char* policy : {"lww", "merge", "reject"}) {
    Case one = with_entity(policy);
    for (int i = 0; i < 20; ++i) {
      const std::string data = R"({"text":")" + std::to_string(i) + R"("})";
      EXPECT_EQ(one.write(alice, Op::put, 1, 100 + i, data.c_str()), Status::applied) << policy << i;
    }
    EXPECT_EQ(one.text(), R"({"text":"19"})");
    EXPECT_EQ(one.entity().version, 21U);
  }
  Case other_user = with_entity("reject");
  const Case::By thief{"mallory", carol.src};
  EXPECT_EQ(other_user.write(thief, Op::put, 0, 99, R"({"text":"x"})"), Status::conflict)
      << "src alone is no identity";
}

TEST(Reconcile, ABaseAboveWhatStandsIsRefused) {
  Case one = with_entity("lww");
  EXPECT_EQ(one.write(alice, Op::put, 2, 99, R"({"text":"x"})"), Status::rejected);
  EXPECT_EQ(one.error->code, Code::version_ahead);
  EXPECT_EQ(one.write(carol, Op::remove, 1000, 99), Status::rejected) << "also from its own last writer";
}

TEST(Reconcile, LastWriterWins) {
  Case one = with_entity("lww");
  EXPECT_EQ(one.write(alice, Op::put, 0, 9, R"({"text":"x"})"), Status::superseded);
  EXPECT_EQ(one.write(alice, Op::put, 0, 10, R"({"text":"x"})"), Status::superseded)
      << "aaaa… is below cccc…";
  EXPECT_EQ(one.write(alice, Op::put, {}, 11, R"({"text":"x"})"), Status::applied);
  EXPECT_EQ(one.write(bob, Op::patch, 0, 12, R"({"more":1})"), Status::merged);
  EXPECT_EQ(one.text(), R"({"more":1,"text":"x"})");
}

TEST(Reconcile, WritersWithoutAReplicaTakeTurnsWithinOneMillisecond) {
  Case one("lww");
  const Case::By sensor{"sensor", ""};
  EXPECT_EQ(one.write(sensor, Op::put, {}, 5, R"({"text":"1"})"), Status::applied);
  EXPECT_EQ(one.write(sensor, Op::put, {}, 5, R"({"text":"2"})"), Status::applied);
  EXPECT_EQ(one.text(), R"({"text":"2"})");
  EXPECT_EQ(one.write(sensor, Op::put, {}, 4, R"({"text":"3"})"), Status::superseded);
}

TEST(Reconcile, AClockThatIsAheadIsSetToTheBrokers) {
  Case one = with_entity("lww");
  const std::int64_t at = alice.at_ms;
  EXPECT_EQ(one.write(alice, Op::put, 1, at + limits::max_skew_ms, R"({"text":"in"})"), Status::applied);
  EXPECT_EQ(one.entity().ts, at + limits::max_skew_ms);
  Case two = with_entity("lww");
  EXPECT_EQ(two.write(alice, Op::put, 1, at + limits::max_skew_ms + 1, R"({"text":"out"})"), Status::applied);
  EXPECT_EQ(two.entity().ts, at);
}

TEST(Reconcile, RejectRefusesWhatIsConcurrent) {
  Case one = with_entity("reject");
  EXPECT_EQ(one.write(alice, Op::put, 0, 99, R"({"text":"x"})"), Status::conflict);
  EXPECT_EQ(one.write(alice, Op::put, {}, 99, R"({"text":"x"})"), Status::conflict);
  EXPECT_EQ(one.write(alice, Op::patch, 0, 99, R"({"text":"x"})"), Status::conflict);
  EXPECT_EQ(one.write(alice, Op::remove, {}, 99), Status::conflict);
  EXPECT_EQ(one.text(), R"({"text":"old"})");
  EXPECT_EQ(one.write(alice, Op::patch, {}, 1, R"({"likes":{"$inc":1}})"), Status::applied)
      << "operators never conflict";
}

TEST(Reconcile, MergeGoesFieldByField) {
  Case one = with_entity("merge");
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20, R"({"a":1})"), Status::applied);
  EXPECT_EQ(one.write(bob, Op::patch, 1, 15, R"({"b":2})"), Status::merged);
  EXPECT_EQ(one.write(bob, Op::patch, 1, 16, R"({"a":9})"), Status::superseded)
      << "its own last edit was of another field; this one is newer";
  EXPECT_EQ(one.write(bob, Op::patch, 1, 14, R"({"b":3})"), Status::applied)
      << "its own field gives way to it";
  Case two = with_entity("merge");
  two.write(alice, Op::patch, 1, 20, R"({"a":1})");
  EXPECT_EQ(two.write(bob, Op::patch, 1, 15, R"({"a":2})"), Status::superseded);
  EXPECT_EQ(two.write(bob, Op::patch, 1, 16, R"({"a":2,"b":2})"), Status::merged);
  EXPECT_EQ(two.text(), R"({"a":1,"b":2,"text":"old"})");
}

TEST(Reconcile, DeletesLeaveTombstonesThatStand) {
  for (const char* policy : {"lww", "merge", "reject"}) {
    Case one = with_entity(policy);
    EXPECT_EQ(one.write(alice, Op::remove, 1, 20), Status::applied);
    EXPECT_EQ(one.text(), "deleted");
    EXPECT_TRUE(one.entity().data.is_null());
    EXPECT_EQ(one.write(bob, Op::patch, 2, 30, R"({"text":"x"})"), Status::superseded) << "sequential, too";
    EXPECT_EQ(one.write(bob, Op::patch, 2, 30, R"({"likes":{"$inc":1}})"), Status::superseded);
    EXPECT_EQ(one.write(bob, Op::put, 1, 19, R"({"text":"x"})"),
              policy == std::string("reject") ? Status::conflict : Status::superseded);
    EXPECT_EQ(one.write(bob, Op::remove, 1, 19), Status::applied);
    EXPECT_FALSE(one.changed);
    EXPECT_EQ(one.write(bob, Op::put, 2, 1, R"({"text":"again"})"), Status::applied) << "on purpose";
    EXPECT_EQ(one.entity().version, 3U);
    EXPECT_EQ(one.text(), R"({"text":"again"})");
  }
}

TEST(Reconcile, ANewerPutRevivesAndANewerDeleteBeatsEveryPatch) {
  Case one = with_entity("lww");
  one.write(alice, Op::remove, 1, 20);
  EXPECT_EQ(one.write(bob, Op::put, 1, 21, R"({"text":"x"})"), Status::applied);
  EXPECT_EQ(one.text(), R"({"text":"x"})");
  Case two = with_entity("lww");
  two.write(alice, Op::patch, 1, 50, R"({"text":"patched"})");
  EXPECT_EQ(two.write(bob, Op::remove, 1, 20), Status::applied) << "the last put was at 10";
  Case three = with_entity("lww");
  three.write(alice, Op::put, 1, 50, R"({"text":"put"})");
  EXPECT_EQ(three.write(bob, Op::remove, 1, 20), Status::superseded);
}

TEST(Reconcile, OperatorsApplyToWhatStands) {
  Case one = with_entity("lww");
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20,
                      R"({"likes":{"$inc":3},"tags":{"$add":["a","b","a"]},"best":{"$max":4}})"),
            Status::applied);
  const Entity before = one.entity();
  EXPECT_EQ(before.edited, 1U);
  EXPECT_EQ(before.ts, 10);
  EXPECT_EQ(before.by, "alice");
  EXPECT_EQ(before.user, "carol");
  one.write(bob, Op::patch, {}, 1,
            R"({"likes":{"$inc":-1},"tags":{"$add":["c"],"$remove":["a"]},"best":{"$max":2}})");
  EXPECT_EQ(one.text(), R"({"best":4,"likes":2,"tags":["b","c"],"text":"old"})");
  EXPECT_EQ(one.write(bob, Op::put, 1, 30, R"({"text":"new","likes":9})"), Status::applied)
      << "edited is still 1";
  EXPECT_EQ(one.text(), R"({"best":4,"likes":2,"tags":["b","c"],"text":"new"})")
      << "a put does not reset counters";
  EXPECT_EQ(one.write(bob, Op::patch, 0, 1, R"({"text":"late","likes":{"$inc":1}})"), Status::applied)
      << "own last edit";
  EXPECT_EQ(one.write(alice, Op::patch, 0, 1, R"({"text":"late","likes":{"$inc":1}})"), Status::superseded)
      << "the plain part's fate";
}

TEST(Reconcile, WhatIsNoOperatorIsRefusedWithItsPlace) {
  Case one = with_entity("merge");
  const char* bad[] = {
      R"({"likes":5})",         R"({"likes":null})", R"({"likes":{"$inc":"x"}})", R"({"likes":{"$add":[1]}})",
      R"({"tags":{"$add":1}})", R"({"tags":["a"]})", R"({"best":{"$max":[]}})",   R"({"likes":{}})"};
  for (const char* patch : bad) {
    EXPECT_EQ(one.write(alice, Op::patch, 1, 20, patch), Status::rejected) << patch;
    EXPECT_EQ(one.error->code, Code::bad_operator) << patch;
  }
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20, R"({"text":{"$inc":1}})"), Status::rejected);
  EXPECT_EQ(one.error->path, "/text");
  EXPECT_EQ(one.write(alice, Op::put, 1, 20, R"({"text":"a","likes":{"$inc":1}})"), Status::rejected);
}

TEST(Reconcile, TheResultMustFitTheSchema) {
  Case one = with_entity("lww");
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20, R"({"likes":{"$inc":11}})"), Status::rejected);
  EXPECT_EQ(one.error->code, Code::invalid);
  EXPECT_EQ(one.error->path, "/likes");
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20, R"({"text":null})"), Status::rejected);
  EXPECT_EQ(one.error->path, "");
  const std::string large = R"({"text":"a","more":")" + std::string(200, 'x') + R"("})";
  EXPECT_EQ(one.write(alice, Op::put, 1, 20, large.c_str()), Status::rejected);
  EXPECT_EQ(one.error->code, Code::too_large);
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20, R"({"likes":{"$inc":9223372036854775807}})"),
            Status::rejected);
  EXPECT_EQ(one.text(), R"({"text":"old"})");
}

TEST(Reconcile, WhatChangesNothingUsesNoVersion) {
  Case one = with_entity("lww");
  for (const char* patch : {R"({})", R"({"likes":{"$inc":0},"tags":{"$remove":["x"]}})"}) {
    const Status status = one.write(alice, Op::patch, 1, 20, patch);
    EXPECT_EQ(status, Status::applied);
  }
  EXPECT_EQ(one.write(alice, Op::patch, 1, 20, "{}"), Status::applied);
  EXPECT_FALSE(one.changed);
  EXPECT_EQ(one.write(alice, Op::noop, {}, {}), Status::applied);
  EXPECT_FALSE(one.changed);
}

TEST(ReconcileLaws, ConcurrentPutsAndDeletesEndTheSameInEveryOrder) {
  const Arrival put_a{alice, Op::put, 20, R"({"text":"a","x":1})"};
  const Arrival put_b{bob, Op::put, 30, R"({"text":"b"})"};
  const Arrival same_ts{bob, Op::put, 20, R"({"text":"tie"})"};
  const Case::By dave{"dave", "dddddddddddddddd"};
  for (const std::int64_t ts : {15, 25, 35}) {
    const Arrival removal{dave, Op::remove, ts, nullptr};
    expect_same_in_every_order("lww", {put_a, put_b, removal}, ts == 35 ? "deleted" : R"({"text":"b"})");
    expect_same_in_every_order("lww", {put_a, same_ts, removal}, ts == 15 ? R"({"text":"tie"})" : "deleted");
  }
  expect_same_in_every_order("merge", {put_a, put_b}, R"({"text":"b","x":1})");
}

TEST(ReconcileLaws, IncrementsCommute) {
  for (const char* policy : {"lww", "merge", "reject"}) {
    expect_same_in_every_order(policy,
                               {{alice, Op::patch, 20, R"({"likes":{"$inc":1}})"},
                                {bob, Op::patch, 5, R"({"likes":{"$inc":3}})"},
                                {alice, Op::patch, 21, R"({"likes":{"$inc":4}})"}},
                               R"({"likes":8,"text":"old"})");
  }
}

TEST(ReconcileLaws, FieldWiseMergesOfPatchesEndTheSameInEveryOrder) {
  expect_same_in_every_order("merge",
                             {{alice, Op::patch, 20, R"({"a":1,"b":1,"text":"alice"})"},
                              {bob, Op::patch, 30, R"({"b":2,"c":2})"},
                              {carol, Op::patch, 25, R"({"a":3,"c":null,"text":"carol"})"}},
                             R"({"a":3,"b":2,"c":2,"text":"carol"})");
}

TEST(ReconcileLaws, AReplicasOwnPatchesMergeInWhicheverPlaceAnothersArrives) {
  // bob's two stay in order; alice's comes before, between or after.
  for (int place = 0; place < 3; ++place) {
    Case one = with_entity("merge");
    for (int i = 0; i < 3; ++i) {
      if (i == place) one.write(alice, Op::patch, 1, 20, R"({"a":1})");
      if (i == 0) one.write(bob, Op::patch, 1, 15, R"({"b":2})");
      if (i == 1) one.write(bob, Op::patch, 1, 16, R"({"a":9})");
    }
    EXPECT_EQ(one.text(), R"({"a":1,"b":2,"text":"old"})") << place;
  }
}
