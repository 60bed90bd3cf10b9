// Where a broker is: `mqtt://host:port`, or `mqtts://host:port` for TLS. Pure.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "core/result.h"

namespace msync {

struct BrokerAddress {
  std::string host;  // an IPv6 address without its brackets
  std::uint16_t port = 1883;
  bool tls = false;
};

/// Code::bad_config with what is wrong and how it should look. The port may be left out: 1883, with TLS 8883.
/// No user, path or query: who connects is said by the client id and the token.
Result<BrokerAddress> parse_broker(std::string_view url);

/// As it was given, with the port.
std::string to_string(const BrokerAddress& address);

}  // namespace msync
