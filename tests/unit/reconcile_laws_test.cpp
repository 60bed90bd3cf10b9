// Laws of each single write, over random histories. docs/conflicts.md, "Laws".
#include "laws.h"

using namespace msync;
using namespace msync::laws;

namespace {

/// Every write of a random history, also of devices that lie about base and clock, is shown to `law`: what stood, the
/// write, what was decided. Half of the letters keep the protocol, the others say anything.
template <typename Law>
void every_write(Law law) {
  const auto policy = *policies();
  const auto history = *histories(any_kind, 24);
  Bench bench(policy);
  for (const Move& move : history) {
    Letter letter = bench.write(move);
    if (*any_of_range(0, 4) == 0) {
      letter.operation.base = *any_of_range<std::uint64_t>(0, 9);
      letter.operation.ts = *any_of_range<std::int64_t>(-5, 40);
      if (letter.operation.data.contains("text")) letter.operation.data["text"] = "longer than it may be";
    }
    const std::optional<Entity> before = bench.standing;
    const Decision decision = bench.judge(letter);
    RC_LOG() << policy << ": on " << (before ? "version " + std::to_string(before->version) : "nothing")
             << " " << bench.text() << ": " << letter << " -> " << to_string(decision.status) << "\n";
    law(bench, before, letter, decision);
    bench.arrive(letter);
  }
}

bool sequential(const Entity& before, const Letter& letter) {
  const auto& base = letter.operation.base;
  return base && *base >= before.edited && *base <= before.version;
}

bool own(const Entity& before, const Letter& letter) {
  return letter.writer.user == before.user && letter.writer.src == before.src;
}

Move move_of(int who, Kind kind, int sees, int late = 0, int fields = 1, int value = 5) {
  return Move{who, kind, sees, late, fields, value};
}

}  // namespace

RC_GTEST_PROP(ReconcileLaws, AVersionRisesByOneAndIsNotBelowTheLastEdit, ()) {
  every_write([](const Bench&, const auto& before, const Letter& letter, const Decision& decision) {
    if (!decision.entity) return;
    RC_ASSERT(decision.entity->version == (before ? before->version : 0) + 1);
    RC_ASSERT(decision.entity->edited <= decision.entity->version);
    RC_ASSERT(decision.entity->edited >= (before ? before->edited : 0));
    RC_ASSERT(decision.entity->by == letter.writer.user);
    RC_ASSERT(decision.entity->by_src == letter.writer.src);
    RC_ASSERT(decision.entity->by_n == letter.writer.n);
  });
}

RC_GTEST_PROP(ReconcileLaws, WhatIsRefusedChangesNothingAndSaysWhy, ()) {
  every_write([](const Bench&, const auto&, const Letter&, const Decision& decision) {
    const bool stored = decision.status == Status::applied || decision.status == Status::merged;
    RC_ASSERT(stored || !decision.entity);
    RC_ASSERT(stored == !decision.error);
    RC_ASSERT(decision.status != Status::merged || decision.entity.has_value());
  });
}

RC_GTEST_PROP(ReconcileLaws, WhatStandsAlwaysFitsTheSchema, ()) {
  every_write([](const Bench& bench, const auto&, const Letter&, const Decision& decision) {
    if (!decision.entity) return;
    RC_ASSERT(decision.entity->deleted == decision.entity->data.is_null());
    RC_ASSERT(decision.entity->deleted || !unfit(bench.collection(), decision.entity->data));
  });
}

RC_GTEST_PROP(ReconcileLaws, ASequentialWriteIsAcceptedWhateverTheClocksAndItsOwnRises, ()) {
  every_write([](const Bench&, const auto& before, const Letter& letter, const Decision& decision) {
    if (!before || !sequential(*before, letter)) return;
    if (before->deleted && letter.operation.op == Op::patch) return;  // to recreate takes a put
    RC_ASSERT(decision.status == Status::applied || decision.error->code == Code::invalid ||
              decision.error->code == Code::too_large);
    RC_ASSERT(!decision.concurrent);
    if (decision.entity && decision.entity->edited == decision.entity->version)
      RC_ASSERT(decision.entity->ts > before->ts);
  });
}

