// What `import` reads: documents as JSON Lines, or a JSON file with an array in it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/collection.h"

namespace msync {

/// How the file says which document has which id.
struct ImportFormat {
  std::string id_field;  // each element is the document, and this member its id; empty: {"id":…,"data":{…}}
  std::string
      pointer;  // JSON Pointer of the array in a JSON file; empty: JSON Lines, or the whole file is an array
};

struct ImportItem {
  std::string id;
  std::string data;  // compact JSON; empty where the element says "deleted": true
  std::string place;

  bool deleted() const { return data.empty(); }
};

struct ImportFile {
  std::vector<ImportItem> items;
  std::vector<Problem> problems;  // at most limits::problems_shown are kept
  std::size_t problem_count = 0;
};

/// Every element and every mistake: no JSON, no object, no id, an id twice, a document that is too deep to be sent.
ImportFile read_import(const std::string& file, std::string_view bytes, const ImportFormat& format);

}  // namespace msync
