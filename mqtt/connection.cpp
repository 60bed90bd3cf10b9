#include "mqtt/connection.h"

#include <mqtt/async_client.h>

#include <chrono>
#include <utility>

namespace msync {
namespace {

using mqtt::property;

/// How long Paho tries before it calls a connect failed.
constexpr std::chrono::seconds connect_timeout{10};

std::string reason_in_words(int reason) {
  return "the broker said: " + mqtt::exception::reason_code_str(reason);
}

Connection::Failure failure_of(const mqtt::token& failed) {
  // Paho's "code" is an MQTT 5 reason where the broker answered, negative where it did not.
  const int code = failed.get_return_code();
  const int reason = failed.get_reason_code() != 0 ? static_cast<int>(failed.get_reason_code()) : code;
  if (reason > 0) return {reason_in_words(reason), reason};
  try {
    if (failed.get_type() == mqtt::token::CONNECT) failed.get_connect_response();  // the only way to its text
  } catch (const mqtt::exception& error) {
    return {error.get_message()};
  }
  return {mqtt::exception::error_str(code)};
}

/// The end of one connect, subscribe or disconnect.
class Step : public mqtt::iaction_listener {
 public:
  std::function<void(const mqtt::token& ended, bool ok)> done;

  void on_success(const mqtt::token& token) override { done(token, true); }
  void on_failure(const mqtt::token& token) override { done(token, false); }
};

mqtt::properties properties_of(const Publish& message) {
  mqtt::properties properties;
  if (!message.content_type.empty()) properties.add({property::CONTENT_TYPE, message.content_type});
  if (message.expiry_s != 0)
    properties.add({property::MESSAGE_EXPIRY_INTERVAL, static_cast<std::int32_t>(message.expiry_s)});
  for (const auto& [name, value] : message.user_properties)
    properties.add({property::USER_PROPERTY, name, value});
  return properties;
}

LinkMessage to_link_message(const mqtt::message& message) {
  LinkMessage result{
      message.get_topic(), message.get_payload(), message.is_retained(), message.is_duplicate(), {}};
  const mqtt::properties& properties = message.get_properties();
  const std::size_t count = properties.count(property::USER_PROPERTY);
  for (std::size_t i = 0; i < count; ++i) {
    auto [name, value] = mqtt::get<mqtt::string_pair>(properties, property::USER_PROPERTY, i);
    result.user_properties.emplace_back(std::move(name), std::move(value));
  }
  return result;
}

std::string paho_uri(const BrokerAddress& address) {
  const std::string url = to_string(address);  // mqtt://… or mqtts://…
  return (address.tls ? "ssl" : "tcp") + url.substr(url.find(':'));
}

mqtt::create_options create_options() {
  mqtt::create_options options(MQTTVERSION_5);
  options.set_max_buffered_messages(
      65535);  // Paho counts what is not yet on the socket; the link's window bounds it
  return options;
}

mqtt::ssl_options tls_options(const LinkOptions& options) {
  mqtt::ssl_options tls;
  if (!options.ca_file.empty()) tls.set_trust_store(options.ca_file);
  if (!options.cert_file.empty()) tls.set_key_store(options.cert_file);
  if (!options.key_file.empty()) tls.set_private_key(options.key_file);
  tls.set_enable_server_cert_auth(true);
  tls.set_verify(true);
  return tls;
}

}  // namespace

struct Connection::Impl : mqtt::iaction_listener {
  Impl(const LinkOptions& given, const BrokerAddress& where, Events wanted)
      : options(given),
        tls(where.tls),
        events(std::move(wanted)),
        client(paho_uri(where), options.client_id, create_options()) {}

  // The end of a publish: which one is in the token's context.
  void on_success(const mqtt::token& token) override { events.published(id_of(token), Published{true, 0}); }
  void on_failure(const mqtt::token& token) override {
    events.published(id_of(token), Published{false, static_cast<int>(token.get_reason_code())});
  }
  static std::uint64_t id_of(const mqtt::token& token) {
    return reinterpret_cast<std::uintptr_t>(token.get_user_context());
  }

  mqtt::connect_options connect_options(const std::string& token) const;