RC_GTEST_PROP(ReconcileLaws, ADeletedEntityReturnsOnlyByAPutThatSawTheDeleteOrIsNewer, ()) {
  every_write([](const Bench&, const auto& before, const Letter& letter, const Decision& decision) {
    if (!before || !before->deleted || !decision.entity || decision.entity->deleted) return;
    RC_ASSERT(letter.operation.op == Op::put);
    RC_ASSERT(decision.status == Status::applied);
    const bool newer =
        std::tie(*letter.operation.ts, letter.writer.src) > std::tie(before->put.ts, before->put.src);
    RC_ASSERT(sequential(*before, letter) || own(*before, letter) || newer);
  });
}

RC_GTEST_PROP(ReconcileLaws, AStaleWriteToATombstoneChangesNothing, ()) {
  every_write([](const Bench&, const auto& before, const Letter& letter, const Decision& decision) {
    if (!before || !before->deleted || sequential(*before, letter) || own(*before, letter)) return;
    if (std::tie(*letter.operation.ts, letter.writer.src) > std::tie(before->put.ts, before->put.src)) return;
    RC_ASSERT(!decision.entity);
  });
}

RC_GTEST_PROP(ReconcileLaws, OperatorsNeverConflictAndLeaveClocksAndEditAlone, ()) {
  every_write([](const Bench&, const auto& before, const Letter& letter, const Decision& decision) {
    const Json& data = letter.operation.data;
    const bool only = letter.operation.op == Op::patch && !data.contains("a") && !data.contains("b") &&
                      !data.contains("c") && !data.contains("text");
    if (!before || before->deleted || !only) return;
    RC_ASSERT(decision.status == Status::applied);
    if (!decision.entity) return;
    RC_ASSERT(decision.entity->edited == before->edited);
    RC_ASSERT(decision.entity->ts == before->ts && decision.entity->user == before->user);
    RC_ASSERT(decision.entity->put == before->put);
    RC_ASSERT(decision.entity->property_clock == before->property_clock);
  });
}

