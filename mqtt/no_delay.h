// Small messages leave at once.
//
// Paho 1.3.12 leaves Nagle's algorithm on and keeps its sockets to itself: the second of two small messages then waits
// for the TCP acknowledgement of the first, which the other side holds back for 40 ms. That would be the latency of
// every ack that follows a delta. So the process's own sockets are looked through. Any thread.
#pragma once

#include <cstdint>

namespace msync {

/// Sets TCP_NODELAY on every TCP socket of this process that is connected to this port of a peer. How many there are.
int send_at_once(std::uint16_t port);

}  // namespace msync