  const LinkOptions& options;
  const bool tls;
  const Events events;
  Step connecting, subscribing, disconnecting;
  Step unheard;               // the end of what nobody waits for
  mqtt::async_client client;  // last: its callbacks use the above
};

Connection::Connection(const LinkOptions& options, const BrokerAddress& address, Events events)
    : impl_(std::make_unique<Impl>(options, address, std::move(events))) {
  Impl& impl = *impl_;
  impl.unheard.done = [](const mqtt::token&, bool) {};
  impl.client.set_message_callback(
      [&impl](const mqtt::const_message_ptr& message) { impl.events.message(to_link_message(*message)); });
  impl.client.set_connection_lost_handler([&impl](const std::string& cause) {
    impl.events.lost(cause.empty() ? "the connection broke" : "the connection broke: " + cause);
  });
  impl.client.set_disconnected_handler([&impl](const mqtt::properties&, mqtt::ReasonCode reason) {
    impl.events.lost("the broker disconnected us: " + mqtt::exception::reason_code_str(reason));
  });
}

Connection::~Connection() = default;

mqtt::connect_options Connection::Impl::connect_options(const std::string& token) const {
  mqtt::connect_options connect;
  connect.set_mqtt_version(MQTTVERSION_5);
  connect.set_clean_start(options.clean_start);
  connect.set_keep_alive_interval(options.keep_alive_s);
  connect.set_connect_timeout(connect_timeout);
  connect.set_user_name(options.client_id.substr(0, options.client_id.rfind(':')));
  connect.set_password(token);
  mqtt::properties properties;
  properties.add({property::SESSION_EXPIRY_INTERVAL, static_cast<std::int32_t>(options.session_expiry_s)});
  properties.add({property::RECEIVE_MAXIMUM, options.receive_max});
  connect.set_properties(std::move(properties));
  if (options.will) {
    const Publish will = options.will();
    connect.set_will(mqtt::will_options(
        mqtt::message(will.topic, will.payload, will.qos, will.retained, properties_of(will))));
  }
  if (tls) connect.set_ssl(tls_options(options));
  return connect;
}

void Connection::connect(const std::string& token, std::function<void(const Connected&)> done) {
  impl_->connecting.done = [done = std::move(done)](const mqtt::token& ended, bool ok) {
    Connected result;
    if (ok) {
      const mqtt::connect_response answer = ended.get_connect_response();
      result.session_present = answer.is_session_present();
      if (answer.get_properties().contains(property::RECEIVE_MAXIMUM))
        result.receive_max = mqtt::get<std::uint16_t>(answer.get_properties(), property::RECEIVE_MAXIMUM);
    } else {
      result.failure = failure_of(ended);
    }
    done(result);
  };
  impl_->client.connect(impl_->connect_options(token), nullptr, impl_->connecting);
}

void Connection::subscribe(const std::vector<std::string>& filters,
                           std::function<void(const Failure&)> done) {
  impl_->subscribing.done = [filters, done = std::move(done)](const mqtt::token& ended, bool ok) {
    if (!ok) return done(failure_of(ended));
    try {
      const auto granted = ended.get_subscribe_response().get_reason_codes();
      for (std::size_t i = 0; i < granted.size(); ++i) {
        if (granted[i] >= 0x80) return done({filters[i] + ": " + reason_in_words(granted[i]), granted[i]});
      }
    } catch (
        const mqtt::exception&) {  // Paho calls it a success, and throws, if the first of many is refused
      const Failure first = failure_of(ended);
      return done({filters[0] + ": " + first.why, first.reason});
    }
    done({});
  };
  const mqtt::iasync_client::qos_collection qos(filters.size(), 1);
  // No subscribe_options: Paho C++ 1.2.0 loses them in a copy and then reads past a null pointer.
  impl_->client.subscribe(mqtt::string_collection::create(filters), qos, nullptr, impl_->subscribing);
}

void Connection::disconnect(int timeout_ms, std::function<void()> done) {
  impl_->disconnecting.done = [done = std::move(done)](const mqtt::token&, bool) { done(); };
  impl_->client.disconnect(timeout_ms, nullptr, impl_->disconnecting);
}

void Connection::add(const std::vector<std::string>& filters) {
  try {
    const mqtt::iasync_client::qos_collection qos(filters.size(), 1);
    impl_->client.subscribe(mqtt::string_collection::create(filters), qos, nullptr, impl_->unheard);
  } catch (const mqtt::exception&) {  // not connected
  }
}

void Connection::remove(const std::vector<std::string>& filters) {
  try {
    impl_->client.unsubscribe(mqtt::string_collection::create(filters), nullptr, impl_->unheard);
  } catch (const mqtt::exception&) {  // not connected
  }
}

bool Connection::publish(std::uint64_t id, const Publish& message) {
  try {
    impl_->client.publish(mqtt::message::create(message.topic, message.payload, message.qos, message.retained,
                                                properties_of(message)),
                          // Paho hands it back, never follows it. NOLINTNEXTLINE(performance-no-int-to-ptr)
                          reinterpret_cast<void*>(static_cast<std::uintptr_t>(id)), *impl_);
    return true;
  } catch (const mqtt::exception&) {
    return false;
  }
}

}  // namespace msync
