// One import: waits for the server, learns what it has, writes what differs, hears what became of it.
//
// What is there already and equal is not sent, so an import that was interrupted goes on where it was when it is
// run again. One thread; returns an exit code.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "cli/import_file.h"
#include "cli/progress.h"
#include "cli/scope_client.h"

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
  std::optional<int> on_message(const LinkMessage& message);
  std::optional<int> on_status(const ServerStatus& status);
  std::optional<int> on_notice(const Notice& notice);
  std::optional<int> patience();
  std::optional<int> step();
  std::optional<int> tell(const client::Event& event);

  void learn();
  void fill();
  void plan(const ImportItem& item);
  void answered(const client::Settled& settled);
  void refuse(const std::string& id, std::string why);
  int end(int exit_code, std::string trouble);
  std::uint64_t done() const { return report_.applied + report_.unchanged + report_.not_stored; }

  const Account& account_;
  const std::string scope_;
  const std::vector<ImportItem>& items_;
  std::size_t next_item_ = 0;
  std::int64_t began_ms_;
  std::optional<ServerStatus> status_;
  bool known_ = false;  // what the server has, or that we may not read it
  ImportReport report_;
  Progress progress_;
  ScopeClient client_;
};

}  // namespace msync
