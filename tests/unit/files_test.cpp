#include "platform/files.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>

namespace msync {
namespace {

class Files : public testing::Test {
 protected:
  void SetUp() override {
    std::string name = testing::TempDir() + "msync-files-XXXXXX";
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string write(const std::string& name, const std::string& bytes, mode_t mode = 0600) const {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path, std::ios::binary) << bytes;
    ::chmod(path.c_str(), mode);
    return path;
  }

  std::string folder_;
};

template <class T>
std::string message_of(const Result<T>& result) {
  return result ? "" : result.error().message;
}

const std::string secret = "0123456789abcdef0123456789abcdef";
constexpr const char* collection =
    R"({"type":"object","x-sync":{"topic":"a/{b}","access":[{"allow":["read"]}]}})";

TEST_F(Files, AreReadWhole) {
  const std::string bytes = std::string("a\0b\n", 4) + std::string(200'000, 'x');
  EXPECT_EQ(*read_file(write("f", bytes)), bytes);
  EXPECT_EQ(*read_file(write("empty", "")), "");
}

TEST_F(Files, OfMoreThanTheLimitAreRefused) {
  const std::string path = write("f", std::string(101, 'x'));
  EXPECT_TRUE(read_file(path, 101).ok());
  const auto refused = read_file(path, 100);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, Code::bad_config);
  EXPECT_NE(refused.error().message.find(path), std::string::npos);
}

TEST_F(Files, ThatAreNoneAreRefusedByName) {
  EXPECT_NE(message_of(read_file(folder_ + "/none")).find(folder_ + "/none"), std::string::npos);
  EXPECT_NE(message_of(read_file(folder_)), "");
  const std::string pipe = folder_ + "/pipe";
  ASSERT_EQ(::mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_NE(message_of(read_file(pipe)), "") << "a pipe without a writer would block for ever";
}

TEST_F(Files, ThatMayNotBeReadAreRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root reads everything";
  EXPECT_NE(message_of(read_file(write("f", "x", 0))), "");
}

TEST_F(Files, HoldASecretWithoutItsTrailingNewline) {
  EXPECT_EQ(*read_secret(write("a", secret)), secret);
  EXPECT_EQ(*read_secret(write("b", secret + "\n")), secret);
  EXPECT_EQ(*read_secret(write("c", secret + "\n\n")), secret + "\n");
}

TEST_F(Files, WithAShortSecretAreRefused) {
  EXPECT_TRUE(read_secret(write("a", std::string(32, 'k'))).ok());
  EXPECT_FALSE(read_secret(write("b", std::string(31, 'k'))).ok());
  EXPECT_FALSE(read_secret(write("c", std::string(31, 'k') + "\n")).ok())
      << "the newline is no part of the key";
  EXPECT_EQ(message_of(read_secret(write("d", "hunter2"))).find("hunter2"), std::string::npos);
}

TEST_F(Files, WithASecretThatOthersMayWriteAreRefusedAndReadAreWarnedOf) {
  EXPECT_FALSE(read_secret(write("a", secret, 0602)).ok());
  std::string warning;
  EXPECT_TRUE(read_secret(write("b", secret, 0640), &warning).ok());
  EXPECT_EQ(warning, "");
  EXPECT_TRUE(read_secret(write("c", secret, 0644), &warning).ok());
  EXPECT_NE(warning.find(folder_ + "/c"), std::string::npos);
}

TEST_F(Files, OfSchemasAreThoseDirectlyInsideEndingInJson) {
  write("one.json", collection);
  write("notes.txt", "no schema");
  write(".hidden.json", "no schema");
  std::filesystem::create_directory(folder_ + "/protocol");
  write("protocol/in.json", "no collection");
  const auto loaded = load_schemas(folder_);
  for (const Problem& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
  ASSERT_EQ(loaded.collections.all().size(), 1U);
  EXPECT_EQ(loaded.collections.all().front().name, "one");
  EXPECT_EQ(loaded.collections.all().front().file, folder_ + "/one.json");
}

TEST_F(Files, OfSchemasMustBeThere) {
  ASSERT_EQ(load_schemas(folder_).problems.size(), 1U);
  ASSERT_EQ(load_schemas(folder_ + "/none").problems.size(), 1U);
  EXPECT_EQ(load_schemas(folder_ + "/none").problems.front().file, folder_ + "/none");
}

TEST_F(Files, OfSchemasThatCannotBeReadAreProblemsToo) {
  write("one.json", collection);
  std::filesystem::create_symlink(folder_ + "/gone", folder_ + "/two.json");
  const auto loaded = load_schemas(folder_);
  ASSERT_EQ(loaded.problems.size(), 1U);
  EXPECT_EQ(loaded.problems.front().file, folder_ + "/two.json");
}

}  // namespace
}  // namespace msync
