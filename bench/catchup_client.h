// The clients that the catch-up is measured with, each in a process of its own, so that it can live on another host.
//
// A client prints a line for each thing it has done, "WHAT SECONDS BYTES MESSAGES", and waits for the file `go` where
// something has to happen meanwhile. Bytes are those of the MQTT packets.
#pragma once

#include <string>

namespace msync::bench {

/// A new replica of the scope: prints "first", leaves, waits, returns, and prints "again" when it is whole.
int run_replica(const std::string& broker, const std::string& scope, const std::string& go);

/// What Mosquitto alone would do: a subscriber of `filter` that must get `count` messages and keeps the newest of each
/// topic. With `go` it subscribes, leaves, prints "ready" and waits first. Prints "got".
int run_subscriber(const std::string& broker, const std::string& filter, std::size_t count,
                   const std::string& go);

}  // namespace msync::bench
