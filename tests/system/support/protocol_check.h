// Every message of every test against schemas/protocol/*.json.
#pragma once

#include <string>
#include <string_view>

namespace msync::test {

/// The kind of message on this topic, which is also its schema's name: in, pull, seen, delta, change, ack,
/// notice, status; empty for a topic that carries none of the protocol's messages, such as T/live.
std::string kind_of(std::string_view topic);

/// Fails the test if the payload is no valid message of the kind that belongs on this topic.
void expect_valid(std::string_view topic, std::string_view payload);

}  // namespace msync::test
