// The keys of a JWKS file: which let in, and what becomes of sessions when they change.
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "tests/signing_key.h"
#include "tests/unit/door_world.h"

namespace msync {
namespace {

class DoorKeys : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "door-keys-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder = name;
    write("schemas/news.json",
          R"({"type":"object","x-sync":{"topic":"news/{name}","access":[{"allow":["read"]}]}})");
    write("stamp.key", std::string(32, 'k'));
    write("jwks.json", jwks({old_key().jwk()}));
    options.schemas = folder / "schemas";
    options.jwt_jwks_file = folder / "jwks.json";
    options.stamp_key_file = folder / "stamp.key";
    auto loaded = Rules::load(options);
    for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    ASSERT_NE(loaded.rules, nullptr);
    door = std::make_unique<Door>(options, std::move(loaded.rules), broker);
    tick(0);
    ASSERT_EQ(connect(alice, old_key()), Door::Entry::accept) << log();
  }
  void TearDown() override { std::filesystem::remove_all(folder); }

  static const SigningKey& old_key() {
    static const SigningKey key(Algorithm::es256, "old");
    return key;
  }
  static const SigningKey& new_key() {
    static const SigningKey key(Algorithm::eddsa, "new");
    return key;
  }

  /// Under another name first, as whoever replaces a file that is being read should.
  void write(const std::string& name, const std::string& bytes) {
    std::filesystem::create_directories((folder / name).parent_path());
    std::ofstream(folder / "being written") << bytes;
    std::filesystem::permissions(folder / "being written", std::filesystem::perms(0600));
    std::filesystem::rename(folder / "being written", folder / name);
  }
  void tick(std::int64_t ms) {
    now_ms += ms;
    door->tick(now_ms);
  }
  Door::Entry connect(const Client& who, const SigningKey& key) {
    const Json claims = {{"sub", who.user}, {"exp", now_ms / 1000 + 600}};
    return door->connect(who, key.token(claims), now_ms);
  }
  /// SIGHUP, as the broker does it with one session.
  void hang_up() {
    door->reload();
    EXPECT_EQ(door->connect(alice, std::nullopt, now_ms), Door::Entry::accept);
    tick(0);
  }
  bool receives(const Client& who) {
    return door->acl(who, {Access::read, "news/a/log"}, now_ms) == Verdict::allow;
  }
  std::string log() const {
    std::string all;
    for (const std::string& line : broker.lines) all += line + "\n";
    return all;
  }
  std::size_t times_logged(std::string_view text) const {
    return static_cast<std::size_t>(
        std::count_if(broker.lines.begin(), broker.lines.end(),
                      [&](const auto& line) { return line.find(text) != std::string::npos; }));
  }

  std::filesystem::path folder;
  std::int64_t now_ms = 1'795'000'000'000;
  Options options;
  RecordingBroker broker;
  std::unique_ptr<Door> door;
  const Client alice = {this, "alice:phone", "alice", "127.0.0.1", 5};
  const Client bob = {&options, "bob:pc", "bob", "127.0.0.1", 5};
};

TEST_F(DoorKeys, OnlyAKeyOfTheSetOpensTheDoor) {
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::refuse);
  EXPECT_EQ(connect(bob, SigningKey(Algorithm::es256, "old")), Door::Entry::refuse);
  EXPECT_EQ(connect(bob, SigningKey(Algorithm::hs256, "old")), Door::Entry::refuse);
  EXPECT_EQ(door->connect(bob, make_token({{"sub", "bob"}, {"exp", now_ms / 1000 + 60}}, ""), now_ms),
            Door::Entry::refuse);
  EXPECT_EQ(connect(bob, old_key()), Door::Entry::accept);
}

TEST_F(DoorKeys, ANewKeyWorksWithinASecondWithoutASignal) {
  write("jwks.json", jwks({old_key().jwk(), new_key().jwk()}));
  tick(1'000);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept) << log();
  EXPECT_EQ(times_logged("read 2 keys"), 1u) << log();
  EXPECT_TRUE(receives(alice));
  EXPECT_TRUE(broker.kicked.empty());
}

TEST_F(DoorKeys, TheFileIsLookedAtOnceASecond) {
  write("jwks.json", jwks({old_key().jwk(), new_key().jwk()}));
  tick(999);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::refuse);
  tick(1);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept);
}

TEST_F(DoorKeys, AClockThatIsSetBackDoesNotStopTheLooking) {
  tick(1'000);
  write("jwks.json", jwks({old_key().jwk(), new_key().jwk()}));
  tick(-3'600'000);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept);
}

TEST_F(DoorKeys, ARemovedKeyLetsNobodyInAndItsSessionsEndAtSighup) {
  write("jwks.json", jwks({new_key().jwk()}));
  tick(1'000);
  EXPECT_EQ(connect(bob, old_key()), Door::Entry::refuse);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept);
  EXPECT_TRUE(receives(alice)) << "not before somebody asks for it";
  hang_up();
  EXPECT_FALSE(receives(alice));
  ASSERT_EQ(broker.kicked.size(), 1u);
  EXPECT_EQ(broker.kicked[0].first, "alice:phone");
  EXPECT_TRUE(receives(bob));
}

