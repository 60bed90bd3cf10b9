// What the users wanted: every mutation that a phone was ever asked for, and what its user was told about it.
#pragma once

#include <deque>
#include <map>
#include <string>

#include "tests/sim/ledger.h"

namespace msync::sim {

struct Wish {
  enum class End {
    none,         // still in an outbox
    answered,     // with a result
    arrived,      // is in; its result was lost on the way
    missing,      // was answered, and a restore of the server took it back
    handed_over,  // the scope was taken away: the app has it
    device_lost,  // its device was lost, or came back from an older backup
  };
  int phone = 0;
  std::string scope;
  Mutation mutation;
  End end = End::none;
  MutationKey key;  // n = 0: never numbered
  MutationResult result;
  bool forgotten = false;  // the phone no longer knows of it, so it cannot say that a restore took it back
};

class Journal {
 public:
  std::size_t wish(int phone, std::string scope, Mutation mutation) {
    wishes_.push_back({phone, std::move(scope), std::move(mutation), {}, {}, {}});
    return wishes_.size() - 1;
  }

  /// Also again, after a move to a new src: then what was said before counts no more.
  void numbered(std::size_t wish, const MutationKey& key) {
    wishes_[wish].key = key;
    wishes_[wish].end = Wish::End::none;
    by_key_[key] = wish;
  }

  void answered(std::size_t wish, const MutationResult& result) {
    wishes_[wish].end = Wish::End::answered;
    wishes_[wish].result = result;
  }

  /// With other bases: after a restore of the server.
  void rewritten(std::size_t wish, const Mutation& mutation) { wishes_[wish].mutation = mutation; }

  void ended(std::size_t wish, Wish::End end) { wishes_[wish].end = end; }

  void forget(int phone, const std::string& scope) {
    for (Wish& wish : wishes_)
      wish.forgotten = wish.forgotten || (wish.phone == phone && wish.scope == scope);
  }

  const Mutation* asked(const MutationKey& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &wishes_[found->second].mutation;
  }
  const std::size_t* find(const MutationKey& key) const {
    const auto found = by_key_.find(key);
    return found == by_key_.end() ? nullptr : &found->second;
  }

  const std::deque<Wish>& wishes() const { return wishes_; }

 private:
  std::deque<Wish> wishes_;
  std::map<MutationKey, std::size_t> by_key_;
};

}  // namespace msync::sim
