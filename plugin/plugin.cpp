// The plugin as Mosquitto sees it: callbacks in, answers out. Every decision is the Door's.
//
// A callback must not throw, and must return only codes that Mosquitto 2.0.11 understands in its place:
// others disconnect the client, or stop the delivery to everybody behind it.

// clang-format off
#include <mosquitto_broker.h>
#include <mosquitto_plugin.h>
// clang-format on
#include <mosquitto.h>
#include <mqtt_protocol.h>

#include <cstdlib>
#include <ctime>
#include <exception>
#include <memory>

#include "plugin/door.h"

// The broker looks these up by name; everything else stays hidden.
#define MSYNC_EXPORT __attribute__((visibility("default")))

namespace {

using msync::Broker;
using msync::Client;
using msync::Door;

std::string_view view(const char* text) {
  return text ? std::string_view(text) : std::string_view();
}

std::int64_t clock_ms(clockid_t clock) {
  timespec now = {};
  clock_gettime(clock, &now);
  return std::int64_t{now.tv_sec} * 1000 + now.tv_nsec / 1'000'000;
}

// Exact to a few ms, at a fifth of the price: for what is judged per delivery.
std::int64_t coarse_ms() {
  return clock_ms(CLOCK_REALTIME_COARSE);
}
std::int64_t now_ms() {
  return clock_ms(CLOCK_REALTIME);
}

class Mosquitto : public Broker {
 public:
  void publish(const std::string& topic, const std::string& payload) override {
    mosquitto_broker_publish_copy(nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 1,
                                  false, nullptr);
  }

  void tell(const std::string& topic, const std::string& payload) override {
    mosquitto_broker_publish_copy(nullptr, topic.c_str(), static_cast<int>(payload.size()), payload.data(), 0,
                                  false, nullptr);
  }

  void kick(const std::string& client_id, bool with_will) override {
    mosquitto_kick_client_by_clientid(client_id.c_str(), with_will);
  }

