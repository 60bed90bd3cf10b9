// What bridge, plugin and operators say to each other below sync/door/: docs/protocol.md, "The door".
//
// revoke: a request, stamped like input. revoked: the bridge's retained list of what it has accepted; the plugin acts
// on it. members: who is a member of what, all of it on each connect and then every change. keys: the plugin asks for
// the issuer's keys. counters: see core/door_counters.h. Decoding takes any bytes. Pure; any thread.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "core/access.h"
#include "core/result.h"

namespace msync {

/// Tokens that no longer count: those of a user that were issued up to `at_s`, or the one with this `jti`. Exactly one
/// of `user` and `token_id` is set.
struct Revocation {
  std::string user;
  std::string token_id;
  std::int64_t at_s = 0;     // when it was asked for, Unix time
  std::int64_t until_s = 0;  // when the last such token has ended; then the revocation is forgotten

  bool operator==(const Revocation&) const = default;
};

/// True if the token of this identity is one of them. A token without `iat` counts as issued before; `iat` is in whole
/// seconds, so one of the same second does, too.
bool revokes(const Revocation& revocation, const Identity& who);

/// sync/door/revoke: `{"user":"bob"}` or `{"token_id":"…"}`. The user is a valid level, the id 1 to 256 bytes of UTF-8.
/// The times are the bridge's to set.
std::string encode_revoke(const Revocation& revocation);
Result<Revocation> decode_revoke(std::string_view payload);

/// sync/door/revoked, retained: `{"revoked":[{"user":"bob","at_s":…,"until_s":…},…]}`, at most limits::revocations.
std::string encode(const std::vector<Revocation>& revoked);
Result<std::vector<Revocation>> decode_revoked(std::string_view payload);

/// One membership: the entity `user` in this scope.
struct Member {
  std::string scope;
  std::string user;
  bool present = true;

  bool operator==(const Member&) const = default;
};

/// sync/door/members. On each connect the bridge sends all members in messages of at most limits::members_per_message,
/// the first with `first`, the last with `last` (one message can be both): what was known and is not among them no
/// longer holds when `last` has been read. Outside of these, and between them, changes: later ones count.
struct MembersMessage {
  bool first = false;
  bool last = false;
  std::vector<Member> members;

  bool operator==(const MembersMessage&) const = default;
};

/// `{"first":true,"last":true,"add":{"chat/42/members":["alice","bob"]},"remove":{…}}`: absent where empty or false. Of
/// two entries for one member only the last is encoded.
std::string encode(const MembersMessage& message);
Result<MembersMessage> decode_members(std::string_view payload);

/// sync/door/keys: `{"kid":"…"}`, the name that was not found, cut to limits::max_echo_bytes.
std::string encode_keys_wanted(std::string_view kid);

namespace door_topic {
inline constexpr std::string_view revoke = "sync/door/revoke";
inline constexpr std::string_view revoked = "sync/door/revoked";
inline constexpr std::string_view members = "sync/door/members";
inline constexpr std::string_view keys = "sync/door/keys";
inline constexpr std::string_view counters = "sync/door/counters";
}  // namespace door_topic

}  // namespace msync
