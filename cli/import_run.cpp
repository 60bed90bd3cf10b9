#include "cli/import_run.h"

#include <sysexits.h>

#include <algorithm>
#include <utility>

#include "bridge/random.h"
#include "cli/clock.h"
#include "cli/command.h"

namespace msync {
namespace {

constexpr int tick_ms = 100;

std::string in_words(const MutationResult& result) {
  std::string why = to_string(result.status);
  if (!result.error) return why;
  if (result.status == Status::rejected) why = to_string(result.error->code);
  if (!result.error->path.empty()) why += " at " + result.error->path;
  return why + ": " + result.error->message;
}

}  // namespace

ImportRun::ImportRun(const ConnectionArguments& arguments, const Account& account, std::string scope,
                     const std::vector<ImportItem>& items)
    : account_(account),
      scope_(std::move(scope)),
      items_(items),
      src_(random_hex(16)),
      began_ms_(steady_time_ms()),
      reader_(scope_, random_hex(4)),
      progress_("documents", items.size(), began_ms_),
      client_(arguments, account, {}) {}

int ImportRun::end(int exit_code, std::string trouble) {
  report_.trouble = std::move(trouble);
  return exit_code;
}

int ImportRun::run() {
  for (;;) {
    if (interrupted()) return end(exit_interrupted, "interrupted; run it again to go on where it was");
    const auto event = client_.next(tick_ms);
    auto over = event ? handle(*event) : std::nullopt;
    if (!over) over = step();
    if (over) return *over;
    progress_.update(done(), steady_time_ms());
  }
}

std::optional<int> ImportRun::handle(const SyncEvent& event) {
  if (std::holds_alternative<Connected>(event)) {
    reader_.connected();
    if (uploader_) uploader_->connected();
  } else if (const auto* lost = std::get_if<Disconnected>(&event)) {
    if (lost->refused && !known_) return end(EX_NOPERM, client_.last_trouble());
    progress_.say("not connected: " + lost->why);
  } else if (const auto* seen = std::get_if<StatusSeen>(&event)) {
    return on_status(*seen);
  } else if (const auto* ack = std::get_if<Ack>(&event)) {
    return on_ack(*ack);
  } else if (const auto* delta = std::get_if<Delta>(&event)) {
    reader_.on_delta(*delta, steady_time_ms());
  } else if (const auto* notice = std::get_if<Notice>(&event)) {
    return on_notice(*notice);
  } else if (const auto* unreadable = std::get_if<Unreadable>(&event)) {
    progress_.say("unreadable message on " + unreadable->topic + ": " + unreadable->why);
  }
  return std::nullopt;
}

std::optional<int> ImportRun::on_status(const StatusSeen& seen) {
  if (status_ && status_->online && !seen.status.online)
    progress_.say("the bridge went offline; waiting for it");
  if (uploader_ && seen.status.online && seen.status.epoch != status_->epoch)
    return end(EX_UNAVAILABLE, "the server's store was restored or replaced meanwhile; run the import again");
  status_ = seen.status;
  reader_.on_status(seen.status);
  if (!uploader_ && seen.status.online)
    uploader_.emplace(scope_, src_, seen.limits,
                      [this](const std::string& id, const MutationResult& result) { answered(id, result); });
  return std::nullopt;
}

std::optional<int> ImportRun::on_ack(const Ack& ack) {
  if (!uploader_) return std::nullopt;
  switch (uploader_->on_ack(ack, steady_time_ms())) {
    case Uploader::Heard::fine:
      return std::nullopt;
    case Uploader::Heard::restored:
      return end(EX_UNAVAILABLE,
                 "the server's store was restored or replaced meanwhile; run the import again");
    case Uploader::Heard::lost_tail:
      break;
  }
  return end(EX_UNAVAILABLE, "the server has lost changes that it had acknowledged; run the import again");
}

std::optional<int> ImportRun::on_notice(const Notice& notice) {
  if (notice.code == Code::quota) {
    if (uploader_) uploader_->pause_until(steady_time_ms() + notice.retry_after_ms.value_or(1000));
    return std::nullopt;
  }
  if (notice.code == Code::denied && notice.topic == scope_ + "/pull" && !known_) {
    progress_.say("no right to read " + scope_ + ": every document is sent as a new one");
    known_ = true;
    return std::nullopt;
  }
  if (notice.code == Code::token) return std::nullopt;  // the next connect brings another
  const std::string what = std::string(to_string(notice.code)) + ": " + notice.message;
  if (notice.code == Code::denied || notice.code == Code::revoked)
    return end(EX_NOPERM, what + (notice.topic.empty() ? "" : " (" + notice.topic + ")"));
  return end(EX_SOFTWARE, "the server refused a message of the import: " + what);
}

/// At the start somebody waits at the terminal; once something was heard, the import waits as long as it takes.
std::optional<int> ImportRun::patience() const {
  const bool started = status_ && status_->online && known_;
  if (started || steady_time_ms() - began_ms_ < account_.wait_ms) return std::nullopt;
  return EX_UNAVAILABLE;
}

std::optional<int> ImportRun::step() {
  if (const auto over = patience(); over) {
    if (!client_.is_connected()) return end(*over, client_.last_trouble());
    if (!status_) return end(*over, "no sync/status: no bridge has ever worked on this broker");
    if (!status_->online) return end(*over, "the bridge is offline, says sync/status");
    return end(*over, "the bridge does not answer");
  }
  if (!uploader_) return std::nullopt;
  if (!known_) {
    ask();
    known_ = reader_.whole();
  }
  if (!known_) return std::nullopt;
  fill();
  if (status_->online) send();
  if (next_item_ < items_.size() || !uploader_->empty()) return std::nullopt;
  return report_.not_stored == 0 ? EX_OK : EX_DATAERR;
}

void ImportRun::ask() {
  const double dice = std::uniform_real_distribution<double>(0, 1)(dice_);
  if (const auto pull = reader_.due(steady_time_ms(), dice); pull)
    client_.send(scope_ + "/pull", encode(*pull));
}

void ImportRun::fill() {
  while (uploader_->has_room() && next_item_ < items_.size()) plan(items_[next_item_++]);
}

void ImportRun::plan(const ImportItem& item) {
  const auto* held = reader_.replica().find(item.id);
  if (held == nullptr ? item.deleted() : held->data == item.data) {
    ++report_.unchanged;
    return;
  }
  Operation operation;
  operation.op = item.deleted() ? Op::remove : Op::put;
  operation.id = item.id;
  operation.base = held == nullptr ? 0 : held->version;
  last_ts_ = std::max({unix_time_ms(), last_ts_ + 1, held == nullptr ? 0 : held->ts + 1});
  operation.ts = last_ts_;
  if (!item.deleted()) {
    auto data = parse_json(item.data);
    if (!data) return refuse(item.id, data.error().message);
    operation.data = std::move(*data);
  }
  if (!uploader_->add(std::move(operation), item.data.size()))
    refuse(item.id, "too_large: one message cannot hold it");
}

void ImportRun::send() {
  while (const auto message = uploader_->due(steady_time_ms(), status_->epoch)) {
    if (!client_.send(scope_ + "/in", encode(*message))) return;
  }
}

void ImportRun::answered(const std::string& id, const MutationResult& result) {
  // "processed": answered before, and the answer was lost; only what was stored is forgotten so.
  if (stored(result.status) || result.status == Status::processed)
    ++report_.applied;
  else
    refuse(id, in_words(result));
}

void ImportRun::refuse(const std::string& id, std::string why) {
  if (++report_.not_stored <= limits::problems_shown)
    report_.first_not_stored.push_back({id, std::move(why)});
}

}  // namespace msync
