// What `mosquitto-sync bridge` was told, by flags, environment or file.
#pragma once

#include <cstdint>
#include <string>

#include "core/limits.h"
#include "platform/log.h"

namespace msync {

struct BridgeOptions {
  std::string broker = "mqtt://127.0.0.1:1883";
  std::string ca_file;    // for mqtts://; empty: the system's
  std::string cert_file;  // its own certificate and key, where the broker asks for one
  std::string key_file;
  std::string schemas;         // folder
  std::string store;           // sqlite:FILE
  std::string secret_file;     // HS256: the bridge makes its own token; or
  std::string token_file;      // a token, read again at every connect
  std::string stamp_key_file;  // where there is no HS256 secret
  std::string user = "mosquitto-sync";
  std::string user_claim = "sub";
  std::string jwt_issuer;
  std::string jwt_audience;
  std::string device = "bridge";
  std::string max_token_ttl = "24h";  // the plugin's max_token_ttl_s, for revocations
  std::string jwks_url;               // whence the issuer's keys come; empty: nowhere
  std::string jwks_file;              // where the plugin reads them
  std::string jwks_refresh = "10m";
  std::string http;          // HOST:PORT to listen on; empty: no HTTP
  std::string http_origins;  // of pages that may call from a browser, separated by commas
  bool demo = false;         // serve the demo app at /demo
  std::uint32_t http_requests_per_s = limits::max_messages_per_s;  // of one user
  std::uint32_t http_free_failures =
      limits::free_login_failures;  // wrong tokens of an address; 0: never slowed
  std::string webhooks_file;        // empty: none
  bool allow_invalid = false;       // changed schemas may leave stored documents that do not fit them
  std::string version;
  LogOptions log;
};

}  // namespace msync
