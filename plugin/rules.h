// What the plugin's files say: the collections, and the keys of tokens and stamps. Read at start and on
// SIGHUP.
//
// Immutable once loaded: a reload makes another, and the Door swaps the two only if the new one has no
// problem.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/collection.h"
#include "core/token.h"
#include "platform/files.h"
#include "plugin/options.h"
#include "plugin/revocations.h"

namespace msync {

struct Rules {
  Collections collections;
  TokenPolicy tokens;
  FileMark keys_mark;  // of the JWKS file, when it was read
  std::string stamp_key;
  Revocations revoked;  // as the last process left them: counts at start only

  struct Loaded;

  /// Reads every file the options name. Files are read after the broker gave up root: they must be readable
  /// by its user.
  static Loaded load(const Options& options);
};

struct Rules::Loaded {
  std::unique_ptr<const Rules> rules;  // null if there is any problem
  std::vector<Problem> problems;
  std::vector<std::string> warnings;
};

/// Collections whose `topic` differs: their scopes would lose their data under running clients, so a reload
/// refuses it. New and removed collections are no problem.
std::vector<Problem> changed_topics(const Collections& before, const Collections& after);

}  // namespace msync
