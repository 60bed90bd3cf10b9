#include <fcntl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "bridge/store/lock_file.h"
#include "bridge/store/migrations.h"
#include "bridge/store/store.h"
#include "tests/unit/store_place.h"

namespace msync {
namespace {

using Kind = StoreError::Kind;
using testing::Test;

mode_t mode_of(const std::string& file) {
  struct stat status {};
  return stat(file.c_str(), &status) == 0 ? status.st_mode & 0777 : 0;
}

/// Runs `work` in a forked child; its exit code. Nothing of the test framework may be used inside.
int in_child(const std::function<int()>& work) {
  const pid_t child = fork();
  if (child == 0) _exit(work());
  int status = 0;
  waitpid(child, &status, 0);
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

/// What opening the store comes to, as an exit code: 100 if it opens, else the error's kind.
int opened(const std::string& address) {
  try {
    *open_store(address, 1);
    return 100;
  } catch (const StoreError& error) {
    return static_cast<int>(error.kind);
  }
}

TEST(StoreOpenTest, ANewStoreHasAnEpochOfItsOwnTimeAndBootOne) {
  StorePlace place;
  const auto identity = place.open(1795232472123)->identity();
  EXPECT_EQ(identity.epoch.substr(0, 14), "1795232472123-");
  EXPECT_EQ(identity.epoch.size(), 14u + 8u);
  EXPECT_EQ(identity.epoch.find_first_not_of("0123456789abcdef", 14), std::string::npos);
  EXPECT_EQ(identity.boot, 1u);
}

TEST(StoreOpenTest, TheEpochStaysAndBootRisesWithEveryOpening) {
  StorePlace place;
  const auto first = place.open(1)->identity();
  const auto second = place.open(2)->identity();
  EXPECT_EQ(second.epoch, first.epoch);
  EXPECT_EQ(second.boot, 2u);
  place.reader();  // reading is no boot
  EXPECT_EQ(place.open(3)->identity().boot, 3u);
}

TEST(StoreOpenTest, TwoStoresHaveDifferentEpochs) {
  StorePlace a, b;
  EXPECT_NE(a.open(1)->identity().epoch, b.open(1)->identity().epoch);
}

TEST(StoreOpenTest, OnlyTheOwnerCanReadTheFiles) {
  StorePlace place;
  const mode_t before = umask(0);
  const auto store = place.open();
  umask(before);
  for (const char* end : {"", "-wal", "-shm", ".lock"}) EXPECT_EQ(mode_of(place.file + end), 0600u) << end;
}

TEST(StoreOpenTest, CommitsAreDurable) {
  StorePlace place;
  place.open();
  sqlite::Connection shell(place.file, sqlite::Connection::Mode::read);
  EXPECT_EQ(shell.text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(shell.number("PRAGMA application_id"), store_application_id);
  EXPECT_EQ(shell.number("PRAGMA user_version"), store_schema_version());
}

TEST(StoreOpenTest, ASecondBridgeInThisProcessIsRefused) {
  StorePlace place;
  auto store = place.open();
  const auto error = store_error([&] { place.open(); });
  EXPECT_EQ(error.kind, Kind::busy);
  EXPECT_NE(std::string(error.what()).find("in use by another bridge (pid " + std::to_string(getpid()) + ")"),
            std::string::npos)
      << error.what();
  store.reset();
  place.open();
}

TEST(StoreOpenTest, ASecondBridgeInAnotherProcessIsRefusedUnderAnyName) {
  StorePlace place;
  const std::string link = place.folder + "/link.db";
  std::filesystem::create_symlink(place.file, link);
  const auto store = place.open();
  EXPECT_EQ(in_child([&] { return opened(place.address); }), static_cast<int>(Kind::busy));
  EXPECT_EQ(in_child([&] { return opened("sqlite:" + link); }), static_cast<int>(Kind::busy));
  EXPECT_EQ(in_child([&] {
              return opened("sqlite:" + place.folder + "/../" +
                            std::filesystem::path(place.folder).filename().string() + "/store.db");
            }),
            static_cast<int>(Kind::busy));
}

TEST(StoreOpenTest, TheLockGoesWithItsProcess) {
  StorePlace place;
  EXPECT_EQ(in_child([&] {
              const LockFile held(place.file);
              return 100;  // _exit: no destructor runs
            }),
            100);
  place.open();
}

TEST(StoreOpenTest, TheLockKeepsNoReaderOut) {
  StorePlace place;
  const auto store = place.open();
  const auto reader = place.reader();
  EXPECT_TRUE(reader->view()->scopes().empty());
}

TEST(StoreOpenTest, AnAddressOfNoKnownKindIsAMistakeOfTheCaller) {
  for (const char* address :
       {"", "store.db", "sqlite", "sqlite:", "postgresql://x/y", "SQLITE:x", "sqlite:/tmp"}) {
    const auto store = open_store(address, 1);
    ASSERT_FALSE(store.ok()) << address;
    EXPECT_EQ(store.error().code, Code::bad_config);
    EXPECT_NE(store.error().message.find(std::string("\"") + address + "\""), std::string::npos);
    EXPECT_FALSE(open_reader(address).ok()) << address;
  }
}

TEST(StoreOpenTest, AMissingFolderIsNamed) {
  StorePlace place;
  const auto error = store_error([&] { *open_store("sqlite:" + place.folder + "/missing/store.db", 1); });
  EXPECT_EQ(error.kind, Kind::unwritable);
  EXPECT_NE(std::string(error.what()).find(place.folder + "/missing/store.db"), std::string::npos);
}

TEST(StoreOpenTest, AnUnwritableFolderOrFileIsRefused) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root, to become somebody else";
  StorePlace place;
  const auto as_nobody = [&] {
    return in_child([&] { return setgid(65534) == 0 && setuid(65534) == 0 ? opened(place.address) : 254; });
  };
  chmod(place.folder.c_str(), 0755);
  EXPECT_EQ(as_nobody(), static_cast<int>(Kind::unwritable)) << "the folder is root's";
  place.open();
  chmod(place.folder.c_str(), 0777);
  chmod((place.file + ".lock").c_str(), 0666);
  EXPECT_EQ(as_nobody(), static_cast<int>(Kind::unwritable)) << "the file is root's";
  chmod(place.file.c_str(), 0644);
  EXPECT_EQ(as_nobody(), static_cast<int>(Kind::unwritable)) << "it can be read, but not written";
}

TEST(StoreOpenTest, AReaderDoesNotMakeAStore) {
  StorePlace place;
  EXPECT_EQ(store_error([&] { place.reader(); }).kind, Kind::unwritable);
  EXPECT_FALSE(std::filesystem::exists(place.file));
}

TEST(StoreOpenTest, AFileThatIsNoDatabaseIsRefusedAndLeftAlone) {
  StorePlace place;
  const std::string text(5000, 'x');
  std::ofstream(place.file) << text;
  EXPECT_EQ(store_error([&] { place.open(); }).kind, Kind::corrupt);
  EXPECT_EQ(store_error([&] { place.reader(); }).kind, Kind::corrupt);
  EXPECT_EQ(std::filesystem::file_size(place.file), text.size());
}

TEST(StoreOpenTest, AnotherProgramsDatabaseIsRefusedAndLeftAlone) {
  StorePlace place;
  std::ofstream(place.file).close();
  place.run("CREATE TABLE holiday (day TEXT)");
  const auto error = store_error([&] { place.open(); });
  EXPECT_EQ(error.kind, Kind::other);
  EXPECT_NE(std::string(error.what()).find("another program"), std::string::npos);
  sqlite::Connection shell(place.file, sqlite::Connection::Mode::read);
  EXPECT_EQ(shell.text("PRAGMA journal_mode"), "delete");
}

TEST(StoreOpenTest, AStoreOfALaterVersionIsRefused) {
  StorePlace place;
  place.open();
  place.run("PRAGMA user_version = 1000");
  const auto error = store_error([&] { place.open(); });
  EXPECT_EQ(error.kind, Kind::newer);
  EXPECT_NE(std::string(error.what()).find("1000"), std::string::npos);
  EXPECT_EQ(store_error([&] { place.reader(); }).kind, Kind::newer);
}

TEST(StoreOpenTest, AnUpgradeThatFailsHalfwayLeavesNothing) {
  StorePlace place;
  std::ofstream(place.file).close();
  {
    sqlite::Connection shell(place.file, sqlite::Connection::Mode::write);
    shell.run("BEGIN");
    migrate(shell);
    EXPECT_EQ(schema_version(shell), store_schema_version());
  }
  sqlite::Connection shell(place.file, sqlite::Connection::Mode::read);
  EXPECT_EQ(schema_version(shell), 0);
}

}  // namespace
}  // namespace msync
