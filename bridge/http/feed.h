// The feed: a scope's changes over HTTP, as a long poll or as a stream of server-sent events.
//
// Each reader has a position of its own and is served from the store, like a pull, so that nothing is missed and a slow
// one holds nobody up: a stream gets its next page when the last is with the peer. Readers at the same position share one
// page. Every page is judged: a reader whose token has ended, was revoked, or grants no longer, is told and let go.
//
// All calls on one thread, the HTTP side's worker. Throws StoreError.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <unordered_map>

#include "bridge/http/exchange.h"
#include "bridge/http/follow.h"
#include "bridge/server_time.h"
#include "bridge/store/store.h"
#include "core/access.h"
#include "core/collection.h"

namespace msync {

struct FeedReader {
  std::shared_ptr<Exchange> exchange;
  std::shared_ptr<const Identity> who;
  std::string scope;
  FeedPosition position;
  std::size_t limit = 0;
  bool stream = false;           // or a long poll
  std::int64_t deadline_ms = 0;  // of a long poll: when it is answered with nothing
};

class Feed {
 public:
  /// `post` runs a job on the feed's thread later.
  Feed(StoreReader& reader, ServerTime& time, std::string epoch,
       std::function<std::shared_ptr<const Collections>()> collections,
       std::function<void(std::function<void()>)> post);

  /// Takes the reader in and serves it, or answers 503 or 429 where there are too many.
  void add(FeedReader&& reader);

  /// Something was committed in this scope.
  void touched(const std::string& scope);

  /// About once a second: long polls that have waited enough, silence, tokens that have ended.
  void tick();

  std::size_t size() const { return readers_.size(); }

 private:
  struct Entry {
    FeedReader reader;
    std::int64_t spoken_ms = 0;
  };
  struct Page {
    std::string text;
    FeedPosition next;
    bool empty = false;  // the reader has all there is
    std::shared_ptr<const std::string>
        event;  // `text` as a server-sent event; nothing while its readers wait
  };
  using Pages = std::map<std::pair<FeedPosition, std::size_t>, Page>;

  void serve(std::uint64_t id, Pages& pages);
  /// False when the reader has been served for now.
  bool serve_page(std::uint64_t id, Pages& pages);
  const Page& page_of(const FeedReader& reader, Pages& pages);
  bool judge(const FeedReader& reader);
  void speak(Entry& entry, std::shared_ptr<const std::string> text);
  void let_go(std::uint64_t id, const char* code);
  void forget(std::uint64_t id);

  StoreReader& reader_;
  ServerTime& time_;
  std::string epoch_;
  std::function<std::shared_ptr<const Collections>()> collections_;
  std::function<void(std::function<void()>)> post_;
  std::uint64_t last_id_ = 0;
  std::unordered_map<std::uint64_t, Entry> readers_;
  std::unordered_map<std::string, std::set<std::uint64_t>> by_scope_;
  std::unordered_map<std::string, std::size_t> by_user_;
};

}  // namespace msync
