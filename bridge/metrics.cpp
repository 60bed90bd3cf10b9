#include "bridge/metrics.h"

#include <prometheus/counter.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>
#include <prometheus/text_serializer.h>

#include <algorithm>
#include <mutex>

namespace msync {
namespace {

using prometheus::Counter;
using prometheus::Family;
using prometheus::Gauge;
using prometheus::Histogram;
using prometheus::Registry;

const Histogram::BucketBoundaries latency_s = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                               0.25,   0.5,   1,      2.5,   5,    10,    30};
const Histogram::BucketBoundaries batch_sizes = {1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024};
const Histogram::BucketBoundaries delta_sizes = {256,       1024,       4 * 1024,   16 * 1024,
                                                 64 * 1024, 256 * 1024, 1024 * 1024};

constexpr std::array<Status, 5> outcomes = {Status::applied, Status::merged, Status::superseded,
                                            Status::conflict, Status::rejected};
constexpr std::array pull_ends = {"answered", "refused", "failed", "dropped", "replaced"};

Counter& counter(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildCounter().Name(name).Help(help).Register(registry).Add({});
}

Gauge& gauge(Registry& registry, const char* name, const char* help) {
  return prometheus::BuildGauge().Name(name).Help(help).Register(registry).Add({});
}

Histogram& histogram(Registry& registry, const char* name, const char* help,
                     const Histogram::BucketBoundaries& buckets) {
  return prometheus::BuildHistogram().Name(name).Help(help).Register(registry).Add({}, buckets);
}

/// One counter for each of these values of a label.
template <std::size_t size>
std::array<Counter*, size> counters(Registry& registry, const char* name, const char* help, const char* label,
                                    const std::array<const char*, size>& values) {
  auto& family = prometheus::BuildCounter().Name(name).Help(help).Register(registry);
  std::array<Counter*, size> all = {};
  for (std::size_t i = 0; i < size; ++i) all[i] = &family.Add({{label, values[i]}});
  return all;
}

std::array<const char*, outcomes.size()> outcome_names() {
  std::array<const char*, outcomes.size()> names = {};
  std::transform(outcomes.begin(), outcomes.end(), names.begin(),
                 [](Status status) { return to_string(status); });
  return names;
}

/// A counter whose value is kept elsewhere and never falls.
void raise_to(Counter& counter, std::uint64_t value) {
  const double more = static_cast<double>(value) - counter.Value();
  if (more > 0) counter.Increment(more);
}

template <std::size_t size>
void add(const std::array<Counter*, size>& counters, const std::array<std::uint64_t, size>& more) {
  for (std::size_t i = 0; i < size; ++i)
    if (more[i] > 0) counters[i]->Increment(static_cast<double>(more[i]));
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::system_clock::now().time_since_epoch()).count();
}

std::int64_t us(Metrics::Clock::duration time) {
  return std::chrono::duration_cast<std::chrono::microseconds>(time).count();
}

}  // namespace

/// Named in the order of docs/operations.md.
struct Metrics::Parts {
  Registry registry;

  std::array<Counter*, outcomes.size()> mutations =
      counters(registry, "msync_mutations_total",
               "Mutations that were judged, by outcome; repeats not counted.", "outcome", outcome_names());
  Counter& repeats = counter(registry, "msync_mutations_repeated_total",
                             "Mutations that came again and were answered from memory.");
  Counter& gaps = counter(registry, "msync_gaps_total",
                          "Messages that were answered by a gap: one before them was missing.");
  Counter& malformed =
      counter(registry, "msync_malformed_messages_total", "Messages that were refused by a notice.");
  Histogram& ack_s = histogram(registry, "msync_ack_seconds",
                               "From a write's arrival at the bridge to its answer, stored.", latency_s);
  Histogram& commit_s =
      histogram(registry, "msync_commit_seconds", "One transaction, with its sync.", latency_s);
  Histogram& batch =
      histogram(registry, "msync_batch_mutations", "Mutations in one transaction.", batch_sizes);
  Counter& store_failures =
      counter(registry, "msync_store_failures_total", "Transactions that failed and were tried again.");

  Gauge& failing = gauge(registry, "msync_store_failing", "1 while transactions fail.");

