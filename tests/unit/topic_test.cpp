#include "core/topic.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

using std::string_literals::operator""s;

std::string repeat(std::size_t times, std::string_view text) {
  std::string out;
  while (times-- > 0) out += text;
  return out;
}

TopicTemplate topic(std::string_view text) {
  auto parsed = TopicTemplate::parse(text);
  EXPECT_TRUE(parsed) << text << ": " << (parsed ? "" : parsed.error().message);
  return *parsed;
}

// ---- Levels, names --------------------------------------------------------------------------------------

TEST(Level, IsWhatEveryBrokerCarriesAsOneLevel) {
  for (const std::string& good : {"a"s, "42"s, "m 1"s, "é"s, "😀"s, "a$"s, "."s, ".."s, "a:b"s, "{x}"s,
                                  repeat(128, "x"), repeat(64, "é"), "\xc2\xa0"s, "\xef\xbf\xbd"s}) {
    EXPECT_TRUE(valid_level(good)) << good;
  }
  for (const std::string& bad : {""s, "$a"s, "$"s, "a/b"s, "/"s, "+"s, "a+"s, "#"s, "a#b"s, "a\0"s, "a\n"s,
                                 "\x1f"s, "\x7f"s, repeat(129, "x"), repeat(65, "é")}) {
    EXPECT_FALSE(valid_level(bad)) << bad;
  }
}

TEST(Level, HoldsNoC1ControlsNoncharactersOrBrokenUtf8) {
  EXPECT_FALSE(valid_level("a\xc2\x80"));         // U+0080
  EXPECT_FALSE(valid_level("\xc2\x9f"));          // U+009F
  EXPECT_FALSE(valid_level("\xef\xb7\x90"));      // U+FDD0
  EXPECT_FALSE(valid_level("\xef\xbf\xbe"));      // U+FFFE
  EXPECT_FALSE(valid_level("\xef\xbf\xbf"));      // U+FFFF
  EXPECT_FALSE(valid_level("\xf0\x9f\xbf\xbf"));  // U+1FFFF
  EXPECT_FALSE(valid_level("\xf4\x8f\xbf\xbe"));  // U+10FFFE
  EXPECT_FALSE(valid_level("\xff"));
  EXPECT_FALSE(valid_level("\xed\xa0\x80"));             // a surrogate
  EXPECT_FALSE(valid_level("\xc0\xaf"));                 // an overlong slash
  EXPECT_TRUE(valid_level("\xef\xb7\x8f\xef\xb7\xb0"));  // U+FDCF, U+FDF0
}

TEST(Src, IsSixteenToThirtySixLettersDigitsAndHyphens) {
  EXPECT_TRUE(valid_src("0123456789abcdeF"));
  EXPECT_TRUE(valid_src("123e4567-e89b-12d3-a456-426614174000"));
  EXPECT_FALSE(valid_src("0123456789abcde"));
  EXPECT_FALSE(valid_src("123e4567-e89b-12d3-a456-4266141740000"));
  EXPECT_FALSE(valid_src("0123456789abcde_"));
  EXPECT_FALSE(valid_src("0123456789abcdé"));
  EXPECT_FALSE(valid_src(""));
}

TEST(ClientId, IsSplitAtItsLastColon) {
  const auto id = parse_client_id("urn:user:alice:phone-1_A");
  ASSERT_TRUE(id);
  EXPECT_EQ(id->user, "urn:user:alice");
  EXPECT_EQ(id->device, "phone-1_A");
  EXPECT_TRUE(parse_client_id("a:" + repeat(64, "d")));
  EXPECT_TRUE(parse_client_id(repeat(128, "u") + ":d"));
  for (const std::string& bad :
       {""s, ":"s, "alice"s, "alice:"s, ":phone"s, "alice:pho ne"s, "alice:phöne"s, "a/b:c"s, "a+:c"s,
        "$a:c"s, "a\n:c"s, "a:b/c"s, "a:" + repeat(65, "d"), repeat(129, "u") + ":d"}) {
    EXPECT_FALSE(parse_client_id(bad)) << bad;
  }
}

