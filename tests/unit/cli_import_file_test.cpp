#include "cli/import_file.h"

#include <gtest/gtest.h>

namespace msync {
namespace {

std::string items_of(std::string_view bytes, const ImportFormat& format = {}) {
  const auto file = read_import("f", bytes, format);
  std::string text;
  for (const auto& item : file.items) text += item.id + "=" + (item.deleted() ? "deleted" : item.data) + ";";
  for (const auto& problem : file.problems) text += problem.place + ": " + problem.what + ";";
  return text;
}

TEST(ImportFile, ReadsJsonLinesWithIdAndData) {
  EXPECT_EQ(items_of("{\"id\":\"a\",\"data\":{\"x\": 1}}\n\n  \r\n{\"id\":\"b\",\"data\":{}, \"more\": 1}"),
            "a={\"x\":1};b={};");
}

TEST(ImportFile, ReadsDocumentsWithTheirIdInAMember) {
  EXPECT_EQ(items_of("{\"code\":\"a\",\"n\":1}\n{\"code\":7}\n", {.id_field = "code", .pointer = {}}),
            "a={\"code\":\"a\",\"n\":1};7={\"code\":7};");
}

TEST(ImportFile, ReadsAnArrayAtAPointerAndAFileThatIsOne) {
  EXPECT_EQ(items_of("{\"639-3\":[{\"c\":\"a\"}]}", {.id_field = "c", .pointer = "/639-3"}),
            "a={\"c\":\"a\"};");
  EXPECT_EQ(items_of(" [\n{\"id\":\"a\",\"data\":{}}]"), "a={};");
}

TEST(ImportFile, ReadsWhatExportWroteDeletedOnesToo) {
  EXPECT_EQ(items_of(R"({"scope":"s","id":"a","version":3,"ts":1,"by":"x","deleted":true})"), "a=deleted;");
}

TEST(ImportFile, ReportsEveryMistakeWithItsPlace) {
  EXPECT_EQ(
      items_of(
          "{\"id\":\"a\"}\n[1]\n{\"data\":{}}\n{\"id\":\"a/b\",\"data\":{}}\n{\"id\":\"a\",\"data\":[]}\n"),
      "line 1: there is no object 'data';line 2: this is no JSON object;line 3: there is no member 'id';"
      "line 4: 'id' is no id;line 5: there is no object 'data';");
  EXPECT_EQ(read_import("f", "{\"id\":1.5,\"data\":{}}", {}).problem_count, 1u);
  EXPECT_EQ(read_import("f", "{\"id\":\"a\",\"data\":{}", {}).problems.at(0).place, "line 1");
  EXPECT_EQ(read_import("f", "[1,\n2,\n", {}).problems.at(0).place, "line 3");
}

TEST(ImportFile, AnIdMayStandOnceOnly) {
  EXPECT_EQ(items_of("{\"id\":\"a\",\"data\":{}}\n{\"id\":\"a\",\"data\":{}}\n"),
            "a={};line 2: the id 'a' is at line 1 already;");
}

TEST(ImportFile, APointerMustLeadToAnArray) {
  EXPECT_EQ(items_of("{}", {.id_field = "c", .pointer = "/x"}), "/x: there is nothing at this place;");
  EXPECT_EQ(items_of("{\"x\":{}}", {.id_field = "c", .pointer = "/x"}), "/x: this is no array;");
  EXPECT_EQ(items_of("{\"x\":{}}", {.id_field = "c", .pointer = "x"}), "x: there is nothing at this place;");
}

TEST(ImportFile, RefusesADocumentThatIsTooDeepForAMessage) {
  const auto document = [](std::size_t levels) {
    std::string text = "{}";
    for (std::size_t i = 1; i < levels; ++i) text = "{\"x\":" + text + "}";
    return "{\"id\":\"a\",\"data\":" + text + "}";
  };
  EXPECT_EQ(read_import("f", document(29), {}).problem_count, 0u);
  EXPECT_EQ(read_import("f", document(30), {}).problem_count, 1u);
}

TEST(ImportFile, KeepsTheFirstMistakesAndCountsTheRest) {
  std::string bytes;
  for (int i = 0; i < 100; ++i) bytes += "1\n";
  const auto file = read_import("f", bytes, {});
  EXPECT_EQ(file.problems.size(), limits::problems_shown);
  EXPECT_EQ(file.problem_count, 100u);
}

}  // namespace
}  // namespace msync
