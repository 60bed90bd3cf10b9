// The answer to one pull, page by page. docs/protocol.md, "pull and delta" and "Snapshot".
//
// No thread, no clock, no network: the pull service drives it, the simulator too. Each page is one consistent
// view; between pages the scope may move on, which the next page then shows.
#pragma once

#include <optional>
#include <string>

#include "bridge/store/store.h"
#include "core/compression.h"
#include "core/message.h"

namespace msync {

class PullAnswer {
 public:
  /// `user` is the stamp's, `epoch` the store's, `scope` the topic.
  PullAnswer(Pull pull, std::string user, std::string scope, std::string epoch);

  /// The next page as a message, or nothing after the last. `now_ms` is written into it.
  std::optional<std::string> next(StoreReader& reader, std::int64_t now_ms);

  /// Of the page that next() gave last, such as "application/json+zstd".
  std::string content_type() const;

  /// Where the next page begins: after the page that next() gave last.
  std::uint64_t since() const { return pull_.since; }
  /// Also: nothing once the head is reached, where a snapshot has ended.
  std::uint64_t snap() const { return at_head_ ? 0 : pull_.snap; }

  /// True if the client named a seq above the head in this epoch: it errs, or the store has lost its tail.
  /// Known after the first page.
  bool above_head() const { return above_head_; }

 private:
  Delta page(View& view, const ScopeRow& scope);
  bool needs_reset(const ScopeRow& scope);
  Compression compression() const;
  void add_own_numbers(View& view, const ScopeRow& scope, Delta& delta) const;

  Pull pull_;
  std::string user_;
  std::string scope_;
  std::string epoch_;
  std::size_t pages_ = 0;
  bool done_ = false;
  bool at_head_ = false;
  Compression used_ = Compression::none;  // by the last page
  bool above_head_ = false;
};

}  // namespace msync
