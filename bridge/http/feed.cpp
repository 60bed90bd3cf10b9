#include "bridge/http/feed.h"

#include <vector>

#include "bridge/http/caller.h"
#include "bridge/http/problem.h"
#include "bridge/pull_answer.h"

namespace msync {
namespace {

const auto heartbeat = std::make_shared<const std::string>(":\n\n");

HttpResponse event_stream() {
  HttpResponse head;
  head.content_type = "text/event-stream";
  head.headers = {{"Cache-Control", "no-store"}, {"X-Accel-Buffering", "no"}};
  return head;
}

}  // namespace

Feed::Feed(StoreReader& reader, ServerTime& time, std::string epoch,
           std::function<std::shared_ptr<const Collections>()> collections,
           std::function<void(std::function<void()>)> post)
    : reader_(reader),
      time_(time),
      epoch_(std::move(epoch)),
      collections_(std::move(collections)),
      post_(std::move(post)) {}

void Feed::add(FeedReader&& reader) {
  if (readers_.size() >= limits::http_streams)
    return reader.exchange->respond(problem(503, "busy", "too many streams are open"));
  std::size_t& own = by_user_[reader.who->user];
  if (own >= limits::http_streams_per_user) {
    HttpResponse refused = problem(429, "quota", "too many streams of this user");
    refused.headers.emplace_back("Retry-After", "10");
    return reader.exchange->respond(std::move(refused));
  }
  own += 1;
  const std::uint64_t id = ++last_id_;
  by_scope_[reader.scope].insert(id);
  if (reader.stream) {
    reader.exchange->start_stream(event_stream(), [this, id] {
      post_([this, id] {
        Pages pages;
        serve(id, pages);
      });
    });
  }
  readers_.emplace(id, Entry{std::move(reader), time_.now_ms()});
  Pages pages;
  serve(id, pages);
}

void Feed::touched(const std::string& scope) {
  const auto found = by_scope_.find(scope);
  if (found == by_scope_.end()) return;
  const std::vector<std::uint64_t> ids(found->second.begin(), found->second.end());
  Pages pages;
  for (const std::uint64_t id : ids) serve(id, pages);
}

void Feed::serve(std::uint64_t id, Pages& pages) {
  while (serve_page(id, pages)) {
  }
}

const Feed::Page& Feed::page_of(const FeedReader& reader, Pages& pages) {
  const auto [found, made] = pages.try_emplace({reader.position, reader.limit});
  Page& page = found->second;
  if (made) {
    const auto row = reader_.view()->scope(reader.scope);
    page.empty = reader.position.epoch == epoch_ && reader.position.since == (row ? row->seq : 0);
  }
  const bool waits = page.empty && (reader.stream || time_.now_ms() < reader.deadline_ms);
  if (waits || page.event) return page;
  Pull pull;
  pull.epoch = reader.position.epoch;
  pull.since = reader.position.since;
  pull.snap = reader.position.snap;
  pull.limit = reader.limit;
  PullAnswer answer(std::move(pull), "", reader.scope, epoch_);
  page.text = *answer.next(reader_, time_.now_ms());
  page.next = {epoch_, answer.since(), answer.snap()};
  page.event = std::make_shared<const std::string>("id: " + to_string(page.next) +
                                                   "\nevent: delta\ndata: " + page.text + "\n\n");
  return page;
}

bool Feed::judge(const FeedReader& reader) {
  const auto view = reader_.view();
  return may(*view, *collections_(), reader.scope, *reader.who, Right::read, time_.now_ms() / 1000);
}

bool Feed::serve_page(std::uint64_t id, Pages& pages) {
  const auto found = readers_.find(id);
  if (found == readers_.end()) return false;
  Entry& entry = found->second;
  FeedReader& reader = entry.reader;
  if (reader.exchange->gone()) {
    forget(id);
    return false;
  }
  if (reader.stream && reader.exchange->unsent() > 0) return false;  // `drained` comes
  if (!judge(reader)) {
    let_go(id, "denied");
    return false;
  }
  const Page& page = page_of(reader, pages);
  if (!page.event || (page.empty && reader.stream)) return false;
  if (!reader.stream) {
    HttpResponse response;
    response.body = page.text;
    reader.exchange->respond(std::move(response));
    forget(id);
    return false;
  }
  reader.position = page.next;
  speak(entry, page.event);
  return true;
}

void Feed::speak(Entry& entry, std::shared_ptr<const std::string> text) {
  entry.spoken_ms = time_.now_ms();
  entry.reader.exchange->send(std::move(text));
}

void Feed::tick() {
  const std::int64_t now_ms = time_.now_ms();
  std::vector<std::uint64_t> ids;
  for (const auto& [id, entry] : readers_) ids.push_back(id);
  Pages pages;
  for (const std::uint64_t id : ids) {
    Entry& entry = readers_.at(id);
    const FeedReader& reader = entry.reader;
    if (reader.exchange->gone()) {
      forget(id);
    } else if (now_ms / 1000 >= reader.who->expires_at_s) {
      let_go(id, "token");
    } else if (!reader.stream) {
      if (now_ms >= reader.deadline_ms) serve(id, pages);
    } else if (now_ms - entry.spoken_ms >= limits::http_heartbeat_ms && reader.exchange->unsent() == 0) {
      speak(entry, heartbeat);
    }
  }
}

/// A stream is told why in its last event; a long poll in its answer.
void Feed::let_go(std::uint64_t id, const char* code) {
  FeedReader& reader = readers_.at(id).reader;
  if (!reader.stream) {
    reader.exchange->respond(std::string_view(code) == "token"
                                 ? unauthorized()
                                 : problem(403, code, "this token does not grant that"));
  } else {
    reader.exchange->send(std::make_shared<const std::string>(std::string("event: end\ndata: {\"code\":\"") +
                                                              code + "\"}\n\n"));
    reader.exchange->end_stream();
  }
  forget(id);
}

void Feed::forget(std::uint64_t id) {
  const auto found = readers_.find(id);
  if (found == readers_.end()) return;
  const FeedReader& reader = found->second.reader;
  if (const auto own = by_user_.find(reader.who->user); own != by_user_.end() && --own->second == 0)
    by_user_.erase(own);
  if (const auto scope = by_scope_.find(reader.scope); scope != by_scope_.end()) {
    scope->second.erase(id);
    if (scope->second.empty()) by_scope_.erase(scope);
  }
  readers_.erase(found);
}

}  // namespace msync
