// What a topic that arrives means to a client: docs/protocol.md, "Topics". Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msync::client {

struct Inbound {
  enum class Kind : std::uint8_t { status, notice, ack, delta, log, live };
  Kind kind = Kind::status;
  std::string scope;   // ack, delta, log, live
  std::string client;  // live
};

/// Nothing: it means nothing to this client.
std::optional<Inbound> parse_inbound(std::string_view topic, std::string_view client_id);

/// True for what may be a scope: 1 to 16 levels, the first not `sync`.
bool valid_scope(std::string_view text);

/// Is `named`, a topic in a notice and so perhaps cut to 256 bytes, this leaf of the scope?
bool names_leaf(std::string_view named, const std::string& scope, std::string_view leaf);

}  // namespace msync::client