  Histogram& delta_bytes = histogram(registry, "msync_delta_bytes", "Live deltas, by size.", delta_sizes);
  std::array<Counter*, pull_ends.size()> pulls =
      counters(registry, "msync_pulls_total", "Pulls, by what became of them.", "result", pull_ends);
  Counter& pages = counter(registry, "msync_pages_total", "Pages in answer to pulls.");
  Counter& page_bytes = counter(registry, "msync_page_bytes_total", "Their bytes as sent.");
  Histogram& pull_s =
      histogram(registry, "msync_pull_seconds", "Reading and handing over one pull's pages.", latency_s);

  Gauge& inbox_messages = gauge(registry, "msync_inbox_messages", "Messages that wait to be stored.");
  Gauge& inbox_bytes = gauge(registry, "msync_inbox_bytes", "Their bytes.");
  Counter& inbox_dropped = counter(registry, "msync_inbox_dropped_total",
                                   "Messages dropped for lack of room; clients send them again.");
  Gauge& outbox_bytes =
      gauge(registry, "msync_outbox_bytes", "Acks, notices and pages that wait to be sent.");
  Gauge& waiting_pulls = gauge(registry, "msync_waiting_pulls", "Pulls that wait for their turn.");
  Gauge& unpublished = gauge(registry, "msync_unpublished_scopes",
                             "Scopes with changes that the broker has not acknowledged.");
  Counter& refused =
      counter(registry, "msync_refused_input_total",
              "Messages without a right stamp: wills, and what did not come through the plugin.");

  Gauge& is_connected = gauge(registry, "msync_broker_connected", "1 while connected to the broker.");
  Gauge& is_ready = gauge(registry, "msync_ready", "1 while input is taken and answered.");
  Counter& connects = counter(registry, "msync_broker_connects_total", "Connections made to the broker.");
  Counter& broker_dropped = counter(registry, "msync_broker_dropped_messages_total",
                                    "Messages that the broker says it has dropped.");

  Gauge& scopes = gauge(registry, "msync_scopes", "Scopes in the store.");
  Gauge& documents = gauge(registry, "msync_documents", "Live documents.");
  Gauge& tombstones = gauge(registry, "msync_tombstones", "Deleted documents that are still remembered.");
  Gauge& synced =
      gauge(registry, "msync_replicas_synced", "Replicas that reported to be at their scope's head.");
  std::array<Gauge*, StoreNumbers::ages.size()> behind = {};
  Gauge& store_bytes = gauge(registry, "msync_store_bytes", "The store's file.");
  Gauge& log_bytes = gauge(registry, "msync_store_log_bytes", "Its write-ahead log.");
  std::array<Counter*, 2> swept =
      counters<2>(registry, "msync_swept_total", "Rows forgotten because nobody needs them.", "kind",
                  {"tombstones", "history"});

  Family<Counter>& requests = prometheus::BuildCounter()
                                  .Name("msync_http_requests_total")
                                  .Help("HTTP requests by route and class of status.")
                                  .Register(registry);
  Family<Histogram>& request_s = prometheus::BuildHistogram()
                                     .Name("msync_http_request_seconds")
                                     .Help("From a request's arrival to its answer; streams not counted.")
                                     .Register(registry);
  Gauge& streams = gauge(registry, "msync_http_streams", "Open streams and long polls.");
  Gauge& gateway = gauge(registry, "msync_gateway_connections", "Open WebSocket connections to the broker.");
  Family<Gauge>& hook_lag = prometheus::BuildGauge()
                                .Name("msync_webhook_lag_seconds")
                                .Help("Age of the oldest change that a webhook has not delivered.")
                                .Register(registry);
  Family<Counter>& hook_posts = prometheus::BuildCounter()
                                    .Name("msync_webhook_posts_total")
                                    .Help("POSTs of a webhook by what became of them.")
                                    .Register(registry);

  std::array<Counter*, DoorCounters::auth_names.size()> door_auth =
      counters(registry, "msync_door_auth_total", "Attempts to come in or to renew a token, by result.",
               "result", DoorCounters::auth_names);
  std::array<Counter*, DoorCounters::denied_names.size()> door_denied =
      counters(registry, "msync_door_denied_total", "What was refused to clients, by reason.", "reason",
               DoorCounters::denied_names);
  std::array<Counter*, DoorCounters::kicked_names.size()> door_kicked =
      counters(registry, "msync_door_kicked_total", "Clients that were disconnected, by reason.", "reason",
               DoorCounters::kicked_names);
  Gauge& door_connections = gauge(registry, "msync_door_connections", "Connected clients with tokens.");
  Gauge& door_told = gauge(registry, "msync_door_reported_timestamp_seconds",
                           "When the plugin was heard of last, Unix time.");

