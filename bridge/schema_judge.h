// What changed schemas mean for the documents that are stored: which would not be taken any more. The bridge asks at
// its start and at every reload, `mosquitto-sync check` offline. docs/schemas.md, "Changing a schema".
//
// Reads one view; no thread, no clock of its own.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "bridge/store/store.h"
#include "core/collection.h"

namespace msync {

struct UnfitDocument {
  std::string scope;
  std::string id;
  Error error;  // invalid or too_large
};

/// One collection held against its documents.
struct Verdict {
  const Collection* collection = nullptr;
  std::uint64_t documents = 0;  // alive, and read
  std::uint64_t unfit = 0;
  std::vector<UnfitDocument> first;  // of those, at most limits::problems_shown
};

/// Up to which seq a scope was read.
using Heads = std::map<std::int64_t, std::uint64_t>;

class SchemaJudge {
 public:
  /// Told of the documents read so far and how many there are; false ends the judgement.
  using Progress = std::function<bool(std::uint64_t read, std::uint64_t total)>;

  /// `progress` is called every so many documents; it may be empty.
  explicit SchemaJudge(Progress progress) : progress_(std::move(progress)) {}

  /// The collections whose schema or max_bytes is not the one that the store's documents were last held against.
  static std::vector<const Collection*> changed(View& view, const Collections& collections);

  /// A verdict for each, in their order. What lies at or before `from` is passed over. Nothing if `progress` ended it.
  std::optional<std::vector<Verdict>> judge(View& view, const std::vector<const Collection*>& collections,
                                            const Heads& from = {});

  /// The heads of the scopes that judge() has read.
  const Heads& read_up_to() const { return heads_; }

 private:
  bool judge_scope(View& view, const ScopeRow& scope, std::uint64_t from, Verdict& verdict);

  Progress progress_;
  Heads heads_;
  std::uint64_t read_ = 0;
  std::uint64_t total_ = 0;
};

/// "3 of 120 documents of notes do not fit schemas/notes.json: DOCUMENTS; REMEDY" as lines for a person: the sentence,
/// the first documents, how many more, what to do.
std::vector<std::string> lines_of(const Verdict& verdict);

std::uint64_t unfit(const std::vector<Verdict>& verdicts);

}  // namespace msync
