// The status page, its data and the metrics over HTTP: docs/operations.md, "Status" and "Metrics".
//
// Adds its pages to the HTTP side before that starts; the board tells it of each sample, on the board's thread. Streams are
// given up where their reader does not keep up (he has missed nothing that the next one would not tell), and end after
// limits::status_stream_ms, so that a token which has ended meanwhile is noticed.
#pragma once

#include <list>
#include <memory>
#include <mutex>

#include "bridge/http/app.h"
#include "bridge/metrics.h"
#include "bridge/status_board.h"
#include "core/limits.h"

namespace msync {

class StatusPages {
 public:
  /// All of them must outlive the HTTP side.
  StatusPages(Metrics& metrics, StatusBoard& board) : metrics_(metrics), board_(board) {}

  void add_to(HttpApp& app);

  /// There is news. Any thread.
  void sampled();

  std::size_t streams() const;

 private:
  struct Stream {
    std::shared_ptr<Exchange> exchange;
    std::chrono::steady_clock::time_point ends;
  };
  void open_stream(const std::shared_ptr<Exchange>& exchange);

  Metrics& metrics_;
  StatusBoard& board_;
  mutable std::mutex mutex_;
  std::list<Stream> streams_;
};

}  // namespace msync
