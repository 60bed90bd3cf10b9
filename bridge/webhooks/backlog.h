// What a webhook has still to deliver: which scope is next, up to where, and when.
//
// A scope is listed only while it is behind, so memory follows what waits, not how many scopes there are. One delivery
// of a scope is under way at a time; scopes take turns. A failure holds its own scope up, twice as long each time. Two
// scopes that fail in a row, with nothing delivered between, say that it is the receiver: then everything waits, and
// one scope after the other tries, until one gets through.
//
// Pure: the time is given, nothing is called. Not thread-safe: the target locks.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <tuple>

namespace msync {

class Backlog {
 public:
  /// `wait_ms`: how long a change rests before it is due (0 for deltas). `at_a_time`: deliveries under way.
  Backlog(std::int64_t wait_ms, std::size_t at_a_time) : wait_ms_(wait_ms), at_a_time_(at_a_time) {}

  /// The head of a scope moved. What was before `head_before` is delivered, unless the scope is listed.
  void touch(std::int64_t scope, std::uint64_t head_before, std::uint64_t head, std::int64_t now_ms);

  /// Only what is up to `cursor` was delivered, whatever was touched before.
  void behind(std::int64_t scope, std::uint64_t cursor, std::uint64_t head, std::int64_t now_ms);

  /// A delivery that is now under way: after `from`, up to `to` where that is set: what was tried before is tried again.
  struct Work {
    std::int64_t scope = 0;
    std::uint64_t from = 0;
    std::optional<std::uint64_t> to;
  };
  std::optional<Work> next(std::int64_t now_ms);

  /// When next() is worth another call; nothing if something else must happen first.
  std::optional<std::int64_t> next_at_ms() const;

  /// The work under way goes up to `to`; all of the scope that there was is in it, or not.
  void cut(std::int64_t scope, std::uint64_t to, bool all);

  /// It arrived, or there was nothing to send.
  void delivered(std::int64_t scope, std::uint64_t to, std::int64_t now_ms);

  /// It did not, or nobody knows. The receiver may have named a pause. `dice` is in [0, 1).
  void failed(std::int64_t scope, std::int64_t now_ms, std::int64_t asked_pause_ms, double dice);

  /// It is as if it had not been begun.
  void given_up(std::int64_t scope);

  /// How often a scope has failed in a row; how often the receiver has, 0 while it is not held for the culprit.
  std::uint32_t failures(std::int64_t scope) const;
  std::uint32_t receiver_failures() const { return receiver_failures_; }

  std::size_t scopes() const { return entries_.size(); }
  /// How long the oldest change has been due, ms.
  std::int64_t lag_ms(std::int64_t now_ms) const;

 private:
  struct Entry {
    std::uint64_t from = 0;
    std::optional<std::uint64_t> to;
    std::uint64_t head = 0;
    std::int64_t due_ms = 0;
    std::uint64_t turn = 0;
    std::int64_t since_ms = 0;                   // when the oldest change became due
    std::optional<std::int64_t> later_since_ms;  // likewise, of those after `to`
    std::uint32_t failures = 0;
    bool busy = false;
  };
  using Place = std::tuple<std::int64_t, std::uint64_t, std::int64_t>;  // due, turn, scope

  void list(std::int64_t scope, Entry& entry, std::int64_t due_ms);
  void rest(std::int64_t scope, Entry& entry, std::int64_t now_ms);
  void recovered(std::int64_t now_ms);
  static std::int64_t pause_ms(std::uint32_t failures, double dice);

  std::int64_t wait_ms_;
  std::size_t at_a_time_;
  std::map<std::int64_t, Entry> entries_;
  std::set<Place> queue_;  // those that are not busy
  std::uint64_t turns_ = 0;
  std::size_t busy_ = 0;
  std::int64_t failed_scope_ = 0;  // the last one, while nothing was delivered since
  std::uint32_t receiver_failures_ = 0;
  std::int64_t receiver_due_ms_ = 0;
};

}  // namespace msync
