// The gate: proof that a plugin with our key guards the broker, before the bridge believes anything.
//
// On every connect the bridge publishes a probe on sync/<its client id>/probe, which must come back with a right
// stamp, and a forged one, which must be refused. pass() is called by the publisher's thread, deliver() by the
// link's.
#pragma once

#include <condition_variable>
#include <mutex>
#include <optional>
#include <string>

#include "mqtt/link.h"

namespace msync {

class Gate {
 public:
  Gate(std::string client_id, std::string stamp_key);

  const std::string& topic() const { return topic_; }

  /// Nothing if both probes went as they must; else what is wrong and what to do.
  std::optional<std::string> pass(Link& link);

  /// A message on topic().
  void deliver(const LinkMessage& message);

 private:
  std::optional<std::string> stamped_probe(Link& link, const std::string& nonce);
  std::optional<std::string> forged_probe(Link& link);

  std::string client_id_;
  std::string stamp_key_;
  std::string topic_;
  std::mutex mutex_;
  std::condition_variable answered_;
  std::string expected_;
  std::optional<std::string> answer_;  // empty text: right; else why not
};

}  // namespace msync