  std::atomic<std::uint64_t> deltas = 0;
  Latencies acks;
  Latencies commits;

  std::mutex mutex;  // of what follows
  DoorCounters door_last;
  std::function<Gauges()> gauges;

  explicit Parts(std::string_view version) {
    auto& ages = prometheus::BuildGauge()
                     .Name("msync_replicas_behind")
                     .Help(
                         "Replicas behind their scope's head, by when they were heard of last: up to 1h, 1d, "
                         "7d, 30d ago.")
                     .Register(registry);
    for (std::size_t i = 0; i < behind.size(); ++i)
      behind[i] = &ages.Add({{"last_seen", StoreNumbers::ages[i]}});
    prometheus::BuildGauge()
        .Name("msync_info")
        .Help("1, with the version.")
        .Register(registry)
        .Add({{"version", std::string(version)}})
        .Set(1);
  }

  void observe_acks(std::span<const Inbound> taken, Clock::time_point now);
};

void Metrics::Parts::observe_acks(std::span<const Inbound> taken, Clock::time_point now) {
  std::vector<double> increments(latency_s.size() + 1);
  double sum_s = 0;
  for (const Inbound& message : taken) {
    if (message.leaf != Leaf::in || message.revoke || message.received == Clock::time_point()) continue;
    const double took_s = Seconds(now - message.received).count();
    const auto bucket = std::lower_bound(latency_s.begin(), latency_s.end(), took_s);
    increments[static_cast<std::size_t>(bucket - latency_s.begin())] += 1;
    sum_s += took_s;
    acks.add(us(now - message.received));
  }
  ack_s.ObserveMultiple(increments, sum_s);
}

Metrics::Metrics(std::string_view version) : parts_(std::make_unique<Parts>(version)) {}
Metrics::~Metrics() = default;

void Metrics::committed(const Committed& done, std::span<const Inbound> taken, Clock::time_point began,
                        Clock::time_point stored) {
  Parts& to = *parts_;
  for (std::size_t i = 0; i < outcomes.size(); ++i) {
    const auto found = done.outcomes.find(outcomes[i]);
    if (found != done.outcomes.end()) to.mutations[i]->Increment(static_cast<double>(found->second));
  }
  to.repeats.Increment(static_cast<double>(done.duplicates));
  to.gaps.Increment(static_cast<double>(done.gaps));
  to.failing.Set(0);
  to.malformed.Increment(static_cast<double>(done.malformed));
  if (taken.empty()) return;  // cursors alone
  to.commit_s.Observe(Seconds(stored - began).count());
  to.commits.add(us(stored - began));
  to.batch.Observe(static_cast<double>(done.mutations));
  to.observe_acks(taken, Clock::now());
}

void Metrics::store_failed() {
  parts_->store_failures.Increment();
  parts_->failing.Set(1);
}

bool Metrics::store_failing() const {
  return parts_->failing.Value() != 0;
}

void Metrics::swept(const Swept& done) {
  add<2>(parts_->swept, {done.tombstones, done.history});
}

void Metrics::delta_sent(std::size_t bytes) {
  parts_->delta_bytes.Observe(static_cast<double>(bytes));
  parts_->deltas += 1;
}

void Metrics::connected() {
  parts_->connects.Increment();
}

void Metrics::pull_ended(PullEnd end) {
  parts_->pulls[static_cast<std::size_t>(end)]->Increment();
}

void Metrics::pull_answered(std::size_t pages, std::size_t bytes, Seconds took) {
  pull_ended(PullEnd::answered);
  parts_->pages.Increment(static_cast<double>(pages));
  parts_->page_bytes.Increment(static_cast<double>(bytes));
  parts_->pull_s.Observe(took.count());
}

void Metrics::door(const DoorCounters& now) {
  DoorCounters more;
  {
    const std::lock_guard lock(parts_->mutex);
    more = risen(std::exchange(parts_->door_last, now), now);
  }
  add(parts_->door_auth, more.auth);
  add(parts_->door_denied, more.denied);
  add(parts_->door_kicked, more.kicked);
  parts_->door_connections.Set(static_cast<double>(now.connections));
  parts_->door_told.Set(seconds_now());
}

