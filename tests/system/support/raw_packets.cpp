// The encoding half of raw_client.h.

#include "tests/system/support/raw_client.h"

namespace msync::test {

namespace raw {

namespace {

std::string byte(unsigned value) {
  return std::string(1, static_cast<char>(value));
}

}  // namespace

std::string u16(unsigned value) {
  return byte(value >> 8) + byte(value & 0xff);
}

std::string u32(std::uint32_t value) {
  return u16(value >> 16) + u16(value & 0xffff);
}

std::string length(std::size_t value) {
  std::string bytes;
  do {
    const unsigned low = value & 0x7f;
    value >>= 7;
    bytes += byte(low | (value != 0 ? 0x80u : 0u));
  } while (value != 0);
  return bytes;
}

std::string text(std::string_view value) {
  return u16(static_cast<unsigned>(value.size())).append(value);
}

std::string packet(int first_byte, std::string_view body) {
  return (byte(static_cast<unsigned>(first_byte)) + length(body.size())).append(body);
}

std::string payload_format(int value) {
  return byte(0x01) + byte(static_cast<unsigned>(value));
}
std::string message_expiry(std::uint32_t seconds) {
  return byte(0x02) + u32(seconds);
}
std::string response_topic(std::string_view topic) {
  return byte(0x08) + text(topic);
}
std::string correlation_data(std::string_view data) {
  return byte(0x09) + text(data);
}
std::string session_expiry(std::uint32_t seconds) {
  return byte(0x11) + u32(seconds);
}
std::string auth_method(std::string_view name) {
  return byte(0x15) + text(name);
}
std::string auth_data(std::string_view data) {
  return byte(0x16) + text(data);
}
std::string will_delay(std::uint32_t seconds) {
  return byte(0x18) + u32(seconds);
}
std::string topic_alias(unsigned alias) {
  return byte(0x23) + u16(alias);
}
std::string user_property(std::string_view name, std::string_view value) {
  return byte(0x26) + text(name) + text(value);
}

std::string auth(int reason, std::string_view properties) {
  return packet(0xf0, (byte(static_cast<unsigned>(reason)) + length(properties.size())).append(properties));
}

}  // namespace raw

std::string encode(const RawConnect& connect) {
  unsigned flags = connect.clean_start ? 0x02 : 0;
  if (connect.username) flags |= 0x80;
  if (connect.password) flags |= 0x40;
  if (connect.will) {
    flags |= 0x04 | static_cast<unsigned>(connect.will->qos) << 3 | (connect.will->retain ? 0x20u : 0u);
  }
  const auto properties = [&](const std::string& text) {
    return (connect.level & 0x7f) == 5 ? raw::length(text.size()) + text : std::string();
  };
  std::string body = raw::text(connect.protocol) + static_cast<char>(connect.level) +
                     static_cast<char>(flags) + raw::u16(connect.keepalive_s) +
                     properties(connect.properties) + raw::text(connect.client_id);
  if (connect.will) {
    body += properties(connect.will->properties) + raw::text(connect.will->topic) +
            raw::text(connect.will->payload);
  }
  if (connect.username) body += raw::text(*connect.username);
  if (connect.password) body += raw::text(*connect.password);
  return raw::packet(0x10, body);
}

}  // namespace msync::test
