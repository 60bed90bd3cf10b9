#include "bridge/bridge.h"

#include <spdlog/spdlog.h>
#include <sys/resource.h>
#include <sysexits.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <csignal>
#include <future>

#include "bridge/daemon.h"
#include "bridge/key_fetcher.h"
#include "bridge/own_token.h"
#include "bridge/schema_gate.h"
#include "bridge/webhooks/webhook_file.h"
#include "platform/files.h"

namespace msync {
namespace {

std::shared_ptr<const Collections> load_or_report(const std::string& folder) {
  auto loaded = load_schemas(folder);
  for (const Problem& problem : loaded.problems) spdlog::error("event=bad_schema {}", to_string(problem));
  if (!loaded.problems.empty()) return nullptr;
  return std::make_shared<const Collections>(std::move(loaded.collections));
}

/// Stored scopes belong to a topic: under another one nobody would find them.
bool topics_kept(const Collections& before, const Collections& after) {
  bool kept = true;
  for (const Collection& old : before.all()) {
    const Collection* now = after.find(old.name);
    if (now == nullptr || now->topic.text() == old.topic.text()) continue;
    kept = false;
    spdlog::error(
        "event=bad_schema {}: the topic of a collection cannot change from '{}' to '{}'; make a new "
        "collection",
        now->file, old.topic.text(), now->topic.text());
  }
  return kept;
}

/// Waits for the signals that concern us, which must be blocked.
class Signals {
 public:
  Signals() {
    sigemptyset(&set_);
    for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&set_, signal);
    pthread_sigmask(SIG_BLOCK, &set_, nullptr);
    std::signal(SIGPIPE, SIG_IGN);
  }
  int wait() const {
    int signal = 0;
    while (sigwait(&set_, &signal) != 0) {
    }
    return signal;
  }
  /// Is one waiting that ends the bridge?
  bool ending() const {
    sigset_t pending;
    sigemptyset(&pending);
    sigpending(&pending);
    return sigismember(&pending, SIGTERM) == 1 || sigismember(&pending, SIGINT) == 1;
  }