TEST_F(DoorKeys, SighupReadsTheKeysAndDropsNobodyWhoseKeyIsStillThere) {
  write("jwks.json", jwks({new_key().jwk(), old_key().jwk()}));
  hang_up();
  EXPECT_TRUE(receives(alice));
  EXPECT_TRUE(broker.kicked.empty());
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept) << log();
  tick(5'000);
  EXPECT_EQ(times_logged("which has changed"), 0u) << "it was read already";
}

TEST_F(DoorKeys, AKeyThatKeepsItsNameButIsAnotherEndsSessionsLikeARemovedOne) {
  write("jwks.json", jwks({SigningKey(Algorithm::es256, "old").jwk()}));
  tick(1'000);
  EXPECT_EQ(connect(bob, old_key()), Door::Entry::refuse);
  hang_up();
  EXPECT_EQ(broker.kicked.size(), 1u);
}

TEST_F(DoorKeys, AFileThatBecameBadIsReportedOnceAndTheOldKeysStay) {
  const Json with_private = [] {
    Json jwk = new_key().jwk();
    jwk["d"] = "AAAA";
    return jwk;
  }();
  for (const std::string& bad : {std::string("{\"keys\":["), std::string(), jwks({}), jwks({with_private}),
                                 std::string(limits::max_jwks_bytes + 1, ' ')}) {
    broker.lines.clear();
    write("jwks.json", bad);
    for (int i = 0; i < 5; ++i) tick(1'000);
    EXPECT_EQ(times_logged("stay in force"), 1u) << log();
    EXPECT_EQ(times_logged("jwks.json"), 1u) << log();
    EXPECT_EQ(connect(bob, old_key()), Door::Entry::accept) << log();
    EXPECT_EQ(connect(bob, new_key()), Door::Entry::refuse);
  }
  hang_up();
  EXPECT_TRUE(receives(alice)) << log();
  write("jwks.json", jwks({new_key().jwk()}));
  tick(1'000);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept) << "a mended file is read";
}

TEST_F(DoorKeys, AFileThatIsGoneForAWhileIsReportedOnceAndReadWhenItIsBack) {
  std::filesystem::rename(folder / "jwks.json", folder / "elsewhere");
  for (int i = 0; i < 3; ++i) tick(1'000);
  EXPECT_EQ(times_logged("stay in force"), 1u) << log();
  EXPECT_EQ(connect(bob, old_key()), Door::Entry::accept);
  std::filesystem::rename(folder / "elsewhere", folder / "jwks.json");
  tick(1'000);
  EXPECT_EQ(times_logged("which has changed"), 1u) << log();
}

TEST_F(DoorKeys, AFileThatAnybodyMayWriteIsRefused) {
  write("other.json", jwks({old_key().jwk(), new_key().jwk()}));
  std::filesystem::permissions(folder / "other.json", std::filesystem::perms(0666));
  std::filesystem::rename(folder / "other.json", folder / "jwks.json");
  tick(1'000);
  EXPECT_EQ(times_logged("anybody may write it"), 1u) << log();
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::refuse);
  std::filesystem::permissions(folder / "jwks.json", std::filesystem::perms(0644));
  tick(1'000);
  EXPECT_EQ(connect(bob, new_key()), Door::Entry::accept) << "a change of rights is noticed: " << log();
}

TEST_F(DoorKeys, APipeInThePlaceOfTheFileDoesNotBlock) {
  std::filesystem::remove(folder / "jwks.json");
  ASSERT_EQ(::mkfifo((folder / "jwks.json").c_str(), 0600), 0);
  tick(1'000);
  EXPECT_EQ(times_logged("not a file"), 1u) << log();
  EXPECT_EQ(connect(bob, old_key()), Door::Entry::accept);
}

TEST_F(DoorKeys, KeysThatAreLeftOutAreWarnedOf) {
  Json other = old_key().jwk();
  other["kid"] = "p384";
  other["crv"] = "P-384";
  write("jwks.json", jwks({old_key().jwk(), other}));
  tick(1'000);
  EXPECT_EQ(times_logged("/keys/1: is left out"), 1u) << log();
  EXPECT_EQ(times_logged("read 1 keys"), 1u) << log();
}

TEST_F(DoorKeys, AStartWithoutAnyUsableKeyIsRefused) {
  const auto problems = [this] { return Rules::load(options).problems.size(); };
  EXPECT_EQ(problems(), 0u);
  for (const std::string& bad :
       {std::string(), std::string("{}"), jwks({}), std::string("-----BEGIN PUBLIC KEY-----")}) {
    write("jwks.json", bad);
    EXPECT_EQ(problems(), 1u) << bad;
    EXPECT_EQ(Rules::load(options).rules, nullptr);
  }
  std::filesystem::remove(folder / "jwks.json");
  EXPECT_EQ(problems(), 1u);
  write("jwks.json", jwks({old_key().jwk()}));
  std::filesystem::remove(folder / "stamp.key");
  EXPECT_EQ(problems(), 1u);
}

}  // namespace
}  // namespace msync
