// Real input: the 7,900 languages of Debian's iso-codes, imported through the broker and read back.

#include "tests/system/support/world.h"

namespace msync::test {
namespace {

using Languages = World;

constexpr const char* source = "/usr/share/iso-codes/json/iso_639-3.json";
constexpr const char* scope = "catalog/languages";

TEST_F(Languages, AllOfIso639AreImportedAndReadBackByteForByte) {
  const Json languages = Json::parse(read_whole(source))["639-3"];
  ASSERT_GT(languages.size(), 7'000u) << source << " comes with the package iso-codes";
  const std::string token_file = broker.folder() / "editor.token";
  write_file(token_file, Broker::token("ed", R"({"roles":["editor"]})"));
  const auto import = [&] {
    return run({MSYNC_BUILD_DIR "/mosquitto-sync", "import", "--broker", broker.url(), "--token-file",
                token_file, "--scope", scope, "--id-field", "alpha_3", "--pointer", "/639-3", source});
  };
  const auto done = import();
  ASSERT_EQ(done.code, 0) << done.err;

  auto& reader = new_phone("bob:reader", {.scopes = {scope}});
  ASSERT_TRUE(eventually([&] { return reader.settled(); }, 30'000));
  const auto& held = reader.replica().documents();
  EXPECT_EQ(held.size(), languages.size());
  std::size_t equal = 0;
  for (const auto& language : languages) {
    const auto found = held.find(language["alpha_3"].get<std::string>());
    ASSERT_NE(found, held.end()) << language;
    equal += to_text(found->second.data) == to_text(language) ? 1 : 0;
  }
  EXPECT_EQ(equal, languages.size());
  EXPECT_EQ(dump(reader, scope), server(scope));
}

}  // namespace
}  // namespace msync::test
