#include "bridge/schema_judge.h"

#include <algorithm>

namespace msync {
namespace {

/// A document takes some 10 µs: often enough to be stopped, seldom enough to cost nothing.
constexpr std::uint64_t progress_step = 256;

bool names(const std::vector<const Collection*>& collections, const std::string& name) {
  return std::any_of(collections.begin(), collections.end(),
                     [&](const Collection* one) { return one->name == name; });
}

void judge_document(const std::string& scope, const Change& change, Verdict& verdict) {
  verdict.documents += 1;
  const auto document = parse_json(change.data);
  const auto error = document ? unfit(*verdict.collection, *document) : document.error();
  if (!error) return;
  verdict.unfit += 1;
  if (verdict.first.size() < limits::problems_shown) verdict.first.push_back({scope, change.id, *error});
}

}  // namespace

std::vector<const Collection*> SchemaJudge::changed(View& view, const Collections& collections) {
  const auto accepted = view.accepted();
  std::vector<const Collection*> changed;
  for (const Collection& collection : collections.all()) {
    const auto found = accepted.find(collection.name);
    if (found == accepted.end() || found->second != collection.fingerprint) changed.push_back(&collection);
  }
  return changed;
}

std::optional<std::vector<Verdict>> SchemaJudge::judge(View& view,
                                                       const std::vector<const Collection*>& collections,
                                                       const Heads& from) {
  if (collections.empty()) return std::vector<Verdict>();
  std::vector<ScopeRow> scopes = view.scopes();
  std::erase_if(scopes, [&](const ScopeRow& scope) { return !names(collections, scope.collection); });
  read_ = total_ = 0;
  for (const ScopeRow& scope : scopes) total_ += scope.count;
  std::vector<Verdict> verdicts;
  for (const Collection* collection : collections) {
    Verdict verdict{collection, 0, 0, {}};
    for (const ScopeRow& scope : scopes) {
      if (scope.collection != collection->name) continue;
      const auto read = from.find(scope.id);
      if (!judge_scope(view, scope, read == from.end() ? 0 : read->second, verdict)) return std::nullopt;
    }
    verdicts.push_back(std::move(verdict));
  }
  return verdicts;
}

bool SchemaJudge::judge_scope(View& view, const ScopeRow& scope, std::uint64_t from, Verdict& verdict) {
  bool goes_on = true;
  view.changes(scope.id, from, scope.seq, [&](Change&& change) {
    if (change.deleted) return true;
    judge_document(scope.topic, change, verdict);
    read_ += 1;
    if (progress_ && read_ % progress_step == 0) goes_on = progress_(read_, total_);
    return goes_on;
  });
  heads_[scope.id] = scope.seq;
  return goes_on;
}

std::vector<std::string> lines_of(const Verdict& verdict) {
  const Collection& collection = *verdict.collection;
  std::vector<std::string> lines{std::to_string(verdict.unfit) + " of " + std::to_string(verdict.documents) +
                                 (verdict.documents == 1 ? " document of " : " documents of ") +
                                 collection.name + " would not fit " + collection.file};
  for (const UnfitDocument& document : verdict.first) {
    std::string place = document.error.path.empty() ? "" : " at " + document.error.path;
    lines.push_back("scope " + json_quoted(document.scope) + " id " + json_quoted(document.id) + place +
                    ": " + to_string(document.error.code) + ", " + document.error.message);
  }
  if (verdict.unfit > verdict.first.size())
    lines.push_back("and " + std::to_string(verdict.unfit - verdict.first.size()) + " more");
  lines.emplace_back(
      "change these documents first, or widen the schema; `bridge --allow-invalid` takes it nevertheless and "
      "leaves them until they are written again");
  return lines;
}

std::uint64_t unfit(const std::vector<Verdict>& verdicts) {
  std::uint64_t sum = 0;
  for (const Verdict& verdict : verdicts) sum += verdict.unfit;
  return sum;
}

}  // namespace msync
