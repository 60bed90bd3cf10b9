// Collections: what a file in the schemas folder says.
//
// A file is a JSON Schema (draft 7) with an `x-sync` section; its name without `.json` is the collection's
// name. docs/schemas.md describes every key. Loading reports every mistake it finds, each with file, place and
// remedy, not only the first. Immutable once loaded; shared by any number of threads.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "core/access.h"
#include "core/json.h"
#include "core/schema.h"
#include "core/topic.h"

namespace msync {

/// What happens to a write that did not see the latest change.
enum class Conflict : std::uint8_t { lww, reject, merge };

/// How a property with `x-merge` changes: by operators that never conflict.
enum class Operator : std::uint8_t { counter, set, max, min };

struct Collection {
  std::string name;
  std::string file;  // as it was given to load(), for messages
  TopicTemplate topic;
  Conflict conflict = Conflict::lww;
  std::vector<Grant> access;
  std::size_t max_bytes = limits::default_document_bytes;
  bool retain_docs = false;
  std::int64_t history_ms = 0;  // 0: none kept
  std::int64_t tombstones_ms = 0;
  std::map<std::string, Operator, std::less<>> operators;  // by top-level property
  std::shared_ptr<const Schema> schema;
  std::string fingerprint;  // of schema and max_bytes: equal ones take the same documents
};

/// One mistake in a file of ours.
struct Problem {
  std::string file;
  std::string place;   // JSON Pointer, or "line 3, column 7", or empty for the whole file
  std::string what;    // what is wrong
  std::string remedy;  // what to do
};

/// "schemas/chat.json: /x-sync/topic: … (…)": one line for a person.
std::string to_string(const Problem& problem);

/// A schema file as read from disk, by whoever may read disks.
struct SchemaFile {
  std::string path;
  std::string bytes;
};

class Collections {
 public:
  struct Loaded;

  /// All files together: overlapping templates are a mistake of both. If there is any problem the collections
  /// must not be used.
  static Loaded load(const std::vector<SchemaFile>& files);

  /// By name; nullptr if there is none. The pointer lives as long as this object.
  const Collection* find(std::string_view name) const;

  const std::vector<Collection>& all() const { return all_; }

 private:
  std::vector<Collection> all_;  // sorted by name
};

struct Collections::Loaded {
  Collections collections;
  std::vector<Problem> problems;
};

/// `30s`, `10m`, `12h`, `90d` in ms. Code::bad_config for anything else, or more than 100 years.
Result<std::int64_t> parse_duration_ms(std::string_view text);

}  // namespace msync
