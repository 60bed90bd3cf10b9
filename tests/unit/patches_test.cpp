#include "bridge/patches.h"

#include <gtest/gtest.h>

#include <random>

#include "core/reconcile.h"

namespace msync {
namespace {

const std::string filler(600, 'x');

Change change(std::uint64_t seq, const Json& data, const std::string& id = "m1") {
  Change made;
  made.id = id;
  made.seq = made.version = seq;
  made.data = to_text(data);
  return made;
}

Delta delta(std::uint64_t from, std::vector<Change> changes) {
  Delta made;
  made.from = from;
  made.to = made.head = changes.back().seq;
  made.changes = std::move(changes);
  return made;
}

class PatchesTest : public testing::Test {
 protected:
  Change sent(std::uint64_t from, Change one, std::int64_t scope = 1) {
    Delta live = delta(from, {std::move(one)});
    patches.shorten(scope, live);
    return live.changes.front();
  }
  Patches patches;
};

TEST_F(PatchesTest, TheSecondTimeOnlyWhatIsNewIsSent) {
  EXPECT_FALSE(sent(0, change(1, {{"text", filler}, {"likes", 1}, {"old", 1}})).base.has_value());
  const Change second = sent(1, change(2, {{"text", filler}, {"likes", 2}, {"new", {{"a", 1}}}}));
  EXPECT_EQ(second.base, 1U);
  EXPECT_EQ(second.patch, R"({"likes":2,"new":{"a":1},"old":null})");
  EXPECT_TRUE(second.data.empty());
  const Change third = sent(2, change(3, {{"text", filler}, {"likes", 2}, {"new", {{"a", 1}, {"b", 2}}}}));
  EXPECT_EQ(third.base, 2U);
  EXPECT_EQ(third.patch, R"({"new":{"b":2}})");
}

TEST_F(PatchesTest, NotWhereReadersMayLackTheBase) {
  sent(0, change(1, {{"text", filler}}));
  sent(1, change(2, {{"text", filler}, {"a", 1}}));
  EXPECT_FALSE(sent(1, change(3, {{"text", filler}, {"a", 2}})).base.has_value()) << "version 2 came after 1";
  EXPECT_FALSE(sent(3, change(4, {{"text", filler}}), 2).base.has_value()) << "another scope";
  EXPECT_FALSE(sent(4, change(5, {{"text", filler}}, "m2")).base.has_value()) << "another entity";
}

TEST_F(PatchesTest, NotWhereItSavesLittleOrCannotSayIt) {
  sent(0, change(1, {{"text", filler}}));
  EXPECT_FALSE(sent(1, change(2, {{"text", filler + "y"}})).base.has_value()) << "all of it is new";
  EXPECT_FALSE(sent(2, change(3, {{"text", filler + "y"}, {"nothing", nullptr}})).base.has_value())
      << "null in a patch would remove";
  EXPECT_FALSE(sent(3, change(4, {{"text", "small"}})).base.has_value());
  EXPECT_FALSE(sent(4, change(5, {{"text", "small"}, {"a", 1}})).base.has_value());
}

TEST_F(PatchesTest, ADeletedDocumentIsForgotten) {
  sent(0, change(1, {{"text", filler}}));
  Change gone;
  gone.id = "m1";
  gone.seq = gone.version = 2;
  gone.deleted = true;
  sent(1, gone);
  EXPECT_EQ(patches.bytes(), 0U);
  EXPECT_FALSE(sent(2, change(3, {{"text", filler}})).base.has_value());
}

TEST(Patches, MemoryIsBoundedAndTheLatestStay) {
  Patches patches(512, 10'000);
  for (std::uint64_t seq = 1; seq <= 100; ++seq) {
    Delta live = delta(seq - 1, {change(seq, {{"text", filler}}, "m" + std::to_string(seq))});
    patches.shorten(1, live);
    EXPECT_LE(patches.bytes(), 10'000U);
  }
  Delta early = delta(100, {change(101, {{"text", filler}, {"a", 1}}, "m1")});
  patches.shorten(1, early);
  EXPECT_FALSE(early.changes[0].base.has_value());
  Delta late = delta(101, {change(102, {{"text", filler}, {"a", 1}}, "m100")});
  patches.shorten(1, late);
  EXPECT_EQ(late.changes[0].base, 100U);
}

TEST(Patches, APatchGivesExactlyTheDocument) {
  std::mt19937 dice(20261121);
  const auto value = [&](auto& self, int depth) -> Json {
    switch (dice() % (depth > 0 ? 6 : 4)) {
      case 0:
        return dice() % 5;
      case 1:
        return std::string(dice() % 4, 'v');
      case 2:
        return nullptr;
      case 3:
        return Json::array({dice() % 3, nullptr});
      default:
        Json object = Json::object();
        for (unsigned i = dice() % 4; i > 0; --i)
          object[std::string(1, static_cast<char>('a' + dice() % 4))] = self(self, depth - 1);
        return object;
    }
  };
  Patches patches(1);
  Json held;
  std::size_t patched = 0;
  for (std::uint64_t seq = 1; seq <= 20'000; ++seq) {
    Json next = held.is_object() && dice() % 2 == 0 ? held : Json{{"pad", std::string(dice() % 60, 'p')}};
    next[std::string(1, static_cast<char>('a' + dice() % 4))] = value(value, 2);
    Delta live = delta(seq - 1, {change(seq, next)});
    patches.shorten(1, live);
    const Change& one = live.changes.front();
    if (one.base) {
      patched += 1;
      ASSERT_EQ(merge_patch(held, *parse_json(one.patch)), next) << one.patch;
    } else {
      ASSERT_EQ(*parse_json(one.data), next);
    }
    held = next;
  }
  EXPECT_GT(patched, 1000U);
}

}  // namespace
}  // namespace msync
