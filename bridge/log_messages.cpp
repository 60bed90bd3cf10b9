#include "bridge/log_messages.h"

namespace msync {
namespace {

constexpr const char* json_type = "application/json";

Publish log_message(const Delta& delta) {
  Publish message{delta.scope + "/log", encode(delta)};
  message.content_type = json_type;
  message.retained = delta.to == delta.head && message.payload.size() <= limits::retained_delta_bytes;
  if (!message.retained) message.expiry_s = limits::delta_expiry_s;
  return message;
}

}  // namespace

std::vector<Publish> log_messages(Delta delta, const std::string& epoch, std::int64_t now_ms) {
  delta.epoch = epoch;
  delta.now = now_ms;
  std::vector<Publish> messages{log_message(delta)};
  if (messages[0].retained || delta.to != delta.head) return messages;
  delta.from = delta.to;
  delta.changes.clear();
  messages.push_back(log_message(delta));
  return messages;
}

std::vector<Publish> document_messages(const Collection* collection, const Delta& delta) {
  std::vector<Publish> messages;
  if (collection == nullptr || !collection->retain_docs) return messages;
  for (const Change& change : delta.changes) {
    Publish message{delta.scope + "/doc/" + change.id, change.deleted ? "" : encode(change)};
    message.retained = true;
    message.content_type = json_type;
    messages.push_back(std::move(message));
  }
  return messages;
}

std::uint64_t heads_lost_since(const std::optional<std::string>& retained_status,
                               const StoreIdentity& identity) {
  if (!retained_status) return 0;
  const auto status = decode_status(*retained_status);
  // A higher boot than our own is of a store that was put back by hand.
  const bool known = status && status->epoch == identity.epoch && status->boot <= identity.boot;
  return known ? status->boot : 0;
}

}  // namespace msync
