#include "bridge/gate.h"

#include <chrono>

#include "bridge/random.h"
#include "core/stamp.h"

namespace msync {
namespace {

constexpr int probe_timeout_ms = 5000;
constexpr int not_authorized = 0x87;

}  // namespace

Gate::Gate(std::string client_id, std::string stamp_key)
    : client_id_(std::move(client_id)),
      stamp_key_(std::move(stamp_key)),
      topic_("sync/" + client_id_ + "/probe") {}

void Gate::deliver(const LinkMessage& message) {
  const std::lock_guard lock(mutex_);
  if (message.payload != expected_) return;  // an old probe's echo
  const auto stamp = verify_stamp(stamp_key_, message.user_properties, message.topic, message.payload);
  if (!stamp) {
    answer_ = "the broker does not stamp messages as it must (" + stamp.error().message +
              "); load mosquitto_sync.so in mosquitto.conf, with the same secret or stamp key as the bridge";
  } else if (stamp->client != client_id_) {
    answer_ = "the stamp names another client: " + stamp->client;
  } else {
    answer_ = "";
  }
  answered_.notify_all();
}

std::optional<std::string> Gate::stamped_probe(Link& link, const std::string& nonce) {
  {
    const std::lock_guard lock(mutex_);
    expected_ = nonce;
    answer_.reset();
  }
  const Published sent = link.publish_and_wait({topic_, nonce}, probe_timeout_ms);
  if (!sent.ok) return "the probe was not accepted, reason " + std::to_string(sent.reason);
  std::unique_lock lock(mutex_);
  answered_.wait_for(lock, std::chrono::milliseconds(probe_timeout_ms), [&] { return answer_.has_value(); });
  if (!answer_) return "the probe did not come back; the bridge's token may lack the role 'bridge'";
  if (!answer_->empty()) return answer_;
  return std::nullopt;
}

std::optional<std::string> Gate::forged_probe(Link& link) {
  Publish forged{topic_, "forged"};
  forged.user_properties = {{std::string(stamp_user), "forged"}};
  const Published sent = link.publish_and_wait(forged, probe_timeout_ms);
  if (sent.reason == not_authorized) return std::nullopt;
  if (!sent.ok) return "the forged probe had no answer";
  return "the broker lets a forged stamp pass; is mosquitto_sync.so loaded, and the only plugin that stamps?";
}

std::optional<std::string> Gate::pass(Link& link) {
  if (auto fault = stamped_probe(link, random_hex(16))) return fault;
  return forged_probe(link);
}

}  // namespace msync
