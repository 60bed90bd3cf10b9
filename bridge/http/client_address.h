// Who asks: the peer of a connection, or whoever it says that it asks for.
//
// A TLS proxy on this machine is the peer of everybody; what it appends to X-Forwarded-For is the address that it saw.
// Only the last entry is the proxy's own word: those before it are the client's. From other machines the header means
// nothing, because anybody could send it. Pure; any thread.
#pragma once

#include <string>
#include <string_view>

namespace msync {

/// `peer` without its port; `forwarded` is the value of the last X-Forwarded-For, empty if there is none. The peer where
/// that ends with no address (a port behind it does no harm).
std::string client_address(const std::string& peer, std::string_view forwarded);

/// 127.0.0.0/8, ::1, and the former written as IPv6.
bool is_loopback(const std::string& address);

}  // namespace msync
