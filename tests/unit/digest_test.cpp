#include "core/digest.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

// The vectors of docs/protocol.md, "Test vectors".
struct Row {
  std::string_view id;
  std::uint64_t version;
  std::int64_t ts;
  std::string_view by;
};
constexpr Row kOne = {"m1", 1, 1795232472123, "alice"};
constexpr Row kTwo = {"m2", 3, 1795232472201, "bob"};
constexpr Row kThree = {"größe-✓", 9007199254740991, 0, "Ærøskøbing"};

Digest digest_of(std::initializer_list<Row> rows) {
  Digest digest;
  for (const Row& row : rows) digest.add(row.id, row.version, row.ts, row.by);
  return digest;
}

TEST(Digest, IsTheDocumentedNumber) {
  EXPECT_EQ(digest_of({}).hex(), "0000000000000000");
  EXPECT_EQ(digest_of({kOne}).hex(), "2c5071aab29bd843");
  EXPECT_EQ(digest_of({kTwo}).hex(), "b929519317eda15e");
  EXPECT_EQ(digest_of({kOne, kTwo}).hex(), "e579c33dca8979a1");
  EXPECT_EQ(digest_of({kThree}).hex(), "8bc17bbf8eaf46b2");
  EXPECT_EQ(digest_of({kOne, kTwo, kThree}).hex(), "713b3efc5938c053");
}

TEST(Digest, DoesNotDependOnOrder) {
  EXPECT_EQ(digest_of({kThree, kOne, kTwo}), digest_of({kTwo, kThree, kOne}));
}

TEST(Digest, RemovingTakesOutExactlyWhatAddingPutIn) {
  Digest digest = digest_of({kOne, kTwo, kThree});
  digest.remove(kTwo.id, kTwo.version, kTwo.ts, kTwo.by);
  EXPECT_EQ(digest, digest_of({kOne, kThree}));
  digest.remove(kThree.id, kThree.version, kThree.ts, kThree.by);
  digest.remove(kOne.id, kOne.version, kOne.ts, kOne.by);
  EXPECT_EQ(digest, Digest());
}

TEST(Digest, SeesEveryField) {
  const Digest whole = digest_of({kOne});
  EXPECT_NE(whole, digest_of({{"m3", kOne.version, kOne.ts, kOne.by}}));
  EXPECT_NE(whole, digest_of({{kOne.id, 2, kOne.ts, kOne.by}}));
  EXPECT_NE(whole, digest_of({{kOne.id, kOne.version, kOne.ts + 1, kOne.by}}));
  EXPECT_NE(whole, digest_of({{kOne.id, kOne.version, kOne.ts, "bob"}}));
}

TEST(Digest, FieldsDoNotRunIntoEachOther) {
  EXPECT_NE(digest_of({{"m", 11, 2, "x"}}), digest_of({{"m1", 1, 2, "x"}}));
  EXPECT_NE(digest_of({{"m", 1, 12, "x"}}), digest_of({{"m", 11, 2, "x"}}));
}

TEST(Digest, SurvivesStorageAsBits) {
  const Digest digest = digest_of({kOne, kThree});
  EXPECT_EQ(Digest::from_bits(digest.bits()), digest);
  EXPECT_EQ(Digest::from_bits(0x2c5071aab29bd843), digest_of({kOne}));
  EXPECT_EQ(Digest::from_bits(0x00000001'0000000aULL).hex(), "000000010000000a");
}

}  // namespace
}  // namespace msync
