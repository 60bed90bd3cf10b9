#include "core/stamp.h"

#include <array>
#include <charconv>
#include <optional>

#include "core/hmac.h"
#include "core/limits.h"

namespace msync {
namespace {

constexpr std::size_t kMacBytes = 16;

/// Four bytes, big-endian: no text can pass for another by moving a boundary.
std::array<char, 4> length_of(std::string_view text) {
  const auto size = static_cast<std::uint32_t>(text.size());
  return {static_cast<char>(size >> 24), static_cast<char>(size >> 16), static_cast<char>(size >> 8),
          static_cast<char>(size)};
}

std::string_view view(const std::array<char, 4>& bytes) {
  return {bytes.data(), bytes.size()};
}

std::string hex(std::string_view bytes) {
  static constexpr char kDigits[] = "0123456789abcdef";
  std::string out;
  out.reserve(2 * bytes.size());
  for (const char c : bytes) {
    const auto byte = static_cast<std::uint8_t>(c);
    out += kDigits[byte >> 4];
    out += kDigits[byte & 0xF];
  }
  return out;
}

std::string mac_of(std::string_view key, std::string_view user, std::string_view client, std::string_view at,
                   std::string_view topic, std::string_view payload) {
  const auto user_length = length_of(user);
  const auto client_length = length_of(client);
  const auto at_length = length_of(at);
  const auto topic_length = length_of(topic);
  const auto payload_length = length_of(payload);
  const std::string mac =
      hmac_sha256(key, {view(user_length), user, view(client_length), client, view(at_length), at,
                        view(topic_length), topic, view(payload_length), payload});
  return hex(std::string_view(mac).substr(0, kMacBytes));
}

/// Decimal digits alone, no leading zero, within the protocol's integers.
std::optional<std::int64_t> parse_at(std::string_view text) {
  if (text.empty() || (text[0] == '0' && text.size() > 1)) return std::nullopt;
  std::uint64_t value = 0;
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (fault != std::errc() || end != text.data() + text.size() || value > limits::integer_max)
    return std::nullopt;
  return static_cast<std::int64_t>(value);
}

Error denied(std::string message) {
  return {Code::denied, std::move(message)};
}

/// The four values, by their places in this list.
constexpr std::array kNames = {stamp_user, stamp_client, stamp_at, stamp_mac};
using Values = std::array<std::optional<std::string_view>, kNames.size()>;

std::optional<std::string> collect(std::span<const std::pair<std::string, std::string>> properties,
                                   Values& values) {
  for (const auto& [name, value] : properties) {
    if (!name.starts_with(stamp_prefix)) continue;
    std::size_t i = 0;
    while (i < kNames.size() && kNames[i] != name) ++i;
    if (i == kNames.size()) return "an unknown stamp property";
    if (values[i]) return std::string(kNames[i]) + " twice";
    values[i] = value;
  }
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (!values[i]) return "no " + std::string(kNames[i]);
  }
  return std::nullopt;
}

}  // namespace

std::string derive_stamp_key(std::string_view secret) {
  // HKDF (RFC 5869): one block is all of 32 bytes, and no salt means a salt of zeros.
  const std::string extracted = hmac_sha256(std::string(32, '\0'), {secret});
  return hmac_sha256(extracted, {"sync-stamp", "\x01"});
}

std::string stamp_mac_of(std::string_view key, const Stamp& stamp, std::string_view topic,
                         std::string_view payload) {
  return mac_of(key, stamp.user, stamp.client, std::to_string(stamp.at_ms), topic, payload);
}

Result<Stamp> verify_stamp(std::string_view key,
                           std::span<const std::pair<std::string, std::string>> properties,
                           std::string_view topic, std::string_view payload) {
  Values values;
  if (auto fault = collect(properties, values)) return denied("stamp: " + *fault);
  const auto& [user, client, at, mac] = values;
  if (!equal_in_constant_time(*mac, mac_of(key, *user, *client, *at, topic, payload))) {
    return denied("stamp: sync-mac does not fit");
  }
  const auto at_ms = parse_at(*at);
  if (!at_ms) return denied("stamp: sync-at is no time");
  return Stamp{std::string(*user), std::string(*client), *at_ms};
}

}  // namespace msync
