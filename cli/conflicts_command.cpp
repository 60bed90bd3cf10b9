// mosquitto-sync conflicts: the writes that met a change they had not seen, beside a running bridge.
#include <sysexits.h>

#include <iostream>
#include <memory>

#include "bridge/store/store.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/conflict_format.h"
#include "cli/terminal.h"
#include "core/collection.h"

namespace msync {
namespace {

struct ConflictsArguments {
  std::string store;
  std::string scope;
  std::string id;
  std::string since;
  bool json = false;
};

int write_all(View& view, const RecordFilter& filter, bool json) {
  const std::size_t width = terminal_width();
  view.conflicts(filter, [&](ConflictRecord&& record) {
    std::cout << (json ? conflict_json(record) + "\n" : conflict_text(record, width));
    return static_cast<bool>(std::cout);
  });
  std::cout.flush();
  return std::cout ? EX_OK : complain(EX_IOERR, "cannot write to stdout");
}

int run(const ConflictsArguments& arguments) {
  if (const int code = refuse_other_stores(arguments.store); code != 0) return code;
  RecordFilter filter{arguments.scope, arguments.id, 0};
  if (!arguments.since.empty()) {
    const auto span = parse_duration_ms(arguments.since);
    if (!span) return complain(EX_USAGE, "--since: " + span.error().message);
    filter.since_ms = unix_time_ms() - *span;
  }
  try {
    auto reader = open_reader(arguments.store);
    if (!reader) return complain(EX_USAGE, reader.error().message);
    const auto view = (*reader)->view();
    if (!filter.scope.empty() && !view->scope(filter.scope))
      return complain(EX_DATAERR, "the store has no scope " + filter.scope);
    return write_all(*view, filter, arguments.json);
  } catch (const StoreError& error) {
    return complain(error.kind == StoreError::Kind::corrupt ? EX_DATAERR : EX_UNAVAILABLE, error.what());
  }
}

}  // namespace

Command add_conflicts_command(CLI::App& app) {
  auto arguments = std::make_shared<ConflictsArguments>();
  CLI::App* command = app.add_subcommand("conflicts",
                                         "Show the writes that met a change they had not seen, the newest "
                                         "last: who wrote against whom, what stood,\n"
                                         "what was asked, and which of them won. The bridge may be running; "
                                         "it keeps the newest 100 of each scope.");
  add_option(*command, "--store", arguments->store, "sqlite:FILE")->required();
  add_option(*command, "--scope", arguments->scope, "this one only, such as chat/42/messages (default: all)");
  add_option(*command, "--id", arguments->id, "of this entity only");
  add_option(*command, "--since", arguments->since, "of the last 30s, 10m, 12h or 90d only");
  command->add_flag("--json", arguments->json, "a line of JSON each, with the whole record");
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace msync
