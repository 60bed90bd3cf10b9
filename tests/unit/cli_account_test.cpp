#include <gtest/gtest.h>
#include <sysexits.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>

#include "cli/connection_arguments.h"
#include "cli/progress.h"
#include "cli/sync_client.h"
#include "core/token.h"

namespace msync {
namespace {

const std::string secret = "a secret of at least thirty-two bytes, for tests only";

/// A file of its own with these bytes.
struct File {
  explicit File(const std::string& bytes) {
    char name[] = "/tmp/msync-account-XXXXXX";
    ::close(::mkstemp(name));
    path = name;
    std::ofstream(path) << bytes;
  }
  ~File() { ::unlink(path.c_str()); }
  std::string path;
};

ConnectionArguments to_broker() {
  ConnectionArguments arguments;
  arguments.broker = "mqtt://127.0.0.1:1883";
  return arguments;
}

int refusal(const ConnectionArguments& arguments) {
  int exit_code = 0;
  return open_account(arguments, exit_code).ok() ? 0 : exit_code;
}

TEST(Account, ATokenFileSaysWhoWeAre) {
  const File file(make_token({{"sub", "alice"}, {"exp", 1}}, secret) + "\n");
  auto arguments = to_broker();
  arguments.token_file = file.path;
  arguments.device = "laptop";
  int exit_code = 0;
  const auto account = open_account(arguments, exit_code);
  ASSERT_TRUE(account.ok()) << account.error().message;
  EXPECT_EQ(account->client_id, "alice:laptop");
  EXPECT_EQ(account->wait_ms, 30'000);
  std::ofstream(file.path) << "renewed\n";
  EXPECT_EQ(account->token(), "renewed");
}

TEST(Account, ASecretMakesATokenForEachConnect) {
  const File file(secret);
  auto arguments = to_broker();
  arguments.secret_file = file.path;
  arguments.claims.user = "alice";
  arguments.claims.roles = {"editor"};
  int exit_code = 0;
  const auto account = open_account(arguments, exit_code);
  ASSERT_TRUE(account.ok()) << account.error().message;
  const auto user = user_of(account->token(), "sub");
  ASSERT_TRUE(user.ok());
  EXPECT_EQ(*user, "alice");
  EXPECT_NE(account->token(), account->token());
  EXPECT_EQ(account->client_id.substr(0, 10), "alice:cli-");
}

TEST(Account, WrongUsageAndWrongFilesAreToldApart) {
  const File good(make_token({{"sub", "alice"}, {"exp", 1}}, secret));
  const File bad("no token\n");
  auto arguments = to_broker();
  EXPECT_EQ(refusal(arguments), EX_USAGE);  // neither
  arguments.token_file = good.path;
  EXPECT_EQ(refusal(arguments), 0);
  arguments.secret_file = good.path;
  EXPECT_EQ(refusal(arguments), EX_USAGE);  // both
  arguments.secret_file.clear();
  arguments.claims.user = "bob";
  EXPECT_EQ(refusal(arguments), EX_USAGE);  // the token says who
  arguments.claims.user.clear();
  arguments.device = "a b";
  EXPECT_EQ(refusal(arguments), EX_USAGE);
  arguments.device.clear();
  arguments.wait = "soon";
  EXPECT_EQ(refusal(arguments), EX_USAGE);
  arguments.wait = "1s";
  arguments.broker = "localhost";
  EXPECT_EQ(refusal(arguments), EX_USAGE);
  arguments.broker = "mqtt://localhost";
  arguments.token_file = bad.path;
  EXPECT_EQ(refusal(arguments), EX_CONFIG);
  arguments.token_file = "/nowhere";
  EXPECT_EQ(refusal(arguments), EX_CONFIG);
}

TEST(Account, OnlyATokenNamesAUser) {
  EXPECT_EQ(*user_of(make_token({{"uid", "u"}}, secret), "uid"), "u");
  for (const std::string& token :
       {std::string(), std::string("a.b.c"), std::string("a.b"), std::string("!.!.!"),
        make_token({{"sub", 1}}, secret), make_token({{"sub", "a/b"}}, secret)})
    EXPECT_FALSE(user_of(token, "sub").ok()) << token;
}

TEST(Progress, ShowsHowFarItIs) {
  EXPECT_EQ(progress_line(50, 100, 1000), "[###############---------------]  50%  50/100  50/s");
  EXPECT_EQ(progress_line(0, 100, 0), "[------------------------------]   0%  0/100  0/s");
  EXPECT_EQ(progress_line(100, 100, 500), "[##############################] 100%  100/100  200/s");
  EXPECT_EQ(progress_line(0, 0, 1), "[##############################] 100%  0/0  0/s");
  EXPECT_EQ(progress_line(500, 0, 1000), "500  500/s");
}

}  // namespace
}  // namespace msync