Metrics::DoorState Metrics::door_state() const {
  return {static_cast<std::int64_t>(parts_->door_told.Value() * 1000),
          static_cast<std::uint64_t>(parts_->door_connections.Value())};
}

void Metrics::store(const StoreNumbers& numbers) {
  Parts& to = *parts_;
  to.scopes.Set(static_cast<double>(numbers.scopes));
  to.documents.Set(static_cast<double>(numbers.documents));
  to.tombstones.Set(static_cast<double>(numbers.tombstones));
  to.synced.Set(static_cast<double>(numbers.synced));
  for (std::size_t i = 0; i < to.behind.size(); ++i)
    to.behind[i]->Set(static_cast<double>(numbers.behind[i]));
  to.store_bytes.Set(static_cast<double>(numbers.size.bytes));
  to.log_bytes.Set(static_cast<double>(numbers.size.log_bytes));
}

void Metrics::http_request(std::string_view route, int status, Seconds took) {
  const std::string name(route);
  const std::string status_class =
      status >= 100 && status < 600 ? std::to_string(status / 100) + "xx" : "none";
  parts_->requests.Add({{"route", name}, {"class", status_class}}).Increment();
  parts_->request_s.Add({{"route", name}}, latency_s).Observe(took.count());
}

void Metrics::webhook_lag(const std::string& name, Seconds lag) {
  parts_->hook_lag.Add({{"webhook", name}}).Set(lag.count());
}

void Metrics::webhook_posts(const std::string& name, std::uint64_t accepted, std::uint64_t failed) {
  const auto reach = [&](const char* result, std::uint64_t total) {
    Counter& counter = parts_->hook_posts.Add({{"webhook", name}, {"result", result}});
    counter.Increment(
        std::max(0.0, static_cast<double>(total) - counter.Value()));  // a new target counts from 0
  };
  reach("accepted", accepted);
  reach("failed", failed);
}

void Metrics::watch(std::function<Gauges()> gauges) {
  const std::lock_guard lock(parts_->mutex);
  parts_->gauges = std::move(gauges);
}

Gauges Metrics::gauges() const {
  const std::lock_guard lock(parts_->mutex);
  return parts_->gauges ? parts_->gauges() : Gauges();
}

Totals Metrics::totals() const {
  Totals totals;
  for (const Counter* outcome : parts_->mutations)
    totals.mutations += static_cast<std::uint64_t>(outcome->Value());
  totals.rejected = static_cast<std::uint64_t>(parts_->mutations.back()->Value());
  totals.deltas = parts_->deltas;
  totals.pulls = static_cast<std::uint64_t>(parts_->pulls.front()->Value());
  totals.acks = parts_->acks.counts();
  totals.commits = parts_->commits.counts();
  return totals;
}

std::string Metrics::text() {
  const Gauges now = gauges();
  Parts& to = *parts_;
  to.inbox_messages.Set(static_cast<double>(now.inbox_messages));
  to.inbox_bytes.Set(static_cast<double>(now.inbox_bytes));
  to.outbox_bytes.Set(static_cast<double>(now.outbox_bytes));
  to.waiting_pulls.Set(static_cast<double>(now.waiting_pulls));
  to.unpublished.Set(static_cast<double>(now.unpublished_scopes));
  to.streams.Set(static_cast<double>(now.http_streams));
  to.gateway.Set(static_cast<double>(now.gateway_connections));
  to.is_connected.Set(now.connected ? 1 : 0);
  to.is_ready.Set(now.ready ? 1 : 0);
  {
    const std::lock_guard lock(to.mutex);  // two readers must not raise a counter twice
    raise_to(to.inbox_dropped, now.inbox_dropped);
    raise_to(to.broker_dropped, now.broker_dropped);
    raise_to(to.refused, now.input_refused);
  }
  for (const Gauges::Webhook& hook : now.webhooks) {
    webhook_lag(hook.name, Seconds(hook.lag_s));
    webhook_posts(hook.name, hook.accepted, hook.failed);
  }
  return prometheus::TextSerializer().Serialize(to.registry.Collect());
}

}  // namespace msync