  void log(Level level, const std::string& line) override {
    const int priority = level == Level::error     ? MOSQ_LOG_ERR
                         : level == Level::warning ? MOSQ_LOG_WARNING
                                                   : MOSQ_LOG_INFO;
    mosquitto_log_printf(priority, "mosquitto-sync: %s", line.c_str());
  }
};

struct Plugin {
  Mosquitto broker;
  std::unique_ptr<Door> door;
  mosquitto_plugin_id_t* identifier = nullptr;
  bool broken = false;  // a callback threw, and the log says so
};

// Runs a callback's body; whatever it throws ends here, and the answer is `otherwise`.
template <class Body>
int guarded(void* userdata, int otherwise, Body body) noexcept {
  auto& plugin = *static_cast<Plugin*>(userdata);
  const char* what = "an unknown exception";
  try {
    return body(*plugin.door);
  } catch (const std::exception& fault) {
    what = fault.what();
    if (!plugin.broken) mosquitto_log_printf(MOSQ_LOG_ERR, "mosquitto-sync: refusing for lack of: %s", what);
  } catch (...) {
    if (!plugin.broken) mosquitto_log_printf(MOSQ_LOG_ERR, "mosquitto-sync: refusing for lack of: %s", what);
  }
  plugin.broken = true;
  return otherwise;
}

Client client_of(const mosquitto* client) {
  return {client,
          view(mosquitto_client_id(client)),
          view(mosquitto_client_username(client)),
          view(mosquitto_client_address(client)),
          mosquitto_client_protocol_version(client),
          mosquitto_client_clean_session(client)};
}

int on_basic_auth(int, void* data, void* userdata) {
  auto& event = *static_cast<mosquitto_evt_basic_auth*>(data);
  return guarded(userdata, MOSQ_ERR_AUTH, [&](Door& door) -> int {
    const Client client = client_of(event.client);
    const std::string user(client.id.substr(0, client.id.rfind(':')));
    std::optional<std::string_view> password;
    if (event.password) password = event.password;
    switch (door.connect(client, password, now_ms())) {
      case Door::Entry::accept:
        // Without a username the next SIGHUP would throw the client out, and acl_file could not name it.
        if (client.user != user) mosquitto_set_username(event.client, user.c_str());
        return MOSQ_ERR_SUCCESS;
      case Door::Entry::defer:
        return MOSQ_ERR_PLUGIN_DEFER;
      case Door::Entry::refuse:
      case Door::Entry::unwind:
        return MOSQ_ERR_AUTH;
    }
    return MOSQ_ERR_AUTH;
  });
}

// Of a CONNECT with an authentication method, and of an AUTH that renews.
int on_auth_start(int, void* data, void* userdata) {
  auto& event = *static_cast<mosquitto_evt_extended_auth*>(data);
  return guarded(userdata, MOSQ_ERR_AUTH, [&](Door& door) -> int {
    const Client client = client_of(event.client);
    const std::string user(client.id.substr(0, client.id.rfind(':')));
    const std::string_view token(static_cast<const char*>(event.data_in), event.data_in_len);
    switch (door.authenticate(client, view(event.auth_method), token, now_ms())) {
      case Door::Entry::accept:
        if (client.user != user) mosquitto_set_username(event.client, user.c_str());
        return MOSQ_ERR_SUCCESS;
      case Door::Entry::defer:
        return MOSQ_ERR_PLUGIN_DEFER;
      case Door::Entry::refuse:
        return MOSQ_ERR_AUTH;
      case Door::Entry::unwind:
        return MOSQ_ERR_AUTH_CONTINUE;
    }
    return MOSQ_ERR_AUTH;
  });
}

// Any other answer would let the broker free the client's id while it is still in its tables.
int on_auth_continue(int, void* data, void* userdata) {
  const auto& event = *static_cast<mosquitto_evt_extended_auth*>(data);
  return guarded(userdata, MOSQ_ERR_AUTH_CONTINUE, [&](Door& door) -> int {
    door.authenticate_further(client_of(event.client));
    return MOSQ_ERR_AUTH_CONTINUE;
  });
}

// The new token of a client that cannot send AUTH. Any other answer would cut the connection without a word.
int on_token(int, void* data, void* userdata) {
  const auto& event = *static_cast<mosquitto_evt_control*>(data);
  return guarded(userdata, MOSQ_ERR_SUCCESS, [&](Door& door) -> int {
    door.renew(client_of(event.client), {static_cast<const char*>(event.payload), event.payloadlen},
               now_ms());
    return MOSQ_ERR_SUCCESS;
  });
}

std::optional<msync::Access> access_of(int access) {
  switch (access) {
    case MOSQ_ACL_READ:
      return msync::Access::read;
    case MOSQ_ACL_WRITE:
      return msync::Access::write;
    case MOSQ_ACL_SUBSCRIBE:
      return msync::Access::subscribe;
    case MOSQ_ACL_UNSUBSCRIBE:
      return msync::Access::unsubscribe;
    default:
      return std::nullopt;
  }
}

int on_acl_check(int, void* data, void* userdata) {
  const auto& event = *static_cast<mosquitto_evt_acl_check*>(data);
  return guarded(userdata, MOSQ_ERR_ACL_DENIED, [&](Door& door) -> int {
    const auto access = access_of(event.access);
    if (!access) return MOSQ_ERR_ACL_DENIED;
    switch (door.acl(client_of(event.client), {*access, view(event.topic), event.payloadlen, event.retain},
                     coarse_ms())) {
      case msync::Verdict::allow:
        return MOSQ_ERR_SUCCESS;
      case msync::Verdict::defer:
        return MOSQ_ERR_PLUGIN_DEFER;
      case msync::Verdict::deny:
        return MOSQ_ERR_ACL_DENIED;
    }
    return MOSQ_ERR_ACL_DENIED;
  });
}

msync::UserProperties user_properties(const mosquitto_property* property) {
  msync::UserProperties found;
  for (; property; property = mosquitto_property_next(property)) {
    if (mosquitto_property_identifier(property) != MQTT_PROP_USER_PROPERTY) continue;
    if (++found.count > msync::limits::max_user_properties || found.forged) continue;  // refused in any case
    char* name = nullptr;
    char* value = nullptr;
    if (!mosquitto_property_read_string_pair(property, MQTT_PROP_USER_PROPERTY, &name, &value, false)) {
      throw std::bad_alloc();
    }
    found.forged = msync::is_stamp_name(view(name));
    std::free(name);
    std::free(value);
  }
  return found;
}

int on_message(int, void* data, void* userdata) {
  auto& event = *static_cast<mosquitto_evt_message*>(data);
  return guarded(userdata, MOSQ_ERR_ACL_DENIED, [&](Door& door) -> int {
    const std::string_view payload(static_cast<const char*>(event.payload), event.payloadlen);
    const auto passage = door.message(client_of(event.client), view(event.topic), payload,
                                      user_properties(event.properties), now_ms());
    if (!passage.allowed) return MOSQ_ERR_ACL_DENIED;
    if (!passage.stamps) return MOSQ_ERR_SUCCESS;
    for (const auto& [name, value] : *passage.stamps) {
      if (mosquitto_property_add_string_pair(&event.properties, MQTT_PROP_USER_PROPERTY, name.data(),
                                             value.c_str()) != MOSQ_ERR_SUCCESS) {
        return MOSQ_ERR_ACL_DENIED;
      }
    }
    return MOSQ_ERR_SUCCESS;
  });
}

int on_disconnect(int, void* data, void* userdata) {
  const auto& event = *static_cast<mosquitto_evt_disconnect*>(data);
  return guarded(userdata, MOSQ_ERR_SUCCESS, [&](Door& door) -> int {
    door.disconnect(client_of(event.client));
    return MOSQ_ERR_SUCCESS;
  });
}

int on_tick(int, void*, void* userdata) {
  return guarded(userdata, MOSQ_ERR_SUCCESS, [](Door& door) -> int {
    door.tick(coarse_ms());
    return MOSQ_ERR_SUCCESS;
  });
}

// Any other answer would keep other plugins, and Mosquitto's own files, from being read again.
int on_reload(int, void*, void* userdata) {
  return guarded(userdata, MOSQ_ERR_PLUGIN_DEFER, [](Door& door) -> int {
    door.reload();
    return MOSQ_ERR_PLUGIN_DEFER;
  });
}

struct Registration {
  int event;
  MOSQ_FUNC_generic_callback callback;
  const char* topic = nullptr;  // of MOSQ_EVT_CONTROL
};

constexpr Registration registrations[] = {
    {MOSQ_EVT_BASIC_AUTH, on_basic_auth},
    {MOSQ_EVT_ACL_CHECK, on_acl_check},
    {MOSQ_EVT_MESSAGE, on_message},
    {MOSQ_EVT_DISCONNECT, on_disconnect},
    {MOSQ_EVT_TICK, on_tick},
    {MOSQ_EVT_RELOAD, on_reload},
    {MOSQ_EVT_EXT_AUTH_START, on_auth_start},
    {MOSQ_EVT_EXT_AUTH_CONTINUE, on_auth_continue},
    {MOSQ_EVT_CONTROL, on_token, msync::token_topic},
};

// The door, or null after the log has every reason why there is none.
std::unique_ptr<Door> open_door(const mosquitto_opt* lines, int count, Broker& broker) {
  std::vector<std::pair<std::string, std::string>> options;
  options.reserve(static_cast<std::size_t>(count));
  for (int i = 0; i < count; ++i) options.emplace_back(view(lines[i].key), view(lines[i].value));
  auto [parsed, problems] = msync::Options::parse(options);
  std::unique_ptr<const msync::Rules> rules;
  if (problems.empty()) {
    msync::Rules::Loaded loaded = msync::Rules::load(parsed);
    for (const std::string& warning : loaded.warnings) broker.log(Broker::Level::warning, warning);
    problems = std::move(loaded.problems);
    rules = std::move(loaded.rules);
  }
  for (const msync::Problem& problem : problems) broker.log(Broker::Level::error, to_string(problem));
  if (!problems.empty() || !rules) return nullptr;
  broker.log(Broker::Level::info, "guarding " + std::to_string(rules->collections.all().size()) +
                                      " collections of " + parsed.schemas);
  return std::make_unique<Door>(parsed, std::move(rules), broker);
}

}  // namespace

