#include <gtest/gtest.h>

#include <cstdlib>

#include "cli/command.h"
#include "cli/config_file.h"

namespace msync {
namespace {

/// A command with two options, as `bridge` has them.
struct Parsed {
  explicit Parsed(std::vector<std::string> arguments) {
    CLI::App* command = app.add_subcommand("bridge");
    add_option(*command, "--store", store, "");
    add_option(*command, "--secret-file", secret_file, "");
    command->add_option("--config", file, "");
    command->add_flag("--allow-invalid", allow_invalid, "");
    add_not_yet(*command, "cell");
    arguments.insert(arguments.begin(), "bridge");
    std::reverse(arguments.begin(), arguments.end());  // as CLI11 wants them
    app.parse(arguments);
  }
  std::vector<Problem> apply(const std::string& text) {
    return apply_config(*app.get_subcommand("bridge"), "bridge.toml", text);
  }
  CLI::App app;
  std::string store = "default";
  std::string secret_file;
  std::string file;
  bool allow_invalid = false;
};

struct Environment {
  Environment(const char* name, const char* value) : name(name) { setenv(name, value, 1); }
  ~Environment() { unsetenv(name); }
  const char* name;
};

TEST(Config, TheFileSetsAFlagToTrueOrFalse) {
  Parsed on({}), off({}), wrong({}), flagged({"--allow-invalid"});
  EXPECT_TRUE(on.apply("allow_invalid = true").empty());
  EXPECT_TRUE(on.allow_invalid);
  EXPECT_TRUE(off.apply("allow_invalid = false").empty());
  EXPECT_FALSE(off.allow_invalid);
  ASSERT_EQ(wrong.apply("allow_invalid = 'yes'").size(), 1U);
  EXPECT_FALSE(wrong.allow_invalid);
  EXPECT_TRUE(flagged.apply("allow_invalid = false").empty());
  EXPECT_TRUE(flagged.allow_invalid) << "the command line comes first";
}

TEST(Config, TheFileSetsWhatNothingElseHasSet) {
  Parsed parsed({});
  EXPECT_TRUE(parsed.apply("store = \"sqlite:a\"\nsecret_file = '/k'\n").empty());
  EXPECT_EQ(parsed.store, "sqlite:a");
  EXPECT_EQ(parsed.secret_file, "/k");
}

TEST(Config, AKeyMayBeWrittenWithHyphensAsOnTheCommandLine) {
  Parsed parsed({});
  EXPECT_TRUE(parsed.apply("secret-file = \"/k\"").empty());
  EXPECT_EQ(parsed.secret_file, "/k");
}

TEST(Config, TheEnvironmentIsStrongerThanTheFileAndTheCommandLineThanBoth) {
  const Environment environment("MSYNC_STORE", "sqlite:environment");
  {
    Parsed parsed({});
    EXPECT_TRUE(parsed.apply("store = \"sqlite:file\"").empty());
    EXPECT_EQ(parsed.store, "sqlite:environment");
  }
  Parsed parsed({"--store", "sqlite:flag"});
  EXPECT_TRUE(parsed.apply("store = \"sqlite:file\"").empty());
  EXPECT_EQ(parsed.store, "sqlite:flag");
}

TEST(Config, NamesOfVariablesAreThoseOfOptions) {
  EXPECT_EQ(environment_name("token-file"), "MSYNC_TOKEN_FILE");
}

TEST(Config, AnUnknownKeyIsAMistakeWithItsPlaceAndTheKnownOnes) {
  Parsed parsed({});
  const auto problems = parsed.apply("# a comment\n  stroe = \"x\"\nschema = 1\n");
  ASSERT_EQ(problems.size(), 2u);
  const auto& stroe = problems[0].what.find("stroe") != std::string::npos ? problems[0] : problems[1];
  EXPECT_EQ(stroe.file, "bridge.toml");
  EXPECT_EQ(stroe.place, "line 2, column 3");
  EXPECT_EQ(stroe.remedy, "known are: store, secret_file, allow_invalid");
}

TEST(Config, AValueThatIsNoStringIsAMistake) {
  Parsed parsed({});
  const auto problems = parsed.apply("store = 5");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].what, "'store' is no string");
  EXPECT_EQ(parsed.store, "default");
}

TEST(Config, WhatIsNoTomlIsAMistakeWithItsPlace) {
  Parsed parsed({});
  const auto problems = parsed.apply("store = \"a\"\nstore");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].place.substr(0, 6), "line 2");
}

TEST(Config, WhatThisVersionLacksIsRefusedWhereverItStands) {
  EXPECT_THROW(Parsed({"--cell", "west"}), CLI::ValidationError);
  Parsed parsed({});
  const auto problems = parsed.apply("cell = \"west\"");
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_NE(problems[0].what.find("--cell is not in this version"), std::string::npos);
  const Environment environment("MSYNC_CELL", "west");
  EXPECT_THROW(Parsed({}), CLI::ValidationError);
}

}  // namespace
}  // namespace msync
