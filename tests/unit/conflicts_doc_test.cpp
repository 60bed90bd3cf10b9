// The tables of docs/conflicts.md are what this test runs: every row, through reconcile.
#include <gtest/gtest.h>

#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "core/reconcile.h"

using namespace msync;

namespace {

using Cells = std::vector<std::string>;

struct Table {
  std::string heading;  // the nearest above it
  Cells columns;
  std::vector<Cells> rows;
};

std::string trimmed(const std::string& text) {
  const auto from = text.find_first_not_of(" `");
  return from == std::string::npos ? "" : text.substr(from, text.find_last_not_of(" `") - from + 1);
}

Cells split(const std::string& text, char separator) {
  Cells cells;
  std::istringstream in(text);
  for (std::string cell; std::getline(in, cell, separator);) cells.push_back(trimmed(cell));
  return cells;
}

std::vector<Table> tables_of(const std::string& path) {
  std::ifstream file(path);
  std::vector<Table> tables;
  std::string heading;
  bool inside = false;
  for (std::string line; std::getline(file, line);) {
    if (line.starts_with("#")) heading = trimmed(line.substr(line.find(' ')));
    if (!line.starts_with("|")) {
      inside = false;
      continue;
    }
    if (line.starts_with("|---")) continue;
    const Cells cells = split(line.substr(1, line.rfind('|') - 1), '|');
    if (!inside) tables.push_back({heading, cells, {}});
    if (inside) tables.back().rows.push_back(cells);
    inside = true;
  }
  return tables;
}

std::vector<Table> tables_with(const Cells& columns) {
  std::vector<Table> found;
  for (Table& table : tables_of(MSYNC_SOURCE_DIR "/docs/conflicts.md")) {
    if (table.columns == columns) found.push_back(std::move(table));
  }
  return found;
}

const std::string& known(const std::string& word, const std::set<std::string>& words) {
  EXPECT_TRUE(words.contains(word)) << "the table's word '" << word << "' is not known here";
  return word;
}

/// "put, patch" or "any" in a cell: each of the words.
Cells alternatives(const std::string& cell, const Cells& any) {
  if (cell == "any") return any;
  Cells words = split(cell, ',');
  for (const auto& word : words) known(word, {any.begin(), any.end()});
  return words;
}

const Cells policies{"lww", "reject", "merge"};
const Cells writes{"put", "patch", "removal", "delete", "operator"};
const Cells clocks{"larger", "smaller"};

/// The entity of the page's example: title, note and likes.
class Example {
 public:
  explicit Example(const std::string& policy) {
    auto loaded = Collections::load(
        {{"t.json", R"({"type":"object","properties":{"likes":{"type":"integer","x-merge":"counter"}},
          "x-sync":{"topic":"t/{x}","conflict":")" +
                        policy + R"(","access":[{"allow":["read","write"]}]}})"}});
    for (const auto& problem : loaded.problems) ADD_FAILURE() << to_string(problem);
    collections_ = std::move(loaded.collections);
  }

  std::string write(const std::string& user, const std::string& what, std::optional<std::uint64_t> base,
                    std::int64_t ts) {
    Operation operation;
    operation.id = "e";
    operation.base = base;
    operation.ts = ts;
    operation.op = what == "put" ? Op::put : what == "delete" ? Op::remove : Op::patch;
    if (what == "put" || what == "patch") operation.data = Json{{"title", user}};
    if (what == "removal") operation.data = Json{{"note", nullptr}};
    if (what == "operator") operation.data = Json{{"likes", {{"$inc", 1}}}};
    if (what == "document") operation.data = Json{{"title", user}, {"note", user}, {"likes", 1}};
    if (what == "document") operation.op = Op::put;
    const Decision decision = reconcile(*collections_.find("t"), standing_ ? &*standing_ : nullptr, operation,
                                        Writer{user, std::string(16, user.front()), 1, 1'000'000}, 0);
    if (decision.entity) standing_ = decision.entity;
    std::string answer = to_string(decision.status);
    if (decision.status == Status::applied && !decision.entity) answer += ", no change";
    return answer;
  }

  /// As the table's cells say it: "title note likes", "deleted" or "nothing".
  std::string stands() const {
    if (!standing_) return "nothing";
    if (standing_->deleted) return "deleted";
    std::string text;
    for (const char* property : {"title", "note", "likes"}) {
      const auto& data = standing_->data;
      text += (text.empty() ? "" : " ") + (!data.contains(property)     ? "–"
                                           : data[property].is_string() ? data[property].get<std::string>()
                                                                        : to_text(data[property]));
    }
    return text;
  }

 private:
  Collections collections_;
  std::optional<Entity> standing_;
};

/// Two writes that both saw the first version, at 20 and at 30 or 15.
std::string run_pair(const std::string& policy, const std::string& first, const std::string& second,
                     const std::string& clock) {
  Example example(policy);
  example.write("old", "document", 0, 10);
  example.write("first", first, 1, 20);
  const std::string answer = example.write("second", second, 1, clock == "larger" ? 30 : 15);
  return answer + ": " + example.stands();
}

/// A write to what was deleted at 20 in version 2, by one who has seen that (base 2), or version 1, or nothing.
std::string run_tombstone(const std::string& policy, const std::string& write, const std::string& base,
                          const std::string& clock) {
  Example example(policy);
  example.write("old", "document", 0, 10);
  example.write("first", "delete", 1, 20);
  std::optional<std::uint64_t> number;
  if (base != "none") number = base == "its version" ? 2 : 1;
  const std::string answer = example.write("second", write, number, clock == "larger" ? 30 : 15);
  return answer + ": " + example.stands();
}

std::string run_unknown(const std::string& policy, const std::string& write, const std::string& base) {
  Example example(policy);
  std::optional<std::uint64_t> number;
  if (base != "none") number = base == "0" ? 0 : 3;
  const std::string answer = example.write("second", write, number, 20);
  return answer + ": " + example.stands();
}

}  // namespace

TEST(ConflictsDoc, EveryRowOfThePairsIsWhatHappens) {
  const auto tables =
      tables_with({"first", "second", "second's clock", "second is", "title", "note", "likes"});
  ASSERT_EQ(tables.size(), policies.size()) << "one a policy";
  for (const Table& table : tables) {
    const std::string policy = known(split(table.heading, ' ').back(), {policies.begin(), policies.end()});
    std::map<std::string, int> seen;
    for (const Cells& row : table.rows) {
      ASSERT_EQ(row.size(), table.columns.size()) << policy << ": " << row.at(0);
      const std::string stands = row[4] == "deleted" ? "deleted" : row[4] + " " + row[5] + " " + row[6];
      for (const auto& first : alternatives(row[0], writes)) {
        for (const auto& second : alternatives(row[1], writes)) {
          for (const auto& clock : alternatives(row[2], clocks)) {
            seen[first + " " + second + " " + clock] += 1;
            EXPECT_EQ(row[3] + ": " + stands, run_pair(policy, first, second, clock))
                << policy << ": first " << first << ", then " << second << " with the " << clock << " clock";
          }
        }
      }
    }
    EXPECT_EQ(seen.size(), writes.size() * writes.size() * clocks.size()) << policy << ": each against each";
    for (const auto& [pair, times] : seen) EXPECT_EQ(times, 1) << policy << ": " << pair << " stands twice";
  }
}

TEST(ConflictsDoc, EveryRowOfTheTombstonesIsWhatHappens) {
  const auto tables = tables_with({"policy", "write", "base", "clock", "it is", "and then"});
  ASSERT_EQ(tables.size(), 1U);
  std::map<std::string, int> seen;
  for (const Cells& row : tables[0].rows) {
    ASSERT_EQ(row.size(), tables[0].columns.size()) << row.at(0);
    for (const auto& policy : alternatives(row[0], policies)) {
      for (const auto& write : alternatives(row[1], writes)) {
        for (const auto& base : alternatives(row[2], {"its version", "older", "none"})) {
          for (const auto& clock : alternatives(row[3], clocks)) {
            const std::string then =
                known(row[5], {"deleted", "what it put"}) == "deleted" ? "deleted" : "second – –";
            seen[policy + " " + write + " " + base + " " + clock] += 1;
            EXPECT_EQ(row[4] + ": " + then, run_tombstone(policy, write, base, clock))
                << policy << " " << write << " " << base << " " << clock;
          }
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), policies.size() * writes.size() * 3 * clocks.size());
  for (const auto& [row, times] : seen) EXPECT_EQ(times, 1) << row << " stands twice";
}

TEST(ConflictsDoc, EveryRowOfTheUnknownIdsIsWhatHappens) {
  const auto tables = tables_with({"write", "base", "it is", "and then"});
  ASSERT_EQ(tables.size(), 1U);
  std::map<std::string, int> seen;
  for (const Cells& row : tables[0].rows) {
    ASSERT_EQ(row.size(), tables[0].columns.size()) << row.at(0);
    for (const auto& write : alternatives(row[0], writes)) {
      for (const auto& base : alternatives(row[1], {"0", "above 0", "none"})) {
        seen[write + " " + base] += 1;
        const std::map<std::string, std::string> made{
            {"put", "second – –"}, {"patch", "second – –"}, {"removal", "– – –"}, {"operator", "– – 1"}};
        const bool created = known(row[3], {"nothing", "what it says"}) == "what it says";
        for (const auto& policy : policies) {
          EXPECT_EQ(row[2] + ": " + (created ? made.at(write) : "nothing"), run_unknown(policy, write, base))
              << policy << " " << write << " " << base;
        }
      }
    }
  }
  EXPECT_EQ(seen.size(), writes.size() * 3);
  for (const auto& [row, times] : seen) EXPECT_EQ(times, 1) << row << " stands twice";
}
