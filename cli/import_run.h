// One import: waits for the server, learns what it has, sends what differs, hears what became of it.
//
// What is there already and equal is not sent, so an import that was interrupted goes on where it was when it is
// run again. One thread; returns an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "cli/import_file.h"
#include "cli/progress.h"
#include "cli/reader.h"
#include "cli/sync_client.h"
#include "cli/uploader.h"

namespace msync {

/// What an import came to.
struct ImportReport {
  std::uint64_t applied = 0;
  std::uint64_t unchanged = 0;
  std::uint64_t not_stored = 0;
  struct NotStored {
    std::string id;
    std::string why;  // "invalid at /name: …"
  };
  std::vector<NotStored> first_not_stored;  // at most limits::problems_shown
  std::string trouble;                      // why it ended early; empty: it did not
};

class ImportRun {
 public:
  ImportRun(const ConnectionArguments& arguments, const Account& account, std::string scope,
            const std::vector<ImportItem>& items);

  /// Until everything is answered, or it cannot go on.
  int run();

  const ImportReport& report() const { return report_; }

 private:
  // Each returns an exit code when the import must end.
  std::optional<int> handle(const SyncEvent& event);
  std::optional<int> on_status(const StatusSeen& seen);
  std::optional<int> on_ack(const Ack& ack);
  std::optional<int> on_notice(const Notice& notice);
  std::optional<int> patience() const;
  std::optional<int> step();

  void ask();
  void fill();
  void plan(const ImportItem& item);
  void send();
  void answered(const std::string& id, const MutationResult& result);
  void refuse(const std::string& id, std::string why);
  int end(int exit_code, std::string trouble);
  std::uint64_t done() const { return report_.applied + report_.unchanged + report_.not_stored; }

  const Account& account_;
  const std::string scope_;
  const std::vector<ImportItem>& items_;
  std::size_t next_item_ = 0;
  const std::string src_;
  std::int64_t began_ms_;
  std::minstd_rand dice_{std::random_device{}()};
  std::optional<ServerStatus> status_;
  bool known_ = false;  // what the server has, or that we may not read it
  Reader reader_;
  std::optional<Uploader> uploader_;
  std::int64_t last_ts_ = 0;
  ImportReport report_;
  Progress progress_;
  SyncClient client_;
};

}  // namespace msync
