#include "tests/system/support/raw_client.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

#include "tests/system/support/wait.h"

namespace msync::test {

namespace {

// Types of packets.
namespace type {
enum {
  connack = 2,
  publish = 3,
  puback = 4,
  pubrec = 5,
  pubrel = 6,
  pubcomp = 7,
  suback = 9,
  unsuback = 11,
  pingresp = 13,
  disconnect = 14
};
}

unsigned number(std::string_view bytes, std::size_t at) {
  if (bytes.size() < at + 2) return 0;
  return static_cast<unsigned char>(bytes[at]) << 8 | static_cast<unsigned char>(bytes[at + 1]);
}

sockaddr_in address_of(const std::string& ip, int port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(static_cast<std::uint16_t>(port));
  inet_pton(AF_INET, ip.c_str(), &address.sin_addr);
  return address;
}

// The number of the variable byte integer at `at`, which moves behind it; nothing while bytes are missing.
std::optional<std::size_t> take_length(std::string_view bytes, std::size_t& at) {
  std::size_t value = 0;
  for (int shift = 0; at < bytes.size() && shift <= 21; shift += 7) {
    const auto byte = static_cast<unsigned char>(bytes[at++]);
    value |= static_cast<std::size_t>(byte & 0x7f) << shift;
    if ((byte & 0x80) == 0) return value;
  }
  return std::nullopt;
}

}  // namespace

RawClient::RawClient(int port, const std::string& from)
    : socket_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
  const sockaddr_in source = address_of(from, 0), address = address_of("127.0.0.1", port);
  const timeval patience = {.tv_sec = 20, .tv_usec = 0};
  const int at_once = 1;
  setsockopt(socket_, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
  setsockopt(socket_, IPPROTO_TCP, TCP_NODELAY, &at_once, sizeof at_once);
  if (bind(socket_, reinterpret_cast<const sockaddr*>(&source), sizeof source) != 0 ||
      ::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    close();
    throw std::runtime_error("nothing listens on port " + std::to_string(port));
  }
}

RawClient::~RawClient() {
  close();
}

RawClient::RawClient(RawClient&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      level_(other.level_),
      ended_(other.ended_),
      session_present_(other.session_present_),
      disconnect_reason_(other.disconnect_reason_),
      next_id_(other.next_id_),
      input_(std::move(other.input_)),
      messages_(std::move(other.messages_)) {}

void RawClient::close() {
  if (socket_ >= 0) ::close(std::exchange(socket_, -1));
  ended_ = true;
}

void RawClient::send(std::string_view bytes) {
  while (!bytes.empty() && socket_ >= 0) {
    const ssize_t sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0) return;  // the end is noticed when reading, behind what the broker still had to say
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

void RawClient::fill(int wait_ms) {
  pollfd ready = {.fd = socket_, .events = POLLIN, .revents = 0};
  if (ended_ || poll(&ready, 1, wait_ms) <= 0) return;
  char buffer[65'536];
  const ssize_t got = recv(socket_, buffer, sizeof buffer, 0);
  if (got <= 0) {
    ended_ = true;
  } else {
    input_.append(buffer, static_cast<std::size_t>(got));
  }
}

bool RawClient::take(RawPacket& packet) {
  std::size_t at = 1;
  if (input_.empty()) return false;
  const auto size = take_length(input_, at);
  if (!size || input_.size() < at + *size) return false;
  const auto first = static_cast<unsigned char>(input_[0]);
  packet = {first >> 4, first & 0x0f, input_.substr(at, *size)};
  input_.erase(0, at + *size);
  return true;
}

void RawClient::accept_message(const RawPacket& packet) {
  RawMessage message;
  message.qos = packet.flags >> 1 & 3;
  message.retain = (packet.flags & 1) != 0;
  message.dup = (packet.flags & 8) != 0;
  std::size_t at = 2 + number(packet.body, 0);
  message.topic = packet.body.substr(2, at - 2);
  const unsigned id = number(packet.body, at);
  if (message.qos > 0) at += 2;
  if (level_ == 5) {
    const std::size_t size = take_length(packet.body, at).value_or(0);
    message.properties = packet.body.substr(at, size);
    at += size;
  }
  message.payload = packet.body.substr(at);
  messages_.push_back(std::move(message));
  if (messages_.back().qos > 0) send(raw::packet(messages_.back().qos == 1 ? 0x40 : 0x50, raw::u16(id)));
}

std::optional<RawPacket> RawClient::receive(int timeout_ms) {
  RawPacket packet;
  const bool got = eventually(
      [&] {
        if (take(packet)) return true;
        fill(20);
        return take(packet) || ended_;
      },
      timeout_ms);
  if (!got || packet.type == 0) return std::nullopt;
  if (packet.type == type::publish) accept_message(packet);
  if (packet.type == type::pubrel) send(raw::packet(0x70, packet.body.substr(0, 2)));
  if (packet.type == type::disconnect) disconnect_reason_ = reason_of(packet, 0);
  return packet;
}

std::optional<RawPacket> RawClient::receive_type(int kind, int timeout_ms) {
  const std::int64_t end_ms = now_ms() + timeout_ms;
  do {
    auto packet = receive(timeout_ms);
    if (!packet || packet->type == kind) return packet;
  } while (now_ms() < end_ms);
  return std::nullopt;
}

// A missing reason means success.
int RawClient::reason_of(const RawPacket& packet, std::size_t at) const {
  return packet.body.size() > at ? static_cast<unsigned char>(packet.body[at]) : 0;
}

int RawClient::answer(int kind, std::size_t at) {
  const auto packet = receive_type(kind);
  if (!packet) return -1;
  if (level_ == 5 && (kind == type::suback || kind == type::unsuback)) {
    const std::size_t size = take_length(packet->body, at).value_or(0);
    at += size;
  }
  return reason_of(*packet, at);
}

int RawClient::connect(const RawConnect& connect) {
  level_ = connect.level & 0x7f;
  send(encode(connect));
  const auto packet = receive_type(type::connack);
  if (!packet) return -1;
  session_present_ = !packet->body.empty() && (packet->body[0] & 1) != 0;
  return reason_of(*packet, 1);
}

int RawClient::subscribe(const std::string& filter, int qos, std::string_view properties) {
  std::string body = raw::u16(++next_id_);
  if (level_ == 5) body.append(raw::length(properties.size())).append(properties);
  send(raw::packet(0x82, body + raw::text(filter) + static_cast<char>(qos)));
  return answer(type::suback, 2);
}

int RawClient::unsubscribe(const std::string& filter) {
  send(raw::packet(0xa2,
                   raw::u16(++next_id_) + (level_ == 5 ? std::string(1, '\0') : "") + raw::text(filter)));
  return answer(type::unsuback, 2);
}

unsigned RawClient::send_publish(const RawPublish& publish) {
  const unsigned id = publish.id != 0 ? publish.id : ++next_id_;
  std::string body = raw::text(publish.topic);
  if (publish.qos > 0) body += raw::u16(id);
  if (level_ == 5) body += raw::length(publish.properties.size()) + publish.properties;
  const int flags = (publish.dup ? 8 : 0) | publish.qos << 1 | (publish.retain ? 1 : 0);
  send(raw::packet(0x30 | flags, body + publish.payload));
  return id;
}

int RawClient::publish(const RawPublish& publish) {
  const unsigned id = send_publish(publish);
  if (publish.qos == 0) return 0;
  const int reason = answer(publish.qos == 1 ? type::puback : type::pubrec, 2);
  if (publish.qos == 2 && reason >= 0 && reason < 0x80) {
    send(raw::packet(0x62, raw::u16(id)));
    if (!receive_type(type::pubcomp)) return -1;
  }
  return reason;
}

int RawClient::ended(int timeout_ms) {
  while (!ended_) {
    if (!receive(timeout_ms) && !ended_) return -1;
  }
  return disconnect_reason_;
}

bool RawClient::ping() {
  send(raw::packet(0xc0, {}));
  return receive_type(type::pingresp).has_value();
}

void RawClient::disconnect(int reason, std::string_view properties) {
  std::string body;
  if (level_ == 5 && (reason != 0 || !properties.empty())) {
    body += static_cast<char>(reason);
    body.append(raw::length(properties.size())).append(properties);
  }
  send(raw::packet(0xe0, body));
  ended();  // the broker has seen it
  close();
}

const RawMessage* RawClient::message(const std::string& topic, int timeout_ms) {
  for (std::size_t looked = 0;;) {
    for (; looked < messages_.size(); ++looked) {
      if (messages_[looked].topic == topic) return &messages_[looked];
    }
    if (!receive(timeout_ms)) return nullptr;
  }
}

}  // namespace msync::test