 private:
  sigset_t set_ = {};
};

struct Keys {
  std::string secret;  // empty with a token file
  std::string stamp_key;
};

Result<Keys> read_keys(const BridgeOptions& options) {
  Keys keys;
  if (options.secret_file.empty() == options.token_file.empty()) {
    return Error{Code::bad_config, "give one of --secret-file and --token-file", ""};
  }
  if (!options.secret_file.empty()) {
    std::string warning;
    auto secret = read_secret(options.secret_file, &warning);
    if (!secret) return secret.error();
    if (!warning.empty()) spdlog::warn("event=secret_file {}", warning);
    keys.secret = std::move(*secret);
    keys.stamp_key = derive_stamp_key(keys.secret);
  }
  if (!options.stamp_key_file.empty()) {
    auto key = read_secret(options.stamp_key_file);
    if (!key) return key.error();
    keys.stamp_key = std::move(*key);
  }
  if (keys.stamp_key.empty()) {
    return Error{Code::bad_config,
                 "with --token-file the bridge needs --stamp-key-file, the plugin's stamp key", ""};
  }
  return keys;
}

std::vector<std::string> split_origins(std::string_view text) {
  std::vector<std::string> origins;
  while (!text.empty()) {
    const std::string_view one = text.substr(0, text.find(','));
    text.remove_prefix(std::min(one.size() + 1, text.size()));
    if (!one.empty()) origins.emplace_back(one);
  }
  return origins;
}

/// The same rules as at the broker's door. Keys that are not there yet are read when they are.
std::optional<HttpOptions> http_options(const BridgeOptions& options, const Keys& keys) {
  if (options.http.empty()) return std::nullopt;
  HttpOptions http;
  http.address = *parse_http_address(options.http);
  TokenPolicy& policy = http.callers.policy;
  policy.secret = keys.secret;
  policy.user_claim = options.user_claim;
  policy.bridge_user = options.user;
  policy.issuer = options.jwt_issuer;
  policy.audience = options.jwt_audience;
  policy.max_ttl_s = *parse_duration_ms(options.max_token_ttl) / 1000;
  if (!options.jwks_file.empty()) {
    http.callers.jwks_file = options.jwks_file;
    policy.keys = std::make_shared<const KeySet>();
  }
  http.callers.requests_per_s = options.http_requests_per_s;
  http.callers.free_failures = options.http_free_failures;
  http.origins = split_origins(options.http_origins);
  http.gateway = gateway_to(options.broker);
  http.demo = options.demo;
  return http;
}

DaemonConfig config_of(const BridgeOptions& options, const Keys& keys) {
  DaemonConfig config;
  config.link.broker = options.broker;
  config.link.ca_file = options.ca_file;
  config.link.cert_file = options.cert_file;
  config.link.key_file = options.key_file;
  config.link.client_id = options.user + ":" + options.device;
  config.link.token = own_token(options, keys.secret);
  config.stamp_key = keys.stamp_key;
  config.store = options.store;
  config.version = options.version;
  config.http = http_options(options, keys);
  config.revoking = {options.user, *parse_duration_ms(options.max_token_ttl) / 1000};
  return config;
}

int exit_code(StoreError::Kind kind) {
  switch (kind) {
    case StoreError::Kind::corrupt:
      return EX_DATAERR;
    case StoreError::Kind::newer:
      return EX_CONFIG;
    case StoreError::Kind::busy:
    case StoreError::Kind::full:
    case StoreError::Kind::unwritable:
    case StoreError::Kind::unreadable:
    case StoreError::Kind::other:
      break;
  }
  return EX_UNAVAILABLE;
}

/// Also refused where the store cannot be read: nothing is known of its documents then.
bool admitted(SchemaGate& gate, const Collections& collections) try {
  return gate.admits(collections);
} catch (const StoreError& error) {
  spdlog::error("event=store_unreadable reason=\"{}\"", error.what());
  return false;
}

void look_back(SchemaGate& gate, const Collections& collections) try {
  gate.look_back(collections);
} catch (const StoreError& error) {
  spdlog::warn("event=store_unreadable reason=\"{}\"", error.what());
}

void reload(Daemon& daemon, SchemaGate& gate, const std::string& folder,
            std::shared_ptr<const Collections>& collections) {
  auto loaded = load_or_report(folder);
  if (!loaded || !topics_kept(*collections, *loaded) || !admitted(gate, *loaded)) {
    spdlog::error("event=reload_refused action=\"the old schemas stay\"");
    return;
  }
  collections = std::move(loaded);
  daemon.reload(collections);
  daemon.remember(gate.accepted());
  look_back(gate, *collections);
  spdlog::info("event=reloaded collections={}", collections->all().size());
}

/// Nothing if there is a mistake in them; it is logged then.
std::optional<std::vector<WebhookConfig>> webhooks_or_report(const std::string& file,
                                                             const Collections& collections) {
  LoadedWebhooks loaded = load_webhooks(file, collections);
  for (const Problem& problem : loaded.problems) spdlog::error("event=bad_webhooks {}", to_string(problem));
  if (!loaded.problems.empty()) return std::nullopt;
  return std::move(loaded.webhooks);
}

void reload_webhooks(Daemon& daemon, const std::string& file, const Collections& collections) try {
  if (file.empty()) return;
  if (const auto webhooks = webhooks_or_report(file, collections)) return daemon.set_webhooks(*webhooks);
  spdlog::error("event=reload_refused action=\"the old webhooks stay\"");
} catch (const StoreError& error) {
  spdlog::error("event=reload_refused reason=\"{}\" action=\"the old webhooks stay\"", error.what());
}

/// Fetches the issuer's keys, where the bridge was told to, as long as this object lives.
class KeyThread {
 public:
  explicit KeyThread(const BridgeOptions& options) {
    if (options.jwks_url.empty()) return;
    const std::int64_t refresh_ms = *parse_duration_ms(options.jwks_refresh);
    fetcher_ = std::make_unique<KeyFetcher>(
        KeyFetcherOptions{options.jwks_url, options.jwks_file, refresh_ms,
                          std::min(limits::keys_fetch_again_ms, refresh_ms / 10)});
    done_ = std::async(std::launch::async, [this] { fetcher_->run(); });
  }
  ~KeyThread() {
    if (fetcher_) fetcher_->stop();  // and done_ waits
  }
  KeyThread(const KeyThread&) = delete;
  KeyThread& operator=(const KeyThread&) = delete;
  void wanted() {
    if (fetcher_) fetcher_->wanted();
  }

