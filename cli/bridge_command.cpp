// mosquitto-sync bridge: flags, environment and file become BridgeOptions.
#include <sysexits.h>

#include <memory>

#include "bridge/bridge.h"
#include "bridge/http/server.h"
#include "cli/commands.h"
#include "cli/config_file.h"
#include "mqtt/broker_address.h"
#include "platform/files.h"

namespace msync {
namespace {

struct BridgeArguments {
  BridgeOptions options;
  std::string config_file;
};

int read_config(CLI::App& app, const std::string& file) {
  const auto text = read_file(file, 1024 * 1024);
  if (!text) return complain(EX_CONFIG, text.error().message);
  const auto problems = apply_config(app, file, *text);
  for (const auto& problem : problems) complain(EX_CONFIG, to_string(problem));
  return problems.empty() ? 0 : EX_CONFIG;
}

/// What can be said without opening anything; run_bridge finds the rest.
int check_options(const BridgeOptions& options) {
  if (const auto broker = parse_broker(options.broker); !broker)
    return complain(EX_USAGE, "--broker: " + broker.error().message);
  if (options.schemas.empty())
    return complain(EX_USAGE, "--schemas DIR is missing: where the collections' files are");
  if (options.store.empty())
    return complain(EX_USAGE, "--store sqlite:FILE is missing: where the data is kept");
  if (const int code = refuse_other_stores(options.store); code != 0) return code;
  if (options.cert_file.empty() != options.key_file.empty())
    return complain(EX_USAGE, "--cert-file and --key-file belong together: give both or neither");
  if (options.secret_file.empty() && options.token_file.empty())
    return complain(EX_USAGE, "--secret-file F (the plugin's jwt_secret_file) or --token-file F is missing");
  if (!options.jwks_url.empty() && options.jwks_file.empty())
    return complain(EX_USAGE, "--jwks-url needs --jwks-file: where the keys are to be kept");
  if (!options.http.empty()) {
    if (const auto address = parse_http_address(options.http); !address)
      return complain(EX_USAGE, "--http " + options.http + ": " + address.error().message);
    if (options.secret_file.empty() && options.jwks_file.empty())
      return complain(EX_USAGE, "--http verifies tokens: give --secret-file or --jwks-file");
  }
  if (options.demo && options.http.empty())
    return complain(EX_USAGE, "--demo is a page of --http: give --http 127.0.0.1:8080 as well");
  if (!parse_duration_ms(options.max_token_ttl))
    return complain(EX_USAGE, "--max-token-ttl " + options.max_token_ttl + ": write 24h or 30m");
  if (const auto refresh_ms = parse_duration_ms(options.jwks_refresh); !refresh_ms || *refresh_ms < 1000)
    return complain(EX_USAGE, "--jwks-refresh " + options.jwks_refresh + ": write 10m or 30s, at least 1s");
  if (!options.secret_file.empty() && !options.token_file.empty())
    return complain(EX_USAGE, "--secret-file and --token-file exclude each other: leave one out");
  return 0;
}

int run(CLI::App& app, BridgeArguments& arguments) {
  if (!arguments.config_file.empty()) {
    if (const int code = read_config(app, arguments.config_file); code != 0) return code;
  }
  if (const int code = check_options(arguments.options); code != 0) return code;
  return run_bridge(arguments.options);
}

}  // namespace

Command add_bridge_command(CLI::App& app) {
  auto arguments = std::make_shared<BridgeArguments>();
  BridgeOptions& options = arguments->options;
  options.version = MSYNC_VERSION;
  CLI::App* bridge =
      app.add_subcommand("bridge",
                         "Run the bridge: takes what clients write, stores it, sends it to who reads.\n"
                         "Ends on SIGTERM; SIGHUP reads the schemas and webhooks again.");
  add_option(*bridge, "--config", arguments->config_file,
             "TOML file with any of these options, as in store = \"…\"");
  add_option(*bridge, "--broker", options.broker, "mqtt://HOST:PORT or mqtts://HOST:PORT")
      ->capture_default_str();
  add_option(*bridge, "--ca-file", options.ca_file,
             "whom to believe with mqtts:// (default: what the system trusts)");
  add_option(*bridge, "--cert-file", options.cert_file,
             "its own certificate, where the listener has require_certificate true");
  add_option(*bridge, "--key-file", options.key_file, "the private key of that certificate");
  add_option(*bridge, "--schemas", options.schemas, "folder with the collections' files");
  add_option(*bridge, "--store", options.store, "sqlite:FILE");
  add_option(*bridge, "--secret-file", options.secret_file,
             "HS256 key of the plugin; the bridge makes its own tokens");
  add_option(*bridge, "--token-file", options.token_file,
             "or a token with the role bridge, read at every connect");
  add_option(*bridge, "--stamp-key-file", options.stamp_key_file,
             "the plugin's stamp key; needed with --token-file");
  add_option(*bridge, "--user", options.user, "the plugin's bridge_user")->capture_default_str();
  add_option(*bridge, "--device", options.device, "second part of its client id")->capture_default_str();
  add_option(*bridge, "--user-claim", options.user_claim, "claim that names the user")->capture_default_str();
  add_option(*bridge, "--jwt-issuer", options.jwt_issuer, "iss of its own tokens");
  add_option(*bridge, "--jwt-audience", options.jwt_audience, "aud of its own tokens");
  add_option(*bridge, "--max-token-ttl", options.max_token_ttl,
             "the plugin's max_token_ttl_s: how long a revoked token must be remembered")
      ->capture_default_str();
  add_option(*bridge, "--jwks-url", options.jwks_url,
             "fetch the issuer's public keys from here, http:// or https://, into");
  add_option(*bridge, "--jwks-file", options.jwks_file, "the plugin's jwt_jwks_file");
  add_option(*bridge, "--jwks-refresh", options.jwks_refresh,
             "how often; ten times as often where the plugin lacks a key")
      ->capture_default_str();
  add_option(*bridge, "--http", options.http, "HOST:PORT for REST, streams, metrics and the status page");
  add_option(*bridge, "--http-origins", options.http_origins,
             "pages that may call from a browser, as in https://app.example.com,https://example.com");
  add_option(*bridge, "--http-requests-per-s", options.http_requests_per_s, "of one user, in the long run")
      ->capture_default_str();
  bridge
      ->add_flag("--demo", options.demo,
                 "serve the demo app at /demo; for trying things out, it needs the example schemas")
      ->envname(environment_name("demo"));
  add_option(*bridge, "--http-free-failures", options.http_free_failures,
             "wrong tokens of one address that cost nothing; 0: nobody is slowed")
      ->capture_default_str();
  add_option(*bridge, "--webhooks", options.webhooks_file,
             "TOML file with the [[webhook]]s to post changes to");
  bridge
      ->add_flag(
          "--allow-invalid", options.allow_invalid,
          "take changed schemas that stored documents do not fit; these stay until they are written again")
      ->envname(environment_name("allow-invalid"));
  add_option(*bridge, "--log-level", options.log.level, "trace, debug, info, warn or error")
      ->capture_default_str();
  add_option(*bridge, "--log-format", options.log.format, "text or json")->capture_default_str();
  for (const char* later : {"cell"}) add_not_yet(*bridge, later);
  return {bridge, [bridge, arguments] { return run(*bridge, *arguments); }};
}

}  // namespace msync
