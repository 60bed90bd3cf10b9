// What the plugin has let in, refused and disconnected: sync/door/counters. docs/protocol.md, "The door".
//
// The plugin counts, one thread, and says all of it now and then; the bridge shows it beside its own numbers. Kinds are
// closed sets: no user, client or topic. Decoding takes any bytes. Pure.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "core/limits.h"
#include "core/result.h"

namespace msync {

struct DoorCounters {
  /// What became of an attempt to come in, or to renew a token.
  enum class Auth : std::uint8_t {
    accepted,
    renewed,
    deferred,     // not ours: Mosquitto's own files decide
    bad_token,    // missing, expired, not signed by us, for another user, or of no use here
    revoked,      // a token that no longer counts
    too_many,     // connections or client ids of one user
    paused,       // an address that has tried too many bad tokens
    unsupported,  // MQTT 3.1, or a broker whose configuration tells the plugin no time
    not_renewed,  // a new token that was refused
  };
  /// Why something was refused to a client.
  enum class Denied : std::uint8_t {
    publish,    // no right to
    subscribe,  // nothing that it may read matches
    delivery,   // matched a subscription, may not be read
    quota,      // messages, bytes or subscriptions
    too_large,
    properties,  // forged, or too many
    no_token,    // a client that Mosquitto let in by itself
  };
  /// Why a client was disconnected.
  enum class Kicked : std::uint8_t {
    ended,  // its token
    revoked,
    quota,     // for too long
    rights,    // it has lost some, or its queue held what it may no longer read
    renewal,   // its new token was refused
    protocol,  // it broke MQTT's rules
  };

  static constexpr std::array auth_names = {"accepted", "renewed", "deferred",    "bad_token",  "revoked",
                                            "too_many", "paused",  "unsupported", "not_renewed"};
  static constexpr std::array denied_names = {"publish",   "subscribe",  "delivery", "quota",
                                              "too_large", "properties", "no_token"};
  static constexpr std::array kicked_names = {"ended", "revoked", "quota", "rights", "renewal", "protocol"};

  std::int64_t start_ms = 0;      // when the counting began, Unix time: another one means from nothing
  std::uint64_t connections = 0;  // of clients with tokens, now
  std::array<std::uint64_t, auth_names.size()> auth = {};
  std::array<std::uint64_t, denied_names.size()> denied = {};
  std::array<std::uint64_t, kicked_names.size()> kicked = {};

  void count(Auth what) { ++auth[static_cast<std::size_t>(what)]; }
  void count(Denied what) { ++denied[static_cast<std::size_t>(what)]; }
  void count(Kicked what) { ++kicked[static_cast<std::size_t>(what)]; }

  bool operator==(const DoorCounters&) const = default;
};

/// `{"start_ms":…,"connections":3,"auth":{"accepted":5,…},"denied":{…},"kicked":{…}}`, all names always.
std::string encode(const DoorCounters& counters);

/// A name that is missing counts 0, one that is not known is passed over: the two may be of different versions.
Result<DoorCounters> decode_door_counters(std::string_view payload);

/// What `now` has more than `before`: all of it where the counting began anew. `start_ms` and `connections` are now's.
DoorCounters risen(const DoorCounters& before, const DoorCounters& now);

}  // namespace msync