TEST(Levels, KeepEmptyOnesAndSayWhenThereAreTooMany) {
  const Levels levels = split("/a//b/");
  ASSERT_EQ(levels.size, 5U);
  EXPECT_EQ(levels.level[0], "");
  EXPECT_EQ(levels.level[1], "a");
  EXPECT_EQ(levels.level[3], "b");
  EXPECT_EQ(levels.level[4], "");
  EXPECT_EQ(split("").size, 1U);
  EXPECT_FALSE(split(repeat(Levels::capacity - 1, "a/") + "a").overflow);
  EXPECT_TRUE(split(repeat(Levels::capacity, "a/") + "a").overflow);
  EXPECT_TRUE(split(repeat(65'400, "/")).overflow);
}

// ---- Filters --------------------------------------------------------------------------------------------

TEST(Filter, MatchesAsMqttSays) {
  const std::pair<const char*, const char*> yes[] = {
      {"a/b", "a/b"},   {"a/+", "a/b"},   {"+/+", "/b"},        {"#", "a/b/c"},
      {"a/#", "a/b/c"}, {"a/#", "a"},     {"a/+/c", "a//c"},    {"+", "a"},
      {"/+", "/a"},     {"a/+/#", "a/b"}, {"$SYS/#", "$SYS/x"}, {"+/b/#", "a/b"},
      {"a/", "a/"},     {"a/+", "a/"},    {"#", "/"},           {"$SYS/+", "$SYS/a"}};
  for (const auto& [filter, name] : yes) EXPECT_TRUE(filter_matches(filter, name)) << filter << " " << name;
  const std::pair<const char*, const char*> no[] = {
      {"a/b", "a/bc"},   {"a/+", "a"},  {"a/+", "a/b/c"}, {"+", "a/b"},     {"#", "$SYS/x"},
      {"+/x", "$SYS/x"}, {"a/#", "ab"}, {"a/#", "ab/c"},  {"a/b/#", "a"},   {"a/b", "a/b/"},
      {"a", "A"},        {"+/+", "a"},  {"a//b", "a/b"},  {"a/+/c", "a/c"}, {"", "a"}};
  for (const auto& [filter, name] : no) EXPECT_FALSE(filter_matches(filter, name)) << filter << " " << name;
}

// ---- Templates ------------------------------------------------------------------------------------------

TEST(Template, KnowsItsLevelsAndVariables) {
  const TopicTemplate chat = topic("chat/{room}/messages/{_x9}");
  EXPECT_EQ(chat.text(), "chat/{room}/messages/{_x9}");
  EXPECT_EQ(chat.variables(), (std::vector<std::string>{"room", "_x9"}));
  EXPECT_EQ(chat.levels(), 4U);
  EXPECT_EQ(chat.variable_at(0), -1);
  EXPECT_EQ(chat.literal_at(2), "messages");
  EXPECT_EQ(chat.variable_at(3), 1);
  EXPECT_EQ(chat.filter(Leaf::in), "chat/+/messages/+/in");
  EXPECT_EQ(chat.filter(Leaf::doc), "chat/+/messages/+/doc/+");
  EXPECT_EQ(chat.filter(Leaf::live), "chat/+/messages/+/live/+");
  const std::string_view values[] = {"42", "é"};
  EXPECT_EQ(chat.fill(values), "chat/42/messages/é");
  EXPECT_EQ(topic("catalog").filter(Leaf::log), "catalog/log");
}

TEST(Template, MatchesItsShapeAndHandsOutTheValues) {
  const TopicTemplate chat = topic("chat/{room}/messages");
  std::array<std::string_view, limits::max_template_levels> values;
  ASSERT_TRUE(chat.match(split("chat/42/messages").all(), values));
  EXPECT_EQ(values[0], "42");
  ASSERT_TRUE(chat.match(split("chat//messages").all(), values));  // judged by its caller
  EXPECT_EQ(values[0], "");
  for (const char* other :
       {"chat/42", "chat/42/messages/x", "chat/42/message", "Chat/42/messages", "", "chat"}) {
    EXPECT_FALSE(chat.match(split(other).all(), values)) << other;
  }
}

TEST(Template, AMistakeIsNamed) {
  const std::pair<std::string, const char*> cases[] = {
      {"", "1 to 128 bytes"},
      {"/a", "1 to 128 bytes"},
      {"a/", "1 to 128 bytes"},
      {"a//b", "1 to 128 bytes"},
      {"a/+", "without +"},
      {"a/#", "without +"},
      {"$a/b", "leading $"},
      {"a/$b", "leading $"},
      {"a/b\n", "control characters"},
      {"a/" + repeat(129, "x"), "1 to 128 bytes"},
      {"a/x{b}", "a variable is a whole level"},
      {"a/{b", "a variable is a whole level"},
      {"a/}b{", "a variable is a whole level"},
      {"a/{}", "must match {[a-z_][a-z0-9_]*}"},
      {"a/{B}", "must match"},
      {"a/{1b}", "must match"},
      {"a/{b-c}", "must match"},
      {"a/{{b}}", "must match"},
      {"a/{b}/{b}", "occurs twice"},
      {"{a}/b", "the first level must be a literal"},
      {"sync/a", "the protocol's own"},
      {repeat(16, "a/") + "a", "more than 16 levels"},
  };
  for (const auto& [text, part] : cases) {
    const auto parsed = TopicTemplate::parse(text);
    ASSERT_FALSE(parsed) << text;
    EXPECT_EQ(parsed.error().code, Code::bad_config);
    EXPECT_NE(parsed.error().message.find(part), std::string::npos) << text << ": " << parsed.error().message;
  }
  EXPECT_TRUE(TopicTemplate::parse(repeat(15, "a/") + "a"));
  EXPECT_TRUE(TopicTemplate::parse("a/sync/{in}/log"));
}

TEST(Template, OverlapsWhereSomeTopicIsALeafOfBoth) {
  const std::pair<const char*, const char*> overlapping[] = {
      {"chat/{room}/messages", "chat/{id}/messages"},
      {"chat/{room}/messages", "chat/general/messages"},
      {"chat/{room}", "chat/general"},
      {"a/{x}/c", "a/b/{y}"},
      {"a", "a"},
      {"a/{x}", "a/{x}/doc"},  // a/1/doc/log: entity "log" of a/1, or the log of a/1/doc
      {"a/{x}", "a/{x}/{y}"},  // likewise with y = doc
      {"a", "a/live"},
  };
  for (const auto& [a, b] : overlapping) {
    EXPECT_TRUE(TopicTemplate::overlap(topic(a), topic(b))) << a << " " << b;
    EXPECT_TRUE(TopicTemplate::overlap(topic(b), topic(a))) << b << " " << a;
  }
  const std::pair<const char*, const char*> apart[] = {
      {"chat/{room}/messages", "chat/{room}/members"},
      {"chat/{room}", "chats/{room}"},
      {"a/{x}", "a/{x}/log"},  // a/1/log/in is no leaf of a/1
      {"a/{x}", "a/{x}/items"},
      {"a", "a/doc/{x}"},  // a/doc/1/in is one level too deep for a
      {"a/b/{x}", "a/c/{x}"},
  };
  for (const auto& [a, b] : apart) {
    EXPECT_FALSE(TopicTemplate::overlap(topic(a), topic(b))) << a << " " << b;
    EXPECT_FALSE(TopicTemplate::overlap(topic(b), topic(a))) << b << " " << a;
  }
}

}  // namespace
}  // namespace msync
