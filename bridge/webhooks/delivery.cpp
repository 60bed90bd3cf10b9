#include "bridge/webhooks/delivery.h"

#include "bridge/tail.h"
#include "bridge/webhooks/signature.h"
#include "core/json.h"
#include "core/message.h"

namespace msync {
namespace {

/// `{"type":…,"webhook":…,"collection":…`: members that every body begins with.
std::string opening(const DeliveryContext& context, const char* type, const ScopeRow& scope) {
  return std::string(R"({"type":")") + type + R"(","webhook":)" + json_quoted(context.webhook.name) +
         R"(,"collection":)" + json_quoted(scope.collection);
}

void end_at(Delta& delta, std::uint64_t to) {
  if (to >= delta.to || to <= delta.from) return;  // all of it, or purged meanwhile
  while (!delta.changes.empty() && delta.changes.back().seq > to) delta.changes.pop_back();
  delta.to = to;
  delta.count.reset();
  delta.digest.clear();
}

}  // namespace

Delivery delta_delivery(const DeliveryContext& context, View& view, const ScopeRow& scope, std::uint64_t from,
                        std::optional<std::uint64_t> to) {
  Delta delta = live_delta(view, scope, from);
  if (to) end_at(delta, *to);
  delta.epoch = context.epoch;
  delta.now = context.now_ms;
  Delivery delivery;
  delivery.id = webhook_id({"delta", context.webhook.name, context.epoch, scope.topic,
                            std::to_string(delta.from), std::to_string(delta.to)});
  delivery.to = delta.to;
  delivery.all = delta.to == delta.head;
  delivery.body = opening(context, "delta", scope) + R"(,"delta":)" + encode(delta) + "}";
  return delivery;
}

Delivery offline_delivery(const DeliveryContext& context, View& view, const ScopeRow& scope,
                          std::uint64_t to) {
  Json replicas = Json::array();
  bool more = false;
  const std::int64_t heard_since_ms = context.now_ms - limits::replica_ttl_ms;
  view.replicas(scope.topic, [&](ReplicaRecord&& replica) {
    if (replica.seen_at_ms == 0 || replica.seen_at_ms < heard_since_ms)
      return false;  // nor the ones behind it
    if (replica.seen >= to) return true;
    more = replicas.size() == limits::webhook_replicas;
    if (more) return false;
    replicas.push_back({{"user", std::move(replica.user)},
                        {"src", std::move(replica.src)},
                        {"seen", replica.seen},
                        {"seen_at", replica.seen_at_ms}});
    return true;
  });
  Delivery delivery;
  delivery.to = to;
  delivery.all = to >= scope.seq;
  if (replicas.empty()) return delivery;
  delivery.id = webhook_id({"offline", context.webhook.name, context.epoch, scope.topic, std::to_string(to)});
  Json tail = {{"scope", scope.topic}, {"epoch", context.epoch}, {"behind", to},
               {"head", scope.seq},    {"now", context.now_ms},  {"replicas", std::move(replicas)}};
  if (more) tail["more"] = true;
  const std::string text = to_text(tail);
  delivery.body = opening(context, "offline", scope) + "," + text.substr(1);
  return delivery;
}

}  // namespace msync
