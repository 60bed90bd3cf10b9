#include "cli/import_run.h"

#include <sysexits.h>

#include <utility>

#include "cli/clock.h"
#include "cli/command.h"

namespace msync {
namespace {

constexpr int tick_ms = 100;

/// Documents that the library has and that are not answered yet: as many as it keeps under way.
constexpr std::size_t window = client::bounds::unacked;

std::string in_words(const client::Outcome& outcome) {
  std::string why = to_string(outcome.status);
  if (!outcome.error) return why;
  if (outcome.status == Status::rejected) why = outcome.error->code;
  if (!outcome.error->path.empty()) why += " at " + outcome.error->path;
  return why + ": " + outcome.error->message;
}

}  // namespace

ImportRun::ImportRun(const ConnectionArguments& arguments, const Account& account, std::string scope,
                     const std::vector<ImportItem>& items)
    : account_(account),
      scope_(std::move(scope)),
      items_(items),
      began_ms_(steady_time_ms()),
      progress_("documents", items.size(), began_ms_),
      client_(arguments, account, scope_, false) {}

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
  if (const auto* lost = std::get_if<Disconnected>(&event)) {
    if (lost->refused && !known_) return end(EX_NOPERM, client_.connection().last_trouble());
    progress_.say("not connected: " + lost->why);
  } else if (const auto* message = std::get_if<LinkMessage>(&event)) {
    return on_message(*message);
  }
  return std::nullopt;
}

std::optional<int> ImportRun::on_message(const LinkMessage& message) {
  if (const auto status = SyncClient::status_in(message)) return on_status(*status);
  const auto notice = client_.connection().notice_in(message);
  return notice ? on_notice(*notice) : std::nullopt;
}

std::optional<int> ImportRun::on_status(const ServerStatus& status) {
  if (status_ && status_->online && !status.online) progress_.say("the bridge went offline; waiting for it");
  const bool another = status_ && status.online && status.epoch != status_->epoch;
  if (known_ && another)
    return end(EX_UNAVAILABLE, "the server's store was restored or replaced meanwhile; run the import again");
  status_ = status;
  return std::nullopt;
}

std::optional<int> ImportRun::on_notice(const Notice& notice) {
  if (notice.code == Code::quota) return std::nullopt;  // the library waits
  if (notice.code == Code::denied && notice.topic == scope_ + "/pull") {
    if (known_) return std::nullopt;  // the answer to another pull, which was under way
    progress_.say("no right to read " + scope_ + ": every document is sent as a new one");
    client_.reopen_for_writing();
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
std::optional<int> ImportRun::patience() {
  const bool started = status_ && status_->online && known_;
  if (started || steady_time_ms() - began_ms_ < account_.wait_ms) return std::nullopt;
  const SyncClient& connection = client_.connection();
  if (!connection.is_connected()) return end(EX_UNAVAILABLE, connection.last_trouble());
  if (!status_) return end(EX_UNAVAILABLE, "no sync/status: no bridge has ever worked on this broker");
  if (!status_->online) return end(EX_UNAVAILABLE, "the bridge is offline, says sync/status");
  return end(EX_UNAVAILABLE, "the bridge does not answer");
}

std::optional<int> ImportRun::step() {
  if (const auto over = patience(); over) return over;
  if (!known_) learn();
  if (known_) fill();
  for (const client::Event& told : client_.take()) {
    if (const auto over = tell(told); over) return over;
  }
  if (!known_ || next_item_ < items_.size() || !client_.scope().replica().outbox().entries().empty())
    return std::nullopt;
  return report_.not_stored == 0 ? EX_OK : EX_DATAERR;
}

/// What is there is known once the first pull is through. What is written from then on, the acks tell: who imports reads
/// no log.
void ImportRun::learn() {
  if (!client_.scope().settled()) return;
  client_.scope().stop_reading();
  known_ = true;
}

void ImportRun::fill() {
  const client::Outbox& outbox = client_.scope().replica().outbox();
  const auto has_room = [&] { return outbox.entries().size() < window && next_item_ < items_.size(); };
  if (!has_room()) return;
  while (has_room()) plan(items_[next_item_++]);
  client_.scope().send(steady_time_ms());
}

/// Onto the version that was pulled.
void ImportRun::plan(const ImportItem& item) {
  client::Replica& replica = client_.scope().replica();
  const client::Confirmed* held = replica.documents().live(item.id);
  if (held == nullptr ? item.deleted() : *held->data == item.data) {
    ++report_.unchanged;
    return;
  }
  client::WriteOp op;
  op.op = item.deleted() ? Op::remove : Op::put;
  op.id = item.id;
  if (!item.deleted()) op.data = client::make_text(item.data);
  replica.write(item.id, {std::move(op)}, false, unix_time_ms());
}

std::optional<int> ImportRun::tell(const client::Event& event) {
  if (const auto* settled = std::get_if<client::Settled>(&event)) {
    answered(*settled);
  } else if (const auto* failed = std::get_if<client::Failed>(&event)) {
    const client::Fault& fault = failed->fault;
    if (fault.code == "lost")
      return end(EX_UNAVAILABLE,
                 "the server has lost changes that it had acknowledged; run the import again");
    if (fault.code == "bad_message") progress_.say("unreadable message on " + fault.message);
    if (fault.code == "protocol_version") progress_.say(fault.message);
  }
  return std::nullopt;
}

void ImportRun::answered(const client::Settled& settled) {
  client_.scope().replica().reports().drop_problem(settled.key);  // it is reported here
  // "processed": answered before, and the answer was lost; only what was stored is forgotten so.
  if (stored(settled.outcome.status) || settled.outcome.status == Status::processed)
    ++report_.applied;
  else
    refuse(settled.key, in_words(settled.outcome));
}

void ImportRun::refuse(const std::string& id, std::string why) {
  if (++report_.not_stored <= limits::problems_shown)
    report_.first_not_stored.push_back({id, std::move(why)});
}

}  // namespace msync
