// Any bytes as what bridge, plugin and operators say to each other: decoded within the limits, and what was decoded is
// said and understood again.
#include "core/door_message.h"

#include "core/door_counters.h"

#include "core/limits.h"
#include "core/topic.h"
#include "tests/fuzz/require.h"

namespace {

void check_revocation(const msync::Revocation& one) {
  REQUIRE(one.user.empty() != one.token_id.empty());
  REQUIRE(one.user.empty() || msync::valid_level(one.user));
  msync::Identity who;
  who.user = one.user;
  who.claims = {{"jti", one.token_id}, {"iat", one.at_s}};
  REQUIRE(msync::revokes(one, who));
}

void check_revoked(std::string_view bytes) {
  const auto all = msync::decode_revoked(bytes);
  if (!all) return;
  REQUIRE(all->size() <= msync::limits::revocations);
  for (const auto& one : *all) check_revocation(one);
  const auto again = msync::decode_revoked(msync::encode(*all));
  REQUIRE(again && *again == *all);
}

void check_members(std::string_view bytes) {
  const auto message = msync::decode_members(bytes);
  if (!message) return;
  REQUIRE(message->members.size() <= msync::limits::members_per_message);
  // Of two entries for one member only the last is said again: so the second time nothing changes any more.
  const std::string said = msync::encode(*message);
  const auto again = msync::decode_members(said);
  REQUIRE(again && again->first == message->first && again->last == message->last);
  REQUIRE(msync::encode(*again) == said);
}

void check_counters(std::string_view bytes) {
  const auto counters = msync::decode_door_counters(bytes);
  if (!counters) return;
  const auto again = msync::decode_door_counters(msync::encode(*counters));
  REQUIRE(again && *again == *counters);
  REQUIRE(msync::risen(msync::DoorCounters{}, *counters) == *counters);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  if (const auto request = msync::decode_revoke(bytes)) {
    check_revocation(*request);
    const auto again = msync::decode_revoke(msync::encode_revoke(*request));
    REQUIRE(again && again->user == request->user && again->token_id == request->token_id);
  }
  check_revoked(bytes);
  check_members(bytes);
  check_counters(bytes);
  REQUIRE(msync::encode_keys_wanted(bytes.substr(0, 1000)).size() <= 8 * msync::limits::max_echo_bytes);
  return 0;
}
