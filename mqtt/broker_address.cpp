#include "mqtt/broker_address.h"

#include <algorithm>
#include <charconv>
#include <optional>

namespace msync {
namespace {

Error mistake(std::string_view url, const std::string& what) {
  return Error{Code::bad_config,
               "\"" + std::string(url) + "\" is no broker address: " + what +
                   "; it looks like mqtt://127.0.0.1:1883 or mqtts://broker.example.com:8883"};
}

std::optional<std::uint16_t> parse_port(std::string_view text) {
  std::uint16_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  if (error != std::errc{} || end != text.data() + text.size() || port == 0) return std::nullopt;
  return port;
}

bool names_a_host(std::string_view host) {
  return !host.empty() && std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '.' ||
           c == '-' || c == '_';
  });
}

/// Roughly; what it lets through the resolver refuses. A zone may follow, as in fe80::1%eth0.
bool is_ipv6(std::string_view host) {
  const std::size_t percent = std::min(host.find('%'), host.size());
  if (percent < host.size() && !names_a_host(host.substr(percent + 1))) return false;
  host = host.substr(0, percent);
  return host.find(':') != host.npos && std::all_of(host.begin(), host.end(), [](char c) {
           return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F') || c == ':' ||
                  c == '.';
         });
}

}  // namespace

Result<BrokerAddress> parse_broker(std::string_view url) {
  BrokerAddress address;
  std::string_view rest = url;
  if (rest.starts_with("mqtts://")) {
    address.tls = true;
    address.port = 8883;
    rest.remove_prefix(8);
  } else if (rest.starts_with("mqtt://")) {
    rest.remove_prefix(7);
  } else {
    return mistake(url, "it must begin with mqtt:// or mqtts://");
  }
  if (rest.ends_with('/')) rest.remove_suffix(1);

  std::string_view port;
  if (rest.starts_with('[')) {
    const std::size_t close = rest.find(']');
    if (close == rest.npos) return mistake(url, "the ] after the IPv6 address is missing");
    address.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
    if (!is_ipv6(address.host)) return mistake(url, "between [ and ] stands no IPv6 address");
  } else {
    const std::size_t colon = std::min(rest.find(':'), rest.size());
    address.host = rest.substr(0, colon);
    port = rest.substr(colon);
    if (!names_a_host(address.host))
      return mistake(url, "the host is missing or has a character that hosts have not");
  }
  if (port.empty()) return address;
  const auto number = port.starts_with(':') ? parse_port(port.substr(1)) : std::nullopt;
  if (!number) return mistake(url, "the port must be a number from 1 to 65535");
  address.port = *number;
  return address;
}

std::string to_string(const BrokerAddress& address) {
  const bool ipv6 = address.host.find(':') != std::string::npos;
  return (address.tls ? "mqtts://" : "mqtt://") + (ipv6 ? "[" + address.host + "]" : address.host) + ":" +
         std::to_string(address.port);
}

}  // namespace msync
