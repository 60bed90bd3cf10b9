#include "client/cpp/connector.h"

#include <algorithm>

#include "client/cpp/core/bounds.h"

namespace msync::client {

void Connector::start(std::int64_t now) {
  if (running_) return;
  running_ = true;
  failures_ = 0;
  if (reachable_) connect(now);
}

void Connector::stop(bool politely) {
  if (!running_) return;
  running_ = false;
  due_.reset();
  wants_token_ = false;
  if (opened_) hooks_.close(politely);
  opened_ = false;
  become(State::offline);
}

void Connector::drop(std::int64_t now) {
  if (!running_ || state_ == State::offline) return;
  if (opened_) hooks_.close(false);
  ended(now);
}

void Connector::reachable(bool is, std::int64_t now) {
  const bool was = reachable_;
  reachable_ = is;
  if (!running_) return;
  if (!is) {
    drop(now);
    due_.reset();
  } else if (!was || state_ == State::offline) {
    failures_ = 0;
    if (state_ == State::offline) connect(now);
  }
}

bool Connector::on_token(const std::string& token, std::int64_t now) {
  if (!wants_token_) return false;
  wants_token_ = false;
  opened_ = true;
  due_ = now + bounds::connect_wait_ms;
  hooks_.open(attempt_, token);
  return true;
}

bool Connector::on_no_token(const std::string& why, std::int64_t now) {
  if (!wants_token_) return false;
  hooks_.error("token", why);
  ended(now);
  return true;
}

void Connector::on_connected(std::uint64_t attempt, std::int64_t now) {
  if (!is_current(attempt)) return;
  connected_at_ = now;
  due_.reset();
  become(State::connected);
}

void Connector::on_closed(std::uint64_t attempt, bool refused, const std::string& why, std::int64_t now) {
  if (!is_current(attempt)) return;
  hooks_.error(refused ? "token_refused" : "connection", why);
  hooks_.close(false);
  ended(now);
}

void Connector::tick(std::int64_t now) {
  if (!due_ || now < *due_) return;
  due_.reset();
  if (wants_token_) {
    on_no_token("no token came", now);
  } else if (opened_) {
    hooks_.error("connection", "no answer");
    drop(now);
  } else {
    connect(now);
  }
}

void Connector::connect(std::int64_t now) {
  ++attempt_;
  wants_token_ = true;
  due_ = now + bounds::token_wait_ms;
  become(State::connecting);
  hooks_.ask_token();
}

void Connector::ended(std::int64_t now) {
  opened_ = wants_token_ = false;
  if (state_ == State::connected && now - connected_at_ > bounds::good_connection_ms) failures_ = 0;
  become(State::offline);
  const std::int64_t pause =
      std::min(bounds::backoff_min_ms << std::min<std::uint64_t>(failures_++, 10), bounds::backoff_max_ms);
  if (reachable_)
    due_ = now + static_cast<std::int64_t>(static_cast<double>(pause) * (0.5 + hooks_.random() / 2));
}

void Connector::become(State state) {
  if (state == state_) return;
  state_ = state;
  hooks_.state(state);
}

}  // namespace msync::client
