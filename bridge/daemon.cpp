#include "bridge/daemon.h"

#include <spdlog/spdlog.h>

#include <chrono>
#include <utility>

#include "bridge/http/file_pages.h"

namespace msync {
namespace {

/// The broker keeps our queue this long while we are away, s.
constexpr std::uint32_t session_expiry_s = 7 * 24 * 3600;

std::unique_ptr<Store> open_or_throw(const std::string& address, std::int64_t now_ms) {
  auto store = open_store(address, now_ms);
  if (!store) throw StoreError(StoreError::Kind::other, store.error().message);
  return std::move(*store);
}

std::unique_ptr<StoreReader> reader_or_throw(const std::string& address) {
  auto reader = open_reader(address);
  if (!reader) throw StoreError(StoreError::Kind::other, reader.error().message);
  return std::move(*reader);
}

std::int64_t clock_ms() {
  return ServerTime(0).now_ms();
}

}  // namespace

Daemon::Daemon(DaemonConfig config, std::shared_ptr<const Collections> collections,
               std::function<void(const std::string& why)> fatal)
    : config_(std::move(config)),
      collections_(std::move(collections)),
      fatal_(std::move(fatal)),
      time_(0),
      metrics_(config_.version),
      gate_(config_.link.client_id, config_.stamp_key),
      webhooks_({[this] { return identity_.epoch; }, [this] { return reader_or_throw(config_.store); }, time_,
                 fatal_}) {
  auto store = open_or_throw(config_.store, clock_ms());
  identity_ = store->identity();
  time_.at_least(store->last_time_ms());
  tail_reader_ = reader_or_throw(config_.store);
  pull_reader_ = reader_or_throw(config_.store);
  for (const auto& behind : tail_reader_->view()->unpublished()) {
    cursors_.touch(behind.scope.id, behind.published, behind.scope.seq);
  }
  link_ = make_link();
  pulls_ = std::make_unique<PullService>(*pull_reader_, outbox_, time_, identity_.epoch, &metrics_);
  publisher_ = std::make_unique<Publisher>(publisher_parts());
  outbox_.on_push = [this] { publisher_->wake(); };
  pipeline_ = std::make_unique<Pipeline>(pipeline_parts(std::move(store)));
  if (config_.http) http_ = make_http();
  inbox_.set_stalled(true);
  status_ = std::make_unique<StatusBoard>(StatusBoard::Parts{
      metrics_, rejections_, time_, reader_or_throw(config_.store), config_.store, config_.link.broker,
      config_.version, identity_.epoch, [this] { pages_->sampled(); }});
  pages_ = std::make_unique<StatusPages>(metrics_, *status_);
  if (http_) pages_->add_to(http_->app());
  if (http_ && config_.http->demo) add_files(http_->app(), demo_files());
  metrics_.watch([this] { return gauges(); });
}

Daemon::~Daemon() {
  stop(0);
  metrics_.watch(nullptr);
}

Gauges Daemon::gauges() const {
  const auto waiting = inbox_.load();
  Gauges now;
  now.inbox_messages = waiting.messages;
  now.inbox_bytes = waiting.bytes;
  now.inbox_dropped = inbox_.dropped();
  now.broker_dropped = drops_.total();
  now.input_refused = refused_;
  now.outbox_bytes = outbox_.bytes();
  now.waiting_pulls = pulls_->waiting();
  now.unpublished_scopes = cursors_.size();
  now.connected = link_->is_connected();
  now.ready = publisher_->ready();
  if (http_) {
    now.http_streams = http_->app().streams() + pages_->streams();
    now.gateway_connections = http_->server().gateway_connections();
  }
  for (const WebhookStats& one : webhooks_.stats())
    now.webhooks.push_back({one.name, static_cast<double>(one.lag_ms) / 1000, one.delivered, one.failures});
  return now;
}

std::unique_ptr<Link> Daemon::make_link() {
  LinkOptions options = config_.link;
  options.clean_start = false;
  options.session_expiry_s = session_expiry_s;
  options.will = [this] { return publisher_->status(false); };
  Link::Handlers handlers;
  handlers.message = [this](LinkMessage&& message) { receive(std::move(message)); };
  handlers.connected = [this](bool session_present) {
    spdlog::info("event=connected broker={} session_present={}", config_.link.broker, session_present);
    publisher_->connected();
  };
  handlers.disconnected = [this](const std::string& why) {
    spdlog::warn("event=disconnected broker={} reason=\"{}\"", config_.link.broker, why);
    publisher_->disconnected();
  };
  auto link = std::make_unique<Link>(std::move(options), std::move(handlers));
  link->subscribe(filters(*collections_.load()));
  return link;
}

std::vector<std::string> Daemon::filters(const Collections& collections) const {
  std::vector<std::string> filters{"sync/status",
                                   dropped_topic,
                                   gate_.topic(),
                                   std::string(door_topic::revoke),
                                   std::string(door_topic::keys),
                                   std::string(door_topic::counters)};
  for (const Collection& collection : collections.all()) {
    for (const Leaf leaf : {Leaf::in, Leaf::pull, Leaf::seen})
      filters.push_back(collection.topic.filter(leaf));
  }
  return filters;
}

Publisher::Parts Daemon::publisher_parts() {
  return {*link_,
          outbox_,
          cursors_,
          gate_,
          time_,
          *tail_reader_,
          identity_,
          config_.version,
          [this] { return collections_.load(); },
          [this](bool ready) { pipeline_->set_ready(ready); },
          &metrics_};
}

Pipeline::Parts Daemon::pipeline_parts(std::unique_ptr<Store> store) {
  Pipeline::Parts parts{std::move(store),
                        [this] { return open_or_throw(config_.store, clock_ms()); },
                        inbox_,
                        outbox_,
                        cursors_,
                        time_,
                        [this] { return collections_.load(); },
                        [this] { publisher_->wake(); },
                        [this](std::uint64_t boot) { publisher_->boot_raised(boot); },
                        [this] { publisher_->revocations_changed(); },
                        config_.revoking,
                        fatal_};
  parts.touched = [this](std::span<const Touched> scopes) {
    if (http_) http_->app().touched(scopes);
    webhooks_.touched(scopes);
  };
  parts.webhooks = &webhooks_.progress();
  parts.metrics = &metrics_;
  parts.rejections = &rejections_;
  return parts;
}

std::unique_ptr<HttpSide> Daemon::make_http() {
  HttpApp::Parts parts{reader_or_throw(config_.store),
                       time_,
                       identity_.epoch,
                       [this] { return collections_.load(); },
                       [this](Inbound&& message) {
                         message.received = Metrics::Clock::now();
                         return inbox_.offer(std::move(message));
                       },
                       [this] { return pipeline_->ready(); },
                       [this] { return pipeline_->storing(); },
                       [this](Route::Kind route, int status, std::int64_t us) {
                         metrics_.http_request(to_string(route), status, std::chrono::microseconds(us));
                       },
                       {},
                       {}};
  return std::make_unique<HttpSide>(*config_.http, std::move(parts));
}

/// What the bridge itself is told, not its clients' input.
bool Daemon::receive_own(const LinkMessage& message) {
  if (message.topic == gate_.topic()) {
    gate_.deliver(message);
    return true;
  }
  if (message.topic == "sync/status") {
    // Retained: what the broker kept. Else it is what this bridge has just said.
    if (message.retained) publisher_->status_seen(message.payload);
    return true;
  }
  if (message.topic == door_topic::keys) {
    if (config_.keys_wanted) config_.keys_wanted();
    return true;
  }
  if (message.topic == door_topic::counters) {
    note_door(message.payload);
    return true;
  }
  return false;
}

/// From the plugin alone: it lets nobody else publish there, and a will of that topic neither.
void Daemon::note_door(const std::string& payload) {
  if (const auto counters = decode_door_counters(payload)) metrics_.door(*counters);
}

void Daemon::receive(LinkMessage&& message) {
  if (receive_own(message)) return;
  if (message.topic == dropped_topic) return note_dropped(message.payload);
  const std::string topic = message.topic;
  auto inbound = admit(std::move(message), collections_.load(), config_.stamp_key);
  if (!inbound) return refuse(topic, inbound.error());
  inbound->received = Metrics::Clock::now();
  if (inbound->leaf == Leaf::pull) return pulls_->push(std::move(*inbound));
  inbox_.push(std::move(*inbound));
}

void Daemon::note_dropped(const std::string& count) {
  const auto dropped = drops_.told(count);
  if (!dropped || *dropped == 0) return;
  spdlog::warn(
      "event=broker_dropped messages={} total={} remedy=\"raise max_queued_messages, or see who does not "
      "read\"",
      *dropped, drops_.total());
}

/// Logged at 1, 2, 4, 8, …: whoever can send wills must not be able to fill a disk.
void Daemon::refuse(const std::string& topic, const Error& error) {
  const std::uint64_t count = ++refused_;
  if ((count & (count - 1)) != 0) return;
  spdlog::warn("event=input_refused topic={} reason=\"{}\" count={}", json_quoted(topic), error.message,
               count);
}

void Daemon::start() {
  if (config_.webhooks) webhooks_.configure(*config_.webhooks);  // before anything moves
  const auto run = [this](const char* name, auto body) {
    return std::async(std::launch::async, [this, name, body] {
      try {
        body();
      } catch (const std::exception& error) {
        fatal_(std::string(name) + ": " + error.what());
      }
    });
  };
  pipeline_done_ = run("pipeline", [this] { pipeline_->run(); });
  pulls_done_ = run("pulls", [this] { pulls_->run(); });
  publisher_done_ = run("publisher", [this] { publisher_->run(limits::drain_ms); });
  status_done_ = run("status", [this] { status_->run(); });
  link_->open();
  if (http_) http_->start();
}

void Daemon::stop(int drain_ms) {
  if (!pipeline_done_.valid()) return;
  const auto patience = std::chrono::milliseconds(drain_ms);
  webhooks_.stop();
  inbox_.close();
  pulls_->stop();
  const bool in_time = pipeline_done_.wait_for(patience) == std::future_status::ready &&
                       pulls_done_.wait_for(patience) == std::future_status::ready;
  if (!in_time) {
    spdlog::warn("event=drain_incomplete remedy=\"clients send again what was not acknowledged\"");
    pipeline_->give_up();
    outbox_.close();
  }
  pipeline_done_.get();
  pulls_done_.get();
  status_->stop();
  status_done_.get();
  if (http_) http_->stop();
  publisher_->stop();
  publisher_done_.get();
  link_->close();
}

void Daemon::remember(std::vector<std::pair<std::string, std::string>> accepted) {
  pipeline_->remember(std::move(accepted));
}

void Daemon::set_webhooks(const std::vector<WebhookConfig>& webhooks) {
  webhooks_.configure(webhooks);
}

void Daemon::reload(std::shared_ptr<const Collections> collections) {
  std::vector<std::string> wanted = filters(*collections);
  const bool same = wanted == filters(*collections_.load());
  collections_.store(std::move(collections));
  if (same) return;
  link_->subscribe(std::move(wanted));
  link_->reconnect();
}

}  // namespace msync