extern "C" {

MSYNC_EXPORT int mosquitto_plugin_version(int count, const int* versions) {
  for (int i = 0; i < count; ++i) {
    if (versions[i] == MOSQ_PLUGIN_VERSION) return MOSQ_PLUGIN_VERSION;
  }
  return -1;
}

MSYNC_EXPORT int mosquitto_plugin_init(mosquitto_plugin_id_t* identifier, void** userdata,
                                       mosquitto_opt* options, int count) {
  try {
    auto plugin = std::make_unique<Plugin>();
    plugin->identifier = identifier;
    plugin->door = open_door(options, count, plugin->broker);
    if (!plugin->door) return MOSQ_ERR_INVAL;
    for (const Registration& entry : registrations) {
      const int code =
          mosquitto_callback_register(identifier, entry.event, entry.callback, entry.topic, plugin.get());
      if (code != MOSQ_ERR_SUCCESS) return code;
    }
    *userdata = plugin.release();
    return MOSQ_ERR_SUCCESS;
  } catch (const std::exception& fault) {
    mosquitto_log_printf(MOSQ_LOG_ERR, "mosquitto-sync: cannot start: %s", fault.what());
    return MOSQ_ERR_UNKNOWN;
  }
}

MSYNC_EXPORT int mosquitto_plugin_cleanup(void* userdata, mosquitto_opt*, int) {
  const std::unique_ptr<Plugin> plugin(static_cast<Plugin*>(userdata));
  if (!plugin) return MOSQ_ERR_SUCCESS;
  for (const Registration& entry : registrations) {
    mosquitto_callback_unregister(plugin->identifier, entry.event, entry.callback, entry.topic);
  }
  return MOSQ_ERR_SUCCESS;
}

}  // extern "C"
