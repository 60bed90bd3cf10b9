// An MQTT client that sends what it is told, byte for byte: for all that well-behaved clients cannot be made to do.
//
//   RawClient eve(broker.port());
//   EXPECT_EQ(eve.connect({.client_id = "eve:pc", .password = token}), 0);
//   EXPECT_EQ(eve.publish({.topic = "chat/42/messages/in", .payload = "{}"}), 0x87);
//   eve.send(raw::packet(0xf0, "\x19"));  // anything at all
//
// It answers no PINGREQ and knows no retry; it acknowledges what it is sent. Messages that arrive while it waits for
// an answer are kept in messages(). The broker has one thread and answers in order: after ping() every message that
// it had for this client before is among them, so "nothing arrived" needs no waiting. One thread, the test's.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msync::test {

/// The pieces of packets. Properties are these texts, one behind the other.
namespace raw {

std::string u16(unsigned value);
std::string u32(std::uint32_t value);
std::string length(std::size_t value);  // a variable byte integer
std::string text(std::string_view value);
std::string packet(int first_byte, std::string_view body);

std::string payload_format(int value);
std::string message_expiry(std::uint32_t seconds);
std::string response_topic(std::string_view topic);
std::string correlation_data(std::string_view data);
std::string session_expiry(std::uint32_t seconds);
std::string auth_method(std::string_view name);
std::string auth_data(std::string_view data);
std::string will_delay(std::uint32_t seconds);
std::string topic_alias(unsigned alias);
std::string user_property(std::string_view name, std::string_view value);

/// AUTH; 0x18 continues an exchange, 0x19 asks for re-authentication.
std::string auth(int reason, std::string_view properties);

}  // namespace raw

struct RawWill {
  std::string topic;
  std::string payload = {};
  int qos = 0;
  bool retain = false;
  std::string properties = {};
};

struct RawConnect {
  std::string client_id = {};
  std::optional<std::string> username = {};
  std::optional<std::string> password = {};
  int level = 5;  // 3: MQTT 3.1, 4: 3.1.1, 5: 5
  std::string protocol = "MQTT";
  bool clean_start = true;
  unsigned keepalive_s = 60;
  std::string properties = {};
  std::optional<RawWill> will = {};
};
std::string encode(const RawConnect& connect);

struct RawPublish {
  std::string topic = {};
  std::string payload = {};
  int qos = 1;
  bool retain = false;
  bool dup = false;
  std::string properties = {};
  unsigned id = 0;  // 0: the next
};

/// A packet as it came.
struct RawPacket {
  int type =
      0;  // CONNACK 2, PUBLISH 3, PUBACK 4, PUBREC 5, PUBREL 6, PUBCOMP 7, SUBACK 9, DISCONNECT 14, AUTH 15
  int flags = 0;
  std::string body;
};

struct RawMessage {
  std::string topic;
  std::string payload;
  int qos = 0;
  bool retain = false;
  bool dup = false;
  std::string properties;
};

class RawClient {
 public:
  /// Connects to this port of 127.0.0.1, from that address, and sends nothing. Throws std::runtime_error if it cannot.
  explicit RawClient(int port, const std::string& from = "127.0.0.1");
  ~RawClient();  // without DISCONNECT: its will comes
  RawClient(RawClient&& other) noexcept;
  RawClient(const RawClient&) = delete;
  RawClient& operator=(const RawClient&) = delete;

  void send(std::string_view bytes);
  /// The next packet, what it asks for answered; none at the connection's end, or when the time is up.
  std::optional<RawPacket> receive(int timeout_ms = 10'000);
  /// The next of this type; what else comes until then is dropped, or kept in messages().
  std::optional<RawPacket> receive_type(int kind, int timeout_ms = 10'000);

  // ---- Each returns the broker's reason code, or -1 if the connection ended without one.
  int connect(const RawConnect& connect);
  int subscribe(const std::string& filter, int qos = 1, std::string_view properties = {});
  int unsubscribe(const std::string& filter);
  int publish(const RawPublish& publish);  // QoS 2: of PUBREC; the exchange is then completed. QoS 0: 0
  /// PUBLISH alone, whatever the QoS; the packet's id.
  unsigned send_publish(const RawPublish& publish);
  /// Waits until the broker has ended the connection: the reason of its DISCONNECT, or 0 without one; -1: it has not.
  int ended(int timeout_ms = 10'000);

  /// The broker answers: everything that it had for this client has arrived.
  bool ping();
  void disconnect(int reason = 0, std::string_view properties = {});
  void close();  // the socket, without a word

  bool session_present() const { return session_present_; }
  std::vector<RawMessage>& messages() { return messages_; }
  /// Waits for a message on this topic; nullptr if none comes.
  const RawMessage* message(const std::string& topic, int timeout_ms = 10'000);

 private:
  bool take(RawPacket& packet);
  void fill(int wait_ms);
  void accept_message(const RawPacket& packet);
  int reason_of(const RawPacket& packet, std::size_t at) const;
  int answer(int kind, std::size_t at);

  int socket_ = -1;
  int level_ = 5;
  bool ended_ = false;
  bool session_present_ = false;
  int disconnect_reason_ = 0;
  unsigned next_id_ = 0;
  std::string input_;
  std::vector<RawMessage> messages_;
};

}  // namespace msync::test
