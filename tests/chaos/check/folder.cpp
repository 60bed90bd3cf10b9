#include "tests/chaos/check/folder.h"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <iomanip>
#include <vector>

#include "tests/chaos/check/checker.h"

namespace msync::chaos {

namespace {

std::vector<std::string> histories(const std::string& folder) {
  std::vector<std::string> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".jsonl") files.push_back(entry.path().string());
  }
  std::ranges::sort(files);
  return files;
}

/// The part of a message's list that is about this entity.
Json about(const Json& list, const std::string& id) {
  Json kept = Json::array();
  for (const auto& item : list) {
    if (item.dump().find("\"id\":" + Json(id).dump()) != std::string::npos) kept.push_back(item);
  }
  return kept;
}

/// A line cut down to what concerns one entity.
std::string told(Json line, const std::string& id) {
  if (line.contains("msg") && line.at("msg").is_object()) {
    for (const char* list : {"changes", "results", "mutations", "outcomes"}) {
      if (line.at("msg").contains(list)) line["msg"][list] = about(line.at("msg").at(list), id);
    }
  }
  if (line.contains("scopes")) line.erase("scopes");
  line.erase("wall");
  line.erase("mono");
  return line.dump();
}

}  // namespace

void Folder::read(Facts& facts) {
  for (const auto& path : histories(path_)) {
    std::ifstream file(path);
    file.seekg(offsets_[path]);
    for (std::string line; std::getline(file, line) && !file.eof();) {
      offsets_[path] = file.tellg();
      const Json json = Json::parse(line, nullptr, false);
      if (json.is_object()) facts.feed(path, json);
    }
  }
}

void explain(const std::string& folder, const std::string& scope, const std::string& id, std::ostream& out) {
  std::vector<std::pair<std::int64_t, std::string>> lines;
  const std::string wanted_id = "\"id\":" + Json(id).dump();
  for (const auto& path : histories(folder)) {
    std::ifstream file(path);
    const std::string name = std::filesystem::path(path).stem().string();
    for (std::string text; std::getline(file, text);) {
      const bool of_nemesis = name == "nemesis";
      const bool concerns =
          text.find(scope) != std::string::npos && text.find(wanted_id) != std::string::npos;
      if (!of_nemesis && !concerns) continue;
      const Json line = Json::parse(text, nullptr, false);
      if (!line.is_object()) continue;
      const std::int64_t mono = line.value("mono", std::int64_t{0});
      lines.emplace_back(mono, name + " " + (of_nemesis ? line.dump() : told(line, id)));
    }
  }
  std::ranges::stable_sort(lines, {}, &std::pair<std::int64_t, std::string>::first);
  const std::int64_t start = lines.empty() ? 0 : lines.front().first;
  for (const auto& [mono, text] : lines) {
    out << std::fixed << std::setprecision(3) << std::setw(9) << static_cast<double>(mono - start) / 1000
        << " " << text << "\n";
  }
}

}  // namespace msync::chaos
