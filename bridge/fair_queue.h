// A queue in which users take turns: one message of each, however many one of them has. The order of one user's messages
// is kept.
//
// Bounds are its owner's: it says how much of them each user takes. Not thread-safe.
#pragma once

#include <algorithm>
#include <cstddef>
#include <deque>
#include <list>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>

namespace msync {

template <class T>
class FairQueue {
 public:
  /// What is there, of one user or of all.
  struct Load {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };

  void push(const std::string& user, T&& message, std::size_t bytes) {
    Lane& lane = lane_of(user, turns_.end());
    lane.messages.emplace_back(std::move(message), bytes);
    count(lane, bytes);
  }

  /// As this user's next, and if he had none, as the next of all: what was taken and not used.
  void push_front(const std::string& user, T&& message, std::size_t bytes) {
    Lane& lane = lane_of(user, turns_.begin());
    lane.messages.emplace_front(std::move(message), bytes);
    count(lane, bytes);
  }

  /// Of the user whose turn it is.
  std::optional<T> pop() {
    if (turns_.empty()) return std::nullopt;
    const auto found = lanes_.find(turns_.front());
    T message = std::move(found->second.messages.front().first);
    discount(found->second, found->second.messages.front().second);
    found->second.messages.pop_front();
    if (found->second.messages.empty()) {
      forget(found);
    } else {
      turns_.splice(turns_.end(), turns_, turns_.begin());
    }
    return message;
  }

  /// Drops this user's newest.
  void drop_newest(const std::string& user) {
    const auto found = lanes_.find(user);
    if (found == lanes_.end()) return;
    discount(found->second, found->second.messages.back().second);
    found->second.messages.pop_back();
    if (found->second.messages.empty()) forget(found);
  }

  /// The first of this user's messages for which `is_it(message)`; nullptr if there is none. What is put in its place
  /// counts as much as it did.
  template <class Is>
  T* find(const std::string& user, Is is_it) {
    const auto lane = lanes_.find(user);
    if (lane == lanes_.end()) return nullptr;
    auto& messages = lane->second.messages;
    const auto found =
        std::find_if(messages.begin(), messages.end(), [&](const auto& entry) { return is_it(entry.first); });
    return found == messages.end() ? nullptr : &found->first;
  }

  /// The user for whom `weight(load)` is largest; nullptr if there is none.
  template <class Weight>
  const std::string* heaviest(Weight weight) const {
    const auto found = std::max_element(lanes_.begin(), lanes_.end(), [&](const auto& a, const auto& b) {
      return weight(a.second.load) < weight(b.second.load);
    });
    return found == lanes_.end() ? nullptr : &found->first;
  }

  Load load_of(const std::string& user) const {
    const auto found = lanes_.find(user);
    return found == lanes_.end() ? Load{} : found->second.load;
  }

  const Load& load() const { return load_; }
  std::size_t users() const { return lanes_.size(); }
  bool empty() const { return lanes_.empty(); }

 private:
  using Turns = std::list<std::string>;
  struct Lane {
    std::deque<std::pair<T, std::size_t>> messages;  // with their bytes
    Load load;
    typename Turns::iterator turn;
  };
  using Lanes = std::unordered_map<std::string, Lane>;

  Lane& lane_of(const std::string& user, typename Turns::iterator before) {
    const auto [lane, made] = lanes_.try_emplace(user);
    if (made) lane->second.turn = turns_.insert(before, user);
    return lane->second;
  }
  void count(Lane& lane, std::size_t bytes) {
    for (Load* load : {&lane.load, &load_}) {
      load->messages += 1;
      load->bytes += bytes;
    }
  }
  void discount(Lane& lane, std::size_t bytes) {
    for (Load* load : {&lane.load, &load_}) {
      load->messages -= 1;
      load->bytes -= bytes;
    }
  }
  void forget(typename Lanes::iterator lane) {
    turns_.erase(lane->second.turn);
    lanes_.erase(lane);
  }

  Lanes lanes_;
  Turns turns_;  // users with messages, the next one first
  Load load_;
};

}  // namespace msync
