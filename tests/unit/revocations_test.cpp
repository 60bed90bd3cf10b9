#include "plugin/revocations.h"

#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace msync {
namespace {

class RevocationsFile : public testing::Test {
 protected:
  RevocationsFile() { folder = mkdtemp(name); }
  ~RevocationsFile() override { std::filesystem::remove_all(folder); }

  char name[32] = "/tmp/revocations-XXXXXX";
  std::string folder;
};

TEST_F(RevocationsFile, IsReadAsItWasWritten) {
  const std::string file = folder + "/revoked.json";
  const Revocations some({{"alice", "", 100, 200}, {"", "t1", 100, 300}});
  ASSERT_FALSE(some.save(file));
  const auto read = Revocations::load(file);
  ASSERT_TRUE(read.ok());
  EXPECT_TRUE(*read == some);
  EXPECT_EQ(std::filesystem::status(file).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
}

TEST_F(RevocationsFile, NoFileMeansNobodyIsRevokedAndABrokenOneIsAFault) {
  EXPECT_EQ(Revocations::load(folder + "/none")->size(), 0U);
  EXPECT_EQ(Revocations::load("")->size(), 0U);
  std::ofstream(folder + "/broken") << "{\"revoked\":[";
  EXPECT_FALSE(Revocations::load(folder + "/broken").ok());
}

TEST_F(RevocationsFile, AFolderThatIsNotThereIsToldNotThrown) {
  EXPECT_TRUE(Revocations().save(folder + "/no/such/file").has_value());
}

TEST(Revocations, OfOneUserSeveralCanBeInForce) {
  Identity who;
  who.user = "alice";
  who.claims = {{"iat", 150}};
  const Revocations revocations({{"alice", "", 100, 1000}, {"alice", "", 200, 1100}});
  EXPECT_TRUE(revocations.revoked(who, 500));
  who.claims["iat"] = 201;
  EXPECT_FALSE(revocations.revoked(who, 500));
}

}  // namespace
}  // namespace msync
