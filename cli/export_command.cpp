// mosquitto-sync export: what a store holds as JSON Lines, from one consistent view, beside a running bridge.
#include <sysexits.h>

#include <iostream>
#include <memory>

#include "bridge/store/store.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/history_format.h"
#include "cli/progress.h"
#include "core/json.h"

namespace msync {
namespace {

struct ExportArguments {
  std::string store;
  std::string scope;
  std::string id;
  bool tombstones = false;
  bool history = false;
};

/// {"scope":…,"id":…,"version":…,"ts":…,"by":…,"data":…}; the document is text already.
std::string line_of(const std::string& scope, const Change& change) {
  std::string line = "{\"scope\":" + json_quoted(scope) + ",\"id\":" + json_quoted(change.id) +
                     ",\"version\":" + std::to_string(change.version) +
                     ",\"ts\":" + std::to_string(change.ts) + ",\"by\":" + json_quoted(change.by);
  return line + (change.deleted ? ",\"deleted\":true}\n" : ",\"data\":" + change.data + "}\n");
}

int written() {
  std::cout.flush();
  return std::cout ? EX_OK : complain(EX_IOERR, "cannot write to stdout");
}

int write_scopes(View& view, const std::vector<ScopeRow>& scopes, bool tombstones) {
  std::uint64_t total = 0;
  for (const auto& scope : scopes) total += scope.count;
  Progress progress("documents", total, steady_time_ms());
  std::uint64_t done = 0;
  for (const auto& scope : scopes) {
    view.changes(scope.id, 0, scope.seq, [&](Change&& change) {
      if (!change.deleted || tombstones) std::cout << line_of(scope.topic, change);
      done += change.deleted ? 0 : 1;
      progress.update(done, steady_time_ms());
      return static_cast<bool>(std::cout);
    });
  }
  return written();
}

int write_history(View& view, const RecordFilter& filter) {
  Progress progress("changes", 0, steady_time_ms());
  std::uint64_t done = 0;
  view.history(filter, [&](HistoryRecord&& record) {
    std::cout << history_line(record) << "\n";
    progress.update(++done, steady_time_ms());
    return static_cast<bool>(std::cout);
  });
  return written();
}

int write(View& view, const ExportArguments& arguments) {
  const auto scope = view.scope(arguments.scope);
  if (!arguments.scope.empty() && !scope)
    return complain(EX_DATAERR, "the store has no scope " + arguments.scope);
  if (arguments.history) return write_history(view, {arguments.scope, arguments.id, 0});
  if (scope) return write_scopes(view, {*scope}, arguments.tombstones);
  return write_scopes(view, view.scopes(), arguments.tombstones);
}

int run(const ExportArguments& arguments) {
  if (const int code = refuse_other_stores(arguments.store); code != 0) return code;
  if (!arguments.id.empty() && !arguments.history) return complain(EX_USAGE, "--id needs --history");
  if (arguments.tombstones && arguments.history)
    return complain(EX_USAGE, "--tombstones and --history exclude each other: history has every deletion");
  try {
    auto reader = open_reader(arguments.store);
    if (!reader) return complain(EX_USAGE, reader.error().message);
    const auto view = (*reader)->view();
    return write(*view, arguments);
  } catch (const StoreError& error) {
    return complain(error.kind == StoreError::Kind::corrupt ? EX_DATAERR : EX_UNAVAILABLE, error.what());
  }
}

}  // namespace

Command add_export_command(CLI::App& app) {
  auto arguments = std::make_shared<ExportArguments>();
  CLI::App* command = app.add_subcommand(
      "export",
      "Write the documents of a store to stdout, a line of JSON each, as they were at one moment.\n"
      "The bridge may be running. `import` reads such lines. With --history: every change that is still "
      "kept\n"
      "of the collections that ask for it, the oldest first.");
  add_option(*command, "--store", arguments->store, "sqlite:FILE")->required();
  add_option(*command, "--scope", arguments->scope, "this one only, such as chat/42/messages (default: all)");
  command->add_flag("--tombstones", arguments->tombstones, "deleted documents too, as \"deleted\":true");
  command->add_flag("--history", arguments->history, "who changed what, when, from what to what");
  add_option(*command, "--id", arguments->id, "with --history: of this entity only");
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace msync