RC_GTEST_PROP(ReconcileLaws, AClockThatIsTooFarAheadIsTheBrokers, ()) {
  const auto ahead = *any_of_range<std::int64_t>(1, 100'000'000'000);  // up to three years
  every_write([ahead](const Bench& bench, const auto&, const Letter& letter, const Decision&) {
    Letter liar = letter;
    Letter right = letter;
    liar.operation.ts = letter.writer.at_ms + limits::max_skew_ms + ahead;
    right.operation.ts = letter.writer.at_ms;
    RC_ASSERT(bench.judge(liar).status == bench.judge(right).status);
    RC_ASSERT(bench.judge(liar).entity == bench.judge(right).entity);
    right.operation.ts.reset();
    RC_ASSERT(bench.judge(liar).entity == bench.judge(right).entity);
  });
}

RC_GTEST_PROP(ReconcileLaws, APhoneWhoseClockIsYearsOffDoesNoHarm, ()) {
  const auto policy = *policies();
  Bench bench = existing(policy, *histories(any_kind));
  constexpr std::int64_t years = 3LL * 365 * 24 * 3600 * 1000;
  const std::int64_t off = *rc::gen::element(-years, +years);
  Device& liar = bench.devices[0];
  const auto lie = [&](Kind kind, int sees, std::int64_t at_ms, int value) {
    if (sees == 0) liar.look(bench.standing);
    Letter letter = liar.write(move_of(0, kind, sees, 0, 9, value));
    letter.operation.ts = at_ms + off;
    letter.writer.at_ms = at_ms;
    return letter;
  };
  // It lies a few times, sequentially; then somebody honest, who saw that, writes; it lies again, having seen nothing.
  for (const int value : {1, 2}) {
    const Decision decision = bench.arrive(lie(Kind::put, 0, now_ms, value));
    RC_ASSERT(decision.status == Status::applied);
  }
  const std::vector<Letter> stale{lie(Kind::put, 1, now_ms, 7), lie(Kind::removal, 1, now_ms, 7),
                                  lie(Kind::patch, 1, now_ms, 7), lie(Kind::put, 2, now_ms, 7)};
  Device& honest = bench.devices[1];
  honest.look(bench.standing);
  Letter letter = honest.write(move_of(1, Kind::put, 1));
  letter.writer.at_ms = now_ms + 10;
  letter.operation.ts = std::max(now_ms + 10, *letter.operation.ts);
  RC_ASSERT(bench.arrive(letter).status == Status::applied);
  const std::string written = bench.text();
  for (const Letter& late : stale) {
    bench.arrive(late);
    RC_ASSERT(bench.text() == written);
  }
  // And it can still write, once it has seen what stands.
  RC_ASSERT(bench.arrive(lie(Kind::put, 0, now_ms + 20, 9)).status == Status::applied);
  RC_ASSERT(bench.standing->data["text"] == "t9");
}

/// Offline, one device edits one entity over and over; all its writes name the version it saw before the first.
std::vector<Letter> offline_edits(Bench& bench, Kind first) {
  bench.devices[0].look(bench.standing);
  std::vector<Letter> letters;
  for (int i = 0; i < 20; ++i) {
    const Kind later = *rc::gen::element(Kind::put, Kind::patch, Kind::mixed, Kind::increment);
    letters.push_back(bench.write(move_of(0, i == 0 ? first : later, 1, 2, *any_of_range(1, 16), i % 10)));
  }
  return letters;
}

RC_GTEST_PROP(ReconcileLaws, ADeviceThatEditsTwentyTimesOfflineHasAllOfThemAcceptedInOrder, ()) {
  Bench bench = existing(*policies(), *histories({Kind::put, Kind::patch, Kind::increment, Kind::mixed}));
  const auto letters = offline_edits(bench, Kind::increment);
  for (const Letter& letter : letters) {
    RC_LOG() << letter << " on " << bench.text() << "\n";
    RC_ASSERT(bench.arrive(letter).status == Status::applied);
  }
}

RC_GTEST_PROP(ReconcileLaws, AlsoWhenItsFirstOneWonAgainstAnotherDevicesWrite, ()) {
  // Under `reject` nothing wins against another write; under `merge` see below.
  Bench bench = existing("lww", *histories({Kind::put, Kind::patch, Kind::mixed}));
  const auto letters = offline_edits(bench, *rc::gen::element(Kind::put, Kind::patch, Kind::mixed));
  const Letter& first = letters.front();
  Device& other = bench.devices[1];
  other.look(bench.standing);
  Letter theirs = other.write(move_of(1, *rc::gen::element(Kind::put, Kind::patch), 1));
  RC_ASSERT(*first.operation.ts > *theirs.operation.ts);
  RC_ASSERT(bench.arrive(theirs).status == Status::applied);
  for (const Letter& letter : letters) {
    const Status status = bench.arrive(letter).status;
    RC_LOG() << letter << " -> " << to_string(status) << "\n";
    RC_ASSERT(status == Status::applied || (&letter == &first && status == Status::merged));
  }
}

RC_GTEST_PROP(ReconcileLaws, WhereAnothersWriteLiesBetweenThePolicySaysWhatBecomesOfTheRest, ()) {
  const auto policy = *rc::gen::element<std::string>("lww", "reject");
  Bench bench = existing(policy, {});
  bench.devices[0].look(bench.standing);
  std::vector<Letter> letters;
  for (int i = 0; i < 20; ++i) letters.push_back(bench.write(move_of(0, Kind::put, 1, 2, 1, i % 10)));
  const auto place = *any_of_range<std::size_t>(1, 20);
  const int late = *any_of_range(0, 40);
  bool passed = false;
  for (std::size_t i = 0; i < letters.size(); ++i) {
    if (i == place) {
      Device& other = bench.devices[1];
      other.look(bench.standing);
      RC_ASSERT(bench.arrive(other.write(move_of(1, Kind::put, 1, late))).status == Status::applied);
    }
    const bool newer = *letters[i].operation.ts > bench.standing->ts;
    const Status status = bench.arrive(letters[i]).status;
    RC_LOG() << i << " " << letters[i] << " -> " << to_string(status) << "\n";
    if (i < place || passed) {
      RC_ASSERT(status == Status::applied);
    } else if (policy == "reject") {
      RC_ASSERT(status == Status::conflict);
    } else {
      RC_ASSERT(status == (newer ? Status::applied : Status::superseded));
      passed = newer;  // from here on the last edit is its own again
    }
  }
}
