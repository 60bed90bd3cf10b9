#include "bridge/http/client_address.h"

#include <arpa/inet.h>

#include <array>

namespace msync {
namespace {

constexpr std::string_view blanks = " \t";

std::string_view trimmed(std::string_view text) {
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// `192.0.2.1:5678` and `[2001:db8::1]:5678` without what does not belong to the address.
std::string_view without_port(std::string_view text) {
  if (text.starts_with('[')) return text.substr(1, text.find(']') - 1);
  const std::size_t colon = text.find(':');
  return colon == text.rfind(':') ? text.substr(0, colon) : text;
}

}  // namespace

bool is_loopback(const std::string& address) {
  in_addr four = {};
  if (::inet_pton(AF_INET, address.c_str(), &four) == 1) return (ntohl(four.s_addr) >> 24) == 127;
  in6_addr six = {};
  if (::inet_pton(AF_INET6, address.c_str(), &six) != 1) return false;
  if (IN6_IS_ADDR_V4MAPPED(&six)) return six.s6_addr[12] == 127;
  return IN6_IS_ADDR_LOOPBACK(&six);
}

std::string client_address(const std::string& peer, std::string_view forwarded) {
  if (forwarded.empty() || !is_loopback(peer)) return peer;
  const std::size_t comma = forwarded.rfind(',');
  const std::string last(
      without_port(trimmed(comma == forwarded.npos ? forwarded : forwarded.substr(comma + 1))));
  std::array<unsigned char, sizeof(in6_addr)> address = {};
  const bool known = ::inet_pton(AF_INET, last.c_str(), address.data()) == 1 ||
                     ::inet_pton(AF_INET6, last.c_str(), address.data()) == 1;
  return known ? last : peer;
}

}  // namespace msync
