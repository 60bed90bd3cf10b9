#include "client/cpp/core/state.h"

#include <charconv>

#include "core/json.h"

namespace msync::client {
namespace {

/// Calls `visit(name, member)` for each member: both directions in one list.
template <class State, class Visit>
void for_each_member(State& state, Visit visit) {
  visit("src", state.src);
  visit("epoch", state.epoch);
  visit("seq", state.seq);
  visit("snap", state.snap);
  visit("in_snapshot", state.in_snapshot);
  visit("generation", state.generation);
  visit("whole_at", state.whole_at);
  visit("moving", state.moving);
  visit("last_n", state.last_n);
  visit("acked_n", state.acked_n);
  visit("acked_now", state.acked_now);
  visit("last_ts", state.last_ts);
  visit("mismatches", state.mismatches);
  visit("want_snapshot", state.want_snapshot);
  visit("first_order", state.first_order);
  visit("next_order", state.next_order);
  visit("whole", state.whole);
}

}  // namespace

std::string encode(const ReplicaState& state) {
  Json value = Json::object();
  for_each_member(state, [&value](const char* name, const auto& member) { value[name] = member; });
  return to_text(value);
}

Result<ReplicaState> decode_state(std::string_view text) {
  const auto value = parse_json(text);
  if (!value) return value.error();
  ReplicaState state;
  bool good = value->is_object();
  for_each_member(state, [&](const char* name, auto& member) {
    if (!good || !value->contains(name)) return;
    try {
      value->at(name).get_to(member);
    } catch (const Json::exception&) {
      good = false;
    }
  });
  if (!good || state.src.empty()) return Error{Code::malformed, "the state of a scope is damaged"};
  return state;
}

bool is_higher_epoch(std::string_view a, std::string_view b) {
  std::uint64_t x = 0, y = 0;
  std::from_chars(a.data(), a.data() + a.size(), x);
  std::from_chars(b.data(), b.data() + b.size(), y);
  return x != y ? x > y : a > b;
}

}  // namespace msync::client
