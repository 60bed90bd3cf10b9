// What is posted to a webhook: a scope's next delta, or who of its replicas is behind and away. docs/webhooks.md.
//
// Pure over one View: no thread, no clock.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "bridge/store/store.h"
#include "bridge/webhooks/webhook.h"

namespace msync {

struct Delivery {
  std::string id;
  std::string body;      // empty: there is nothing to say
  std::uint64_t to = 0;  // what it covers
  bool all = false;      // nothing of the scope is left after it
};

/// What stays the same over a webhook's deliveries.
struct DeliveryContext {
  const WebhookConfig& webhook;
  const std::string& epoch;
  std::int64_t now_ms = 0;  // the server's time, as in every delta
};

/// The next live delta after `from`, up to `to` if that is set. The id says which changes are in it, so that what is sent
/// again has the same one.
Delivery delta_delivery(const DeliveryContext& context, View& view, const ScopeRow& scope, std::uint64_t from,
                        std::optional<std::uint64_t> to);

/// The replicas that have reported within limits::replica_ttl_ms and have not said that they came up to `to`, those
/// heard of last first, at most limits::webhook_replicas; no body if there is none.
Delivery offline_delivery(const DeliveryContext& context, View& view, const ScopeRow& scope,
                          std::uint64_t to);

}  // namespace msync
