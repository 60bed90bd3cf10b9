// A client's local database: an append-only file of JSON lines, the newest of each key counts.
//
// A line is written before anything depends on it, so kill -9 loses nothing that was promised; a torn last line was never
// promised. The file is written anew when it has grown past a bound. Not made for power cuts. One thread.
#pragma once

#include <map>
#include <string>

#include "tests/chaos/history.h"

namespace msync::chaos {

class Journal {
 public:
  /// Reads what is there. Throws std::system_error.
  explicit Journal(std::string path);
  ~Journal();
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// The newest value of this key; null where there is none.
  Json get(const std::string& key) const;
  void put(const std::string& key, Json value);

 private:
  void read();
  void rewrite();

  std::string path_;
  std::map<std::string, Json> values_;
  int descriptor_ = -1;
  std::size_t bytes_ = 0;
};

}  // namespace msync::chaos
