// mosquitto-sync status: what a bridge's status page says, on a terminal.
#include <sysexits.h>

#include <iostream>
#include <memory>

#include "bridge/http_client.h"
#include "cli/commands.h"
#include "cli/status_format.h"
#include "cli/terminal.h"
#include "platform/files.h"

namespace msync {
namespace {

constexpr std::size_t answer_bytes = 4 * 1024 * 1024;
constexpr std::int64_t patience_ms = 10'000;

struct StatusArguments {
  std::string http = "http://127.0.0.1:8080";
  std::string token_file;
  std::string ca_file;
  bool json = false;
};

int refused(int status) {
  if (status == 401 || status == 403)
    return complain(EX_NOPERM, "the bridge wants a token with the role operator: give --token-file");
  return complain(EX_UNAVAILABLE, "the bridge answers " + std::to_string(status));
}

int show(const std::string& body, bool json) {
  const auto status = parse_json(body);
  if (!status || !status->is_object() || !status->contains("broker"))
    return complain(EX_UNAVAILABLE, "this is no bridge's status; mind the address");
  std::cout << (json ? body + "\n" : status_text(*status, terminal_width()));
  std::cout.flush();
  return std::cout ? EX_OK : complain(EX_IOERR, "cannot write to stdout");
}

int run(const StatusArguments& arguments) {
  if (!is_http_url(arguments.http))
    return complain(EX_USAGE, "--http: '" + arguments.http + "' is no address such as http://127.0.0.1:8080");
  HttpCall request;
  request.url = arguments.http + (arguments.http.ends_with('/') ? "status.json" : "/status.json");
  request.ca_file = arguments.ca_file;
  request.max_bytes = answer_bytes;
  request.timeout_ms = patience_ms;
  if (!arguments.token_file.empty()) {
    auto token = read_file(arguments.token_file, limits::max_token_bytes);
    if (!token) return complain(EX_CONFIG, token.error().message);
    token->erase(token->find_last_not_of(" \r\n\t") + 1);
    request.headers.push_back("Authorization: Bearer " + *token);
  }
  const auto answer = HttpClient().send(request);
  if (!answer) return complain(EX_UNAVAILABLE, arguments.http + ": " + answer.error().message);
  return answer->status == 200 ? show(answer->body, arguments.json) : refused(answer->status);
}

}  // namespace

Command add_status_command(CLI::App& app) {
  auto arguments = std::make_shared<StatusArguments>();
  CLI::App* command = app.add_subcommand("status",
                                         "Show what a bridge's status page shows: what is up, how fast it "
                                         "goes, who is behind, what went wrong.");
  add_option(*command, "--http", arguments->http,
             "the bridge's --http as an address (http://127.0.0.1:8080)");
  add_option(*command, "--token-file", arguments->token_file,
             "a token with the role operator, where the bridge is on another machine");
  add_option(*command, "--ca-file", arguments->ca_file,
             "whom to believe instead of whom the system believes (https://)");
  command->add_flag("--json", arguments->json, "as it comes, JSON");
  return {command, [arguments] { return run(*arguments); }};
}

}  // namespace msync
