#include "core/collection.h"

#include <algorithm>
#include <utility>

#include "core/collection_file.h"

namespace msync {
namespace {

std::int64_t unit_ms(char unit) {
  switch (unit) {
    case 's':
      return 1000;
    case 'm':
      return 60 * 1000;
    case 'h':
      return 60 * 60 * 1000;
    case 'd':
      return 24 * 60 * 60 * 1000;
    default:
      return 0;
  }
}

void report_overlap(const Collection& one, const Collection& other, std::vector<Problem>& problems) {
  problems.push_back(
      {one.file, "/x-sync/topic",
       "the topic " + one.topic.text() + " can be the same as " + other.topic.text() + " of " + other.file,
       "give one of them another literal level, such as " + one.name + "/…"});
}

void find_overlaps(const std::vector<Collection>& all, std::vector<Problem>& problems) {
  for (std::size_t i = 0; i < all.size(); ++i) {
    for (std::size_t j = i + 1; j < all.size(); ++j) {
      if (!TopicTemplate::overlap(all[i].topic, all[j].topic)) continue;
      report_overlap(all[i], all[j], problems);
      report_overlap(all[j], all[i], problems);
    }
  }
}

/// A membership in what no collection has would never hold.
void find_strange_memberships(const std::vector<Collection>& all, std::vector<Problem>& problems) {
  for (const Collection& collection : all) {
    for (std::size_t i = 0; i < collection.access.size(); ++i) {
      const auto& member_of = collection.access[i].member_of;
      const auto has_it = [&](const Collection& other) { return fits(*member_of, other.topic); };
      if (!member_of || std::any_of(all.begin(), all.end(), has_it)) continue;
      problems.push_back(
          {collection.file, "/x-sync/access/" + std::to_string(i) + "/member_of",
           "no collection has scopes such as " + member_of->text.substr(0, member_of->text.rfind('/')),
           "add a file for the collection of members, or name the topic of one that is there"});
    }
  }
}

/// Only possible for files of different folders.
void find_namesakes(const std::vector<Collection>& all, std::vector<Problem>& problems) {
  for (std::size_t i = 1; i < all.size(); ++i) {
    if (all[i].name != all[i - 1].name) continue;
    problems.push_back({all[i].file, "", "has the name of " + all[i - 1].file, "rename one of the files"});
  }
}

}  // namespace

std::string to_string(const Problem& problem) {
  std::string text = problem.file;
  if (!problem.place.empty()) text += ": " + problem.place;
  text += ": " + problem.what;
  if (!problem.remedy.empty()) text += " (" + problem.remedy + ")";
  return text;
}

Collections::Loaded Collections::load(const std::vector<SchemaFile>& files) {
  Loaded loaded;
  std::vector<Collection>& all = loaded.collections.all_;
  for (const SchemaFile& file : files) {
    if (auto collection = read_collection(file, loaded.problems)) all.push_back(*std::move(collection));
  }
  std::sort(all.begin(), all.end(), [](const Collection& a, const Collection& b) { return a.name < b.name; });
  find_namesakes(all, loaded.problems);
  find_overlaps(all, loaded.problems);
  if (loaded.problems.empty()) find_strange_memberships(all, loaded.problems);
  return loaded;
}

const Collection* Collections::find(std::string_view name) const {
  const auto found =
      std::lower_bound(all_.begin(), all_.end(), name,
                       [](const Collection& one, std::string_view wanted) { return one.name < wanted; });
  return found != all_.end() && found->name == name ? &*found : nullptr;
}

Result<std::int64_t> parse_duration_ms(std::string_view text) {
  constexpr std::int64_t longest_ms = std::int64_t{36500} * 24 * 60 * 60 * 1000;
  const Error error{Code::bad_config, "a duration is a number and s, m, h or d, such as 90d; at most 36500d",
                    ""};
  if (text.size() < 2) return error;
  const std::int64_t unit = unit_ms(text.back());
  std::int64_t amount = 0;
  for (const char c : text.substr(0, text.size() - 1)) {
    if (c < '0' || c > '9') return error;
    amount = amount * 10 + (c - '0');
    if (amount > longest_ms) return error;
  }
  if (unit == 0 || amount > longest_ms / unit) return error;
  return amount * unit;
}

}  // namespace msync
