// mosquitto-sync import: documents from a file into one scope, as any client would write them.
#include <sysexits.h>

#include <iostream>
#include <iterator>
#include <memory>

#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/import_run.h"
#include "platform/files.h"

namespace msync {
namespace {

struct ImportArguments {
  ConnectionArguments connection;
  std::string scope;
  std::string file;
  ImportFormat format;
};

Result<std::string> read_input(const std::string& file) {
  if (file != "-") return read_file(file, limits::import_file_bytes);
  std::string bytes;
  char buffer[65536];
  while (std::cin.read(buffer, sizeof buffer) || std::cin.gcount() > 0) {
    bytes.append(buffer, static_cast<std::size_t>(std::cin.gcount()));
    if (bytes.size() > limits::import_file_bytes)
      return Error{Code::bad_config, "stdin: more than 1 GiB; import it in parts"};
  }
  return bytes;
}

int report_problems(const ImportFile& file) {
  for (const Problem& problem : file.problems) complain(EX_DATAERR, to_string(problem));
  if (file.problem_count > file.problems.size())
    complain(EX_DATAERR,
             "… and " + std::to_string(file.problem_count - file.problems.size()) + " more mistakes");
  return complain(EX_DATAERR, "nothing was sent");
}

void print_report(const std::string& scope, const ImportReport& report, std::size_t total,
                  std::int64_t took_ms) {
  for (const auto& [id, why] : report.first_not_stored)
    std::cerr << "not stored: " << id << ": " << why << "\n";
  if (report.not_stored > report.first_not_stored.size())
    std::cerr << "… and " << report.not_stored - report.first_not_stored.size() << " more\n";
  const std::uint64_t open = total - report.applied - report.unchanged - report.not_stored;
  std::cout << scope << ": " << report.applied << " applied, " << report.unchanged << " unchanged, "
            << report.not_stored << " not stored";
  if (open > 0) std::cout << ", " << open << " without an answer";
  std::cout << ", of " << total << " documents in " << took_ms / 1000 << "." << took_ms % 1000 / 100
            << " s\n";
}

int run(const ImportArguments& arguments) {
  int exit_code = EX_USAGE;
  const auto account = open_account(arguments.connection, exit_code);
  if (!account) return complain(exit_code, account.error().message);
  const auto bytes = read_input(arguments.file);
  if (!bytes) return complain(EX_DATAERR, bytes.error().message);
  const ImportFile file =
      read_import(arguments.file == "-" ? "stdin" : arguments.file, *bytes, arguments.format);
  if (file.problem_count > 0) return report_problems(file);

  catch_interrupts();
  const std::int64_t began_ms = steady_time_ms();
  ImportReport report;
  {
    ImportRun import(arguments.connection, *account, arguments.scope, file.items);
    exit_code = import.run();
    report = import.report();
  }
  print_report(arguments.scope, report, file.items.size(), steady_time_ms() - began_ms);
  if (!report.trouble.empty()) complain(exit_code, report.trouble);
  return exit_code;
}

}  // namespace

Command add_import_command(CLI::App& app) {
  auto arguments = std::make_shared<ImportArguments>();
  CLI::App* import = app.add_subcommand(
      "import",
      "Write the documents of a file into one scope, as any client would. What is there already and\n"
      "equal is left alone, so an import that was interrupted can simply be run again.");
  add_connection_options(*import, arguments->connection);
  add_option(*import, "--scope", arguments->scope, "where to, such as catalog/languages")->required();
  add_option(*import, "--id-field", arguments->format.id_field,
             "each element is a document; this member is its id");
  add_option(*import, "--pointer", arguments->format.pointer,
             "the file is JSON, the documents are the array at this\n"
             "JSON Pointer, such as /639-3");
  import
      ->add_option("FILE", arguments->file,
                   "JSON Lines, {\"id\":…,\"data\":{…}} each, or a JSON array; - is stdin")
      ->required();
  return {import, [arguments] { return run(*arguments); }};
}

}  // namespace msync
