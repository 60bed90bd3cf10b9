// A process that writes to a store, and the question whether its store is whole: it commits pairs of entities and prints each
// commit that returned. Whatever happens to it, the store must then hold whole pairs, without a gap, and at least what
// was printed: that is what the bridge builds its acknowledgements on.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "bridge/store/store.h"

namespace msync::test {

inline constexpr const char* pair_topic = "chat/42/messages";

/// One transaction: two entities, the scope's head, the replica's number. The new head.
std::uint64_t commit_pair(Store& store, const std::string& text = std::string(250, 'x'));

/// The head, after looking that the store is whole up to it.
std::uint64_t whole_head(const std::string& file);

struct PairWriter {
  std::string file;
  int commits = 0;
  int checkpoint_every = 0;  // this many commits the log is moved into the database; 0: never
  int reopen_every = 0;      // this many commits the store is closed and opened again; 0: never
};

/// The command line of such a process, to be run under something that makes system calls fail, or notes them. Like the
/// pipeline, it opens its store again after an error. Prints "acked HEAD" and "error KIND TEXT".
std::vector<std::string> command_of(const PairWriter& writer);

}  // namespace msync::test
