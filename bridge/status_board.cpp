#include "bridge/status_board.h"

#include <spdlog/spdlog.h>

#include <algorithm>
#include <cmath>

namespace msync {
namespace {

constexpr std::size_t readers_counted = 1000;

Json milliseconds(std::int64_t us) {
  return us < 0 ? Json() : Json(std::round(static_cast<double>(us) / 10) / 100);
}

double rounded(double rate) {
  return std::round(rate * 10) / 10;
}

Json replica_row(const ReplicaRecord& replica) {
  return {{"scope", replica.scope},
          {"user", replica.user},
          {"src", replica.src},
          {"seen", replica.seen},
          {"head", replica.head},
          {"behind", replica.head - std::min(replica.seen, replica.head)},
          {"seen_at_ms", replica.seen_at_ms}};
}

/// What a record tells without its documents.
Json conflict_row(const ConflictRecord& record) {
  Json row{{"scope", record.scope}, {"id", record.id}, {"at_ms", record.at_ms}};
  const auto told = parse_json(record.text);
  if (!told || !told->is_object()) return row;
  for (const char* name : {"user", "status", "winner"})
    if (const auto found = told->find(name); found != told->end()) row[name] = *found;
  const auto theirs = told->find("theirs");
  if (theirs != told->end() && theirs->is_object() && theirs->contains("by"))
    row["against"] = (*theirs)["by"];
  return row;
}

Json rejection_rows(const std::vector<Rejection>& rejections) {
  Json rows = Json::array();
  for (const Rejection& one : rejections) {
    Json row{{"scope", one.scope},
             {"id", one.id},
             {"at_ms", one.at_ms},
             {"user", one.user},
             {"code", to_string(one.code)}};
    if (!one.path.empty()) row["path"] = one.path;
    rows.push_back(std::move(row));
  }
  return rows;
}

}  // namespace

StatusBoard::StatusBoard(Parts parts)
    : parts_(std::move(parts)), start_ms_(parts_.time.now_ms()), counter_(*parts_.reader) {}

void StatusBoard::run() {
  last_ = parts_.metrics.totals();
  last_at_ = Metrics::Clock::now();
  while (true) {
    sample();
    if (parts_.sampled) parts_.sampled();
    std::unique_lock lock(mutex_);
    if (wake_.wait_for(lock, std::chrono::milliseconds(parts_.sample_ms), [this] { return stopping_; }))
      return;
  }
}

void StatusBoard::stop() {
  const std::lock_guard lock(mutex_);
  stopping_ = true;
  wake_.notify_all();
}

StatusBoard::Point StatusBoard::next_point(std::int64_t now_ms) {
  const Totals now = parts_.metrics.totals();
  const auto at = Metrics::Clock::now();
  const double passed_s = std::max(0.001, Metrics::Seconds(at - last_at_).count());
  const auto rate = [passed_s](std::uint64_t before, std::uint64_t after) {
    return rounded(static_cast<double>(after - before) / passed_s);
  };
  Point point;
  point.at_ms = now_ms;
  point.mutations = rate(last_.mutations, now.mutations);
  point.deltas = rate(last_.deltas, now.deltas);
  point.pulls = rate(last_.pulls, now.pulls);
  point.ack_p50_us = Latencies::percentile_us(last_.acks, now.acks, 0.5);
  point.ack_p99_us = Latencies::percentile_us(last_.acks, now.acks, 0.99);
  point.commit_p50_us = Latencies::percentile_us(last_.commits, now.commits, 0.5);
  point.commit_p99_us = Latencies::percentile_us(last_.commits, now.commits, 0.99);
  last_ = now;
  last_at_ = at;
  return point;
}

void StatusBoard::sample() {
  const std::int64_t now_ms = parts_.time.now_ms();
  const Point point = next_point(now_ms);
  const bool up = parts_.metrics.gauges().ready;
  const Lists before = [this] {
    const std::lock_guard lock(mutex_);
    return lists_;
  }();
  read_store(now_ms);
  const std::lock_guard lock(mutex_);
  lists_.rejections = rejection_rows(parts_.rejections.all());
  if (was_up_ != up) up_since_ms_ = now_ms;
  was_up_ = up;
  points_.push_back(point);
  if (points_.size() > limits::status_samples) points_.pop_front();
  Json news = state(now_ms);
  news["rates"] = rates(points_, points_.size() - 1, parts_.sample_ms);
  if (lists_.scopes != before.scopes) {
    news["scopes"] = lists_.scopes;
    news["more_scopes"] = lists_.more_scopes;
  }
  if (lists_.replicas != before.replicas) news["replicas"] = lists_.replicas;
  if (lists_.conflicts != before.conflicts) news["conflicts"] = lists_.conflicts;
  if (lists_.rejections != before.rejections) news["rejections"] = lists_.rejections;
  news_ = to_text(news);
  ++samples_;
}

/// A store that cannot be read now is read at the next sample; the page says so.
void StatusBoard::read_store(std::int64_t now_ms) {
  bool more = false, readable = false;
  Json scopes;
  {
    const std::lock_guard reading(reading_);
    try {
      if (Metrics::Clock::now() >= store_due_) {
        store_due_ = Metrics::Clock::now() + std::chrono::milliseconds(parts_.store_sample_ms);
        counter_.sample(now_ms);
      }
      const auto view = parts_.reader->view();
      scopes = find_scopes(*view, "", more);
      read_conflicts(*view);
      readable = true;
      told_unreadable_ = false;
    } catch (const StoreError& error) {
      if (!std::exchange(told_unreadable_, true))
        spdlog::warn("event=status_not_read reason=\"{}\"", error.what());
    }
  }
  const std::lock_guard lock(mutex_);
  readable_ = readable;
  if (!readable) return;
  numbers_ = counter_.numbers();
  numbers_.size = store_size(parts_.store);
  lists_.scopes = std::move(scopes);
  lists_.more_scopes = more;
  lists_.replicas = replica_summary();
  lists_.conflicts = conflicts_;
  parts_.metrics.store(numbers_);
}

void StatusBoard::read_conflicts(View& view) {
  std::vector<NumberedConflict> newer = view.conflicts_after(last_conflict_, limits::status_rows);
  if (newer.empty()) return;
  last_conflict_ = newer.front().number;
  for (auto one = newer.rbegin(); one != newer.rend(); ++one)
    conflicts_.push_front(conflict_row(one->record));
  if (conflicts_.size() > limits::status_rows) conflicts_.resize(limits::status_rows);
}

Json StatusBoard::find_scopes(View& view, std::string_view text, bool& more) const {
  std::vector<ScopeRow> found;
  view.find_scopes(text, [&](ScopeRow&& scope) {
    more = found.size() == limits::status_rows;
    if (!more) found.push_back(std::move(scope));
    return !more;
  });
  Json rows = Json::array();
  for (const ScopeRow& scope : found) {
    rows.push_back({{"topic", scope.topic},
                    {"collection", scope.collection},
                    {"seq", scope.seq},
                    {"count", scope.count},
                    {"readers", view.readers(scope.id, readers_counted)}});
  }
  return rows;
}

Json StatusBoard::replica_summary() const {
  Json behind = Json::object();
  for (std::size_t i = 0; i < StoreNumbers::ages.size(); ++i)
    behind[StoreNumbers::ages[i]] = numbers_.behind[i];
  Json rows = Json::array();
  for (const ReplicaRecord& replica : numbers_.furthest_behind) rows.push_back(replica_row(replica));
  return {{"synced", numbers_.synced}, {"behind", std::move(behind)}, {"rows", std::move(rows)}};
}

Json StatusBoard::state(std::int64_t now_ms) const {
  const Gauges gauges = parts_.metrics.gauges();
  const auto door = parts_.metrics.door_state();
  return {{"now_ms", now_ms},
          {"start_ms", start_ms_},
          {"version", parts_.version},
          {"epoch", parts_.epoch},
          {"broker",
           {{"address", parts_.broker},
            {"connected", gauges.connected},
            {"ready", gauges.ready},
            {"since_ms", up_since_ms_},
            {"dropped_messages", gauges.broker_dropped}}},
          {"store",
           {{"readable", readable_},
            {"writable", !parts_.metrics.store_failing()},
            {"bytes", numbers_.size.bytes},
            {"log_bytes", numbers_.size.log_bytes},
            {"scopes", numbers_.scopes},
            {"documents", numbers_.documents},
            {"tombstones", numbers_.tombstones}}},
          {"queues",
           {{"inbox_messages", gauges.inbox_messages},
            {"inbox_dropped", gauges.inbox_dropped},
            {"outbox_bytes", gauges.outbox_bytes},
            {"waiting_pulls", gauges.waiting_pulls},
            {"unpublished_scopes", gauges.unpublished_scopes}}},
          {"door", {{"heard_ms", door.heard_ms}, {"connections", door.connections}}}};
}

Json StatusBoard::rates(const std::deque<Point>& points, std::size_t from, std::int64_t step_ms) {
  Json rates{{"step_ms", step_ms}};
  for (const char* name : {"at_ms", "mutations_per_s", "deltas_per_s", "pulls_per_s", "ack_p50_ms",
                           "ack_p99_ms", "commit_p50_ms", "commit_p99_ms"})
    rates[name] = Json::array();
  for (std::size_t i = from; i < points.size(); ++i) {
    const Point& point = points[i];
    rates["at_ms"].push_back(point.at_ms);
    rates["mutations_per_s"].push_back(point.mutations);
    rates["deltas_per_s"].push_back(point.deltas);
    rates["pulls_per_s"].push_back(point.pulls);
    rates["ack_p50_ms"].push_back(milliseconds(point.ack_p50_us));
    rates["ack_p99_ms"].push_back(milliseconds(point.ack_p99_us));
    rates["commit_p50_ms"].push_back(milliseconds(point.commit_p50_us));
    rates["commit_p99_ms"].push_back(milliseconds(point.commit_p99_us));
  }
  return rates;
}

std::string StatusBoard::json() const {
  const std::lock_guard lock(mutex_);
  Json all = state(parts_.time.now_ms());
  all["rates"] = rates(points_, 0, parts_.sample_ms);
  all["scopes"] = lists_.scopes;
  all["more_scopes"] = lists_.more_scopes;
  all["replicas"] = lists_.replicas;
  all["conflicts"] = lists_.conflicts;
  all["rejections"] = lists_.rejections;
  return to_text(all);
}

std::string StatusBoard::news() const {
  const std::lock_guard lock(mutex_);
  return news_;
}

std::string StatusBoard::scopes(std::string_view text) const {
  const std::lock_guard reading(reading_);
  bool more = false;
  Json found = find_scopes(*parts_.reader->view(), text, more);
  return to_text({{"scopes", std::move(found)}, {"more", more}});
}

std::string StatusBoard::replicas(std::string_view text) const {
  const std::lock_guard reading(reading_);
  Json rows = Json::array();
  bool more = false;
  parts_.reader->view()->find_replicas(text, [&](ReplicaRecord&& replica) {
    more = rows.size() == limits::status_rows;
    if (!more) rows.push_back(replica_row(replica));
    return !more;
  });
  return to_text({{"replicas", std::move(rows)}, {"more", more}});
}

}  // namespace msync
