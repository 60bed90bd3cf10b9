// The judgement: may this bearer do this with that topic. docs/protocol.md, "Topics" and "Identity and
// access".
//
// Rights in a scope are judged by the caller (who remembers them) and given as a bit set of Right. Pure,
// allocates nothing; any thread.
#pragma once

#include <cstdint>
#include <string_view>

#include "plugin/topics.h"

namespace msync {

enum class Verdict : std::uint8_t {
  allow,
  deny,
  defer,  // not ours: Mosquitto's acl_file decides
};

/// A verdict, and for a denial the reason as a phrase for the client: "your token does not grant … here".
struct Ruling {
  Verdict verdict = Verdict::deny;
  const char* why = "";
};

/// A client with a verified token.
struct Bearer {
  const Identity& who;
  std::string_view client_id;
};

/// Where a client that cannot send AUTH publishes its new token.
inline constexpr const char* token_topic = "$CONTROL/sync/v1/token";

/// Rights as a bit set.
constexpr bool has(std::uint8_t rights, Right right) {
  return (rights & static_cast<std::uint8_t>(right)) != 0;
}

/// A publish. `gone`: its client has disconnected, so this is its will, which would carry no stamp.
Ruling judge_publish(const Topic& topic, const Bearer& bearer, std::uint8_t rights, bool retain, bool gone);

/// One delivery to one client.
Ruling judge_delivery(const Topic& topic, const Bearer& bearer, std::uint8_t rights);

/// A subscription. Granted when the filter can match something that the bearer may receive: each delivery is
/// judged again.
Ruling judge_subscribe(const Collections& collections, std::string_view filter, const Bearer& bearer);

/// A client without a token has nothing to do with our topics. A filter with wildcards may match others as
/// well: Mosquitto decides, and deliveries are judged.
Ruling judge_stranger(const Topic& topic);
Ruling judge_stranger_subscribe(const Collections& collections, std::string_view filter);

}  // namespace msync