 private:
  std::unique_ptr<KeyFetcher> fetcher_;
  std::future<void> done_;
};

/// A connection is a file: as many as HTTP and its gateway may have, where the system allows it.
void allow_connections() {
  constexpr rlim_t wanted = limits::http_connections + 2 * limits::gateway_connections + 256;
  rlimit files = {};
  if (::getrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur >= wanted) return;
  files.rlim_cur = std::min(files.rlim_max, wanted);
  if (::setrlimit(RLIMIT_NOFILE, &files) != 0 || files.rlim_cur < wanted)
    spdlog::warn(
        "event=few_files limit={} wanted={} remedy=\"raise the hard limit, as LimitNOFILE= of systemd\"",
        static_cast<std::uint64_t>(files.rlim_cur), static_cast<std::uint64_t>(wanted));
}

int serve(const BridgeOptions& options, const Keys& keys, std::shared_ptr<const Collections> collections,
          const Signals& signals) {
  std::atomic<bool> failed = false;
  if (!options.http.empty()) allow_connections();
  KeyThread key_thread(options);  // first: the broker may wait for its file
  DaemonConfig config = config_of(options, keys);
  config.keys_wanted = [&key_thread] { key_thread.wanted(); };
  if (!options.webhooks_file.empty()) {
    config.webhooks = webhooks_or_report(options.webhooks_file, *collections);
    if (!config.webhooks) return EX_CONFIG;
  }
  Daemon daemon(std::move(config), collections, [&](const std::string& why) {
    failed = true;
    spdlog::critical("event=fatal reason=\"{}\"", why);
    ::kill(::getpid(), SIGTERM);
  });
  spdlog::info("event=start version={} broker={} store={} collections={}", options.version, options.broker,
               options.store, collections->all().size());
  SchemaGate gate(options.store, options.allow_invalid, [&signals] { return signals.ending(); });
  if (!gate.admits(*collections)) {
    if (signals.ending()) return EX_OK;
    spdlog::error("event=start_refused reason=\"stored documents do not fit the schemas\"");
    return EX_CONFIG;
  }
  daemon.remember(gate.accepted());
  daemon.start();
  int signal = signals.wait();
  for (; signal == SIGHUP; signal = signals.wait()) {
    reload(daemon, gate, options.schemas, collections);
    reload_webhooks(daemon, options.webhooks_file, *collections);
  }
  spdlog::info("event=stopping");
  daemon.stop(limits::drain_ms);
  spdlog::info("event=stopped");
  return failed ? EX_SOFTWARE : EX_OK;
}

}  // namespace

int run_bridge(const BridgeOptions& options) {
  const Signals signals;
  if (const auto log = set_up_log(options.log); !log) {
    spdlog::error("{}", log.error().message);
    return EX_USAGE;
  }
  auto collections = load_or_report(options.schemas);
  if (!collections) return EX_CONFIG;
  const auto keys = read_keys(options);
  if (!keys) {
    spdlog::error("event=bad_options reason=\"{}\"", keys.error().message);
    return EX_CONFIG;
  }
  try {
    return serve(options, *keys, std::move(collections), signals);
  } catch (const StoreError& error) {
    spdlog::error("event=store_unusable reason=\"{}\"", error.what());
    return exit_code(error.kind);
  } catch (const std::runtime_error& error) {
    spdlog::error("event=http_unusable reason=\"{}\"", error.what());
    return EX_UNAVAILABLE;
  } catch (const std::invalid_argument& error) {
    spdlog::error("event=bad_options reason=\"{}\"", error.what());
    return EX_CONFIG;
  }
}

}  // namespace msync
