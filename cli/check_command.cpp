// mosquitto-sync check: schemas, stored documents and mosquitto.conf, before a start finds out.
#include <grp.h>
#include <pwd.h>
#include <sys/stat.h>
#include <sysexits.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>

#include "bridge/schema_judge.h"
#include "bridge/webhooks/webhook_file.h"
#include "cli/broker_config.h"
#include "cli/check_access.h"
#include "cli/clock.h"
#include "cli/commands.h"
#include "cli/progress.h"
#include "cli/watch_format.h"
#include "platform/files.h"

namespace msync {
namespace {

struct CheckArguments {
  std::string schemas;
  std::string mosquitto_conf;
  std::string store;
  std::string webhooks;
  bool all = false;
  AccessArguments access;
};

const char* name_of(Conflict conflict) {
  switch (conflict) {
    case Conflict::lww:
      return "lww";
    case Conflict::reject:
      return "reject";
    case Conflict::merge:
      return "merge";
  }
  return "";
}

/// The number of problems; a line per collection where there is none.
std::size_t check_schemas(const std::string& folder) {
  const auto loaded = load_schemas(folder);
  for (const Problem& problem : loaded.problems) std::cerr << "error: " << to_string(problem) << "\n";
  if (!loaded.problems.empty()) return loaded.problems.size();
  for (const Collection& collection : loaded.collections.all())
    std::cout << collection.name << "  " << collection.topic.text() << "  " << name_of(collection.conflict)
              << "\n";
  return 0;
}

/// Likewise. The schemas are free of mistakes.
std::size_t check_webhooks(const std::string& file, const std::string& folder) {
  const auto loaded = load_webhooks(file, load_schemas(folder).collections);
  for (const Problem& problem : loaded.problems) std::cerr << "error: " << to_string(problem) << "\n";
  if (!loaded.problems.empty()) return loaded.problems.size();
  for (const WebhookConfig& webhook : loaded.webhooks)
    std::cout << "webhook " << webhook.name << (webhook.offline_only ? "  offline_only" : "  deltas") << "\n";
  return 0;
}

/// The lines of the file, those that it includes in their place.
std::vector<ConfigLine> read_config(const std::string& file, std::vector<Finding>& findings) {
  std::vector<ConfigLine> all;
  const auto text = read_file(file);
  if (!text) {
    findings.push_back({{file, "", text.error().message, "is this the right file, and may you read it?"}});
    return all;
  }
  for (auto& line : parse_broker_config(file, *text)) {
    if (line.key != "include_dir") {
      all.push_back(std::move(line));
      continue;
    }
    std::vector<std::string> included;
    std::error_code error;
    for (const auto& entry : std::filesystem::directory_iterator(line.value, error))
      if (entry.path().extension() == ".conf") included.push_back(entry.path());
    if (error)
      findings.push_back({{file, "line " + std::to_string(line.number), line.value + ": " + error.message(),
                           "make the folder, or remove the line"}});
    std::sort(included.begin(), included.end());  // as Mosquitto does
    for (const auto& path : included)
      for (auto& inner : read_config(path, findings)) all.push_back(std::move(inner));
  }
  return all;
}

/// May this user read this file? Unknown users may: nothing can be said about them here.
bool readable_by(const std::string& user, const std::string& file) {
  struct stat status = {};
  const passwd* entry = ::getpwnam(user.c_str());
  if (entry == nullptr || entry->pw_uid == 0 || ::stat(file.c_str(), &status) != 0) return true;
  if (status.st_uid == entry->pw_uid) return (status.st_mode & S_IRUSR) != 0;
  gid_t groups[128];
  int count = 128;
  if (::getgrouplist(user.c_str(), entry->pw_gid, groups, &count) < 0) return true;
  const bool member = std::find(groups, groups + count, status.st_gid) != groups + count;
  return (status.st_mode & (member ? S_IRGRP : S_IROTH)) != 0;
}

void check_secret(const std::string& conf, const std::string& file, const std::string& user,
                  std::vector<Finding>& findings) {
  if (file.empty()) return;  // its absence was found already, where it matters
  std::string warning;
  if (const auto secret = read_secret(file, &warning); !secret)
    findings.push_back({{conf, "", secret.error().message, "Mosquitto reads it at its start"}});
  else if (!readable_by(user, file))
    findings.push_back({{file, "", "user " + user + " may not read it, and Mosquitto reads it as that user",
                         "chgrp it to a group of " + user + "'s, chmod 640"}});
  if (!warning.empty()) findings.push_back({{file, "", warning, "it is a secret"}, false});
}

void check_keys(const std::string& file, const std::string& user, std::vector<Finding>& findings) {
  if (file.empty()) return;
  const auto keys = load_keys(file);
  for (const Problem& problem : keys.problems) findings.push_back({problem});
  for (const Problem& warning : keys.warnings) findings.push_back({warning, false});
  if (keys.problems.empty() && !readable_by(user, file))
    findings.push_back({{file, "", "user " + user + " may not read it, and Mosquitto reads it as that user",
                         "chmod 644 it: public keys are no secret"}});
}

/// What the lines name on the disk.
void check_files(const std::string& conf, const BrokerConfig& config, const std::string& schemas,
                 std::vector<Finding>& findings) {
  namespace fs = std::filesystem;
  std::error_code error;
  if (!config.plugin_file.empty() && !fs::exists(config.plugin_file, error))
    findings.push_back({{conf, "", "there is no " + config.plugin_file, "build or install the plugin"}});
  check_secret(conf, config.options.jwt_secret_file, config.user, findings);
  check_keys(config.options.jwt_jwks_file, config.user, findings);
  check_secret(conf, config.options.stamp_key_file, config.user, findings);
  const std::string& theirs = config.options.schemas;
  if (!theirs.empty() && !schemas.empty() && !fs::equivalent(theirs, schemas, error))
    findings.push_back(
        {{conf, "", "the plugin reads its schemas from " + theirs + ", you asked to check " + schemas,
          "plugin and bridge must read the same ones"},
         false});
}

/// The number of errors; warnings are printed, too.
std::size_t check_broker(const std::string& conf, const std::string& schemas) {
  std::vector<Finding> findings;
  const auto lines = read_config(conf, findings);
  if (!findings.empty() && lines.empty()) {
    for (const auto& finding : findings) std::cerr << to_string(finding) << "\n";
    return findings.size();
  }
  BrokerConfig config = judge_broker_config(conf, lines);
  check_files(conf, config, schemas, config.findings);
  findings.insert(findings.end(), config.findings.begin(), config.findings.end());
  for (const auto& finding : findings) std::cerr << to_string(finding) << "\n";
  const auto errors =
      std::count_if(findings.begin(), findings.end(), [](const Finding& f) { return f.error; });
  if (errors == 0)
    std::cout << conf << "  " << (findings.empty() ? "good" : "good enough, see the warnings") << "\n";
  return static_cast<std::size_t>(errors);
}

/// EX_OK, or how `check` shall end: documents that do not fit, or a store that cannot be read. The schemas are good.
int check_documents(const CheckArguments& arguments) try {
  if (const int code = refuse_other_stores(arguments.store); code != 0) return code;
  const auto loaded = load_schemas(arguments.schemas);
  const auto reader = open_reader(arguments.store);
  if (!reader) return complain(EX_USAGE, reader.error().message);
  const auto view = (*reader)->view();
  std::vector<const Collection*> collections = SchemaJudge::changed(*view, loaded.collections);
  std::cout << "changed since the bridge last took them: " << collections.size() << " of "
            << loaded.collections.all().size() << "\n";
  if (arguments.all) {
    collections.clear();
    for (const Collection& collection : loaded.collections.all()) collections.push_back(&collection);
  }
  std::optional<Progress> progress;
  SchemaJudge judge([&](std::uint64_t read, std::uint64_t total) {
    if (!progress) progress.emplace("documents", total, steady_time_ms());
    progress->update(read, steady_time_ms());
    return true;
  });
  const auto verdicts = judge.judge(*view, collections);
  progress.reset();
  if (!verdicts) return EX_SOFTWARE;
  for (const Verdict& verdict : *verdicts) {
    if (verdict.unfit == 0)
      std::cout << verdict.collection->name << "  " << verdict.documents
                << (verdict.documents == 1 ? " document fits\n" : " documents fit\n");
    else
      for (const std::string& line : lines_of(verdict)) std::cerr << for_terminal(line, 0) << "\n";
  }
  return unfit(*verdicts) == 0 ? EX_OK : EX_DATAERR;
} catch (const StoreError& error) {
  return complain(error.kind == StoreError::Kind::corrupt ? EX_DATAERR : EX_UNAVAILABLE, error.what());
}

/// How the plugin of this mosquitto.conf verifies tokens; problems are said, and end it.
Result<TokenPolicy> policy_of(const std::string& conf) {
  TokenPolicy policy;
  if (conf.empty()) return policy;
  std::vector<Finding> findings;
  const BrokerConfig config = judge_broker_config(conf, read_config(conf, findings));
  const Options& options = config.options;
  policy.user_claim = options.user_claim;
  policy.bridge_user = options.bridge_user;
  policy.issuer = options.jwt_issuer;
  policy.audience = options.jwt_audience;
  policy.leeway_s = options.leeway_s;
  policy.max_ttl_s = options.max_token_ttl_s;
  if (!options.jwt_jwks_file.empty()) {
    auto loaded = load_keys(options.jwt_jwks_file);
    if (!loaded.problems.empty()) return Error{Code::bad_config, to_string(loaded.problems.front()), ""};
    policy.keys = std::make_shared<const KeySet>(std::move(loaded.keys));
  } else if (!options.jwt_secret_file.empty()) {
    auto secret = read_secret(options.jwt_secret_file);
    if (!secret) return secret.error();
    policy.secret = *std::move(secret);
  }
  return policy;
}

int explain_access(const CheckArguments& arguments) {
  const auto loaded = load_schemas(arguments.schemas);
  for (const Problem& problem : loaded.problems) complain(EX_CONFIG, to_string(problem));
  if (!loaded.problems.empty()) return EX_CONFIG;
  auto policy = policy_of(arguments.mosquitto_conf);
  if (!policy) return complain(EX_CONFIG, policy.error().message);
  AccessArguments access = arguments.access;
  access.store = arguments.store;
  return check_access(loaded.collections, access, *std::move(policy));
}

int run(const CheckArguments& arguments) {
  if (!arguments.access.token_file.empty()) return explain_access(arguments);
  if (!arguments.access.topic.empty() || !arguments.access.action.empty())
    return complain(EX_USAGE, "--topic and --action go with --as TOKENFILE");
  std::size_t errors = check_schemas(arguments.schemas);
  if (errors == 0 && !arguments.webhooks.empty())
    errors += check_webhooks(arguments.webhooks, arguments.schemas);
  if (!arguments.mosquitto_conf.empty()) errors += check_broker(arguments.mosquitto_conf, arguments.schemas);
  if (errors == 0) return arguments.store.empty() ? EX_OK : check_documents(arguments);
  return complain(EX_CONFIG, std::to_string(errors) + (errors == 1 ? " error" : " errors"));
}

}  // namespace

Command add_check_command(CLI::App& app) {
  auto arguments = std::make_shared<CheckArguments>();
  CLI::App* check = app.add_subcommand(
      "check",
      "Check the collections' files and, if named, mosquitto.conf. Prints a line per collection, or every\n"
      "problem with file, place and remedy. With --store: would the bridge take these files, or are there\n"
      "documents that no longer fit? The bridge may be running. With --as instead: may the bearer of that\n"
      "token do this, and which grant says so? 0: yes, 77: no.");
  add_option(*check, "--schemas", arguments->schemas, "folder with the collections' files")->required();
  add_option(*check, "--webhooks", arguments->webhooks, "the webhooks' file, with the secrets that it names");
  add_option(*check, "--mosquitto-conf", arguments->mosquitto_conf, "the broker's configuration");
  add_option(*check, "--store", arguments->store, "sqlite:FILE, whose documents the changed files must fit");
  check->add_flag("--all", arguments->all, "with --store: the documents of unchanged files, too");
  add_access_options(*check, arguments->access);
  return {check, [arguments] { return run(*arguments); }};
}

}  // namespace msync
