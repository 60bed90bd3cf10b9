// Whether new schemas may take the place of the ones before: asked at the start of the bridge and at every reload, on
// the thread of the signals, while the pipeline goes on. Says in the log what it finds.
#pragma once

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "bridge/schema_judge.h"

namespace msync {

class SchemaGate {
 public:
  /// `interrupted` ends a long judgement early: the bridge was told to end.
  SchemaGate(std::string store, bool allow_invalid, std::function<bool()> interrupted);

  /// False if they would make stored documents invalid (unless that is allowed), or if it was interrupted. Reads the
  /// documents of the collections that changed, and nothing where none did. Throws StoreError.
  bool admits(const Collections& collections);

  /// Of the collections that were admitted and had changed: names and fingerprints, for the store to keep.
  std::vector<std::pair<std::string, std::string>> accepted() const;

  /// Once the new schemas are at work: what was written under the old ones meanwhile and does not fit is warned of.
  /// `collections` are the ones that were admitted. Throws StoreError.
  void look_back(const Collections& collections);

 private:
  bool progress(std::uint64_t read, std::uint64_t total);
  void report(const std::vector<Verdict>& verdicts, bool refused) const;

  std::string store_;
  bool allow_invalid_;
  std::function<bool()> interrupted_;
  std::int64_t told_ms_ = 0;  // when progress was last logged
  std::vector<std::pair<std::string, std::string>> accepted_;
  Heads heads_;
};

}  // namespace msync
