// Lets tests/conformance/run.mjs drive this library: one JSON command a line, one answer a line.
// tests/conformance/README.md lists the commands.
#include <atomic>
#include <chrono>
#include <iostream>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "client/cpp/sync.h"

namespace {

using Json = nlohmann::json;
namespace ms = mosquitto_sync;

/// One client, as `start` begins it.
class Client {
 public:
  explicit Client(const Json& c) : token_(c.at("token").get<std::string>()) {
    ms::Options options{
        .url = c.at("url"), .user = c.at("user"), .database = c.at("store"), .device = c.at("device")};
    options.get_token = [this] {
      std::lock_guard lock(mutex_);
      return token_;
    };
    const std::int64_t offset = c.value("clock_ms", std::int64_t{0});
    options.clock = [offset] {
      const auto since = std::chrono::system_clock::now().time_since_epoch();
      return std::chrono::duration_cast<std::chrono::milliseconds>(since).count() + offset;
    };
    options.on_problem = [this](const std::string& json) {
      const Json problem = Json::parse(json);
      const bool rejected = problem["status"] == "rejected" || problem["status"] == "revoked";
      tell({{"event", rejected ? "rejected" : "conflict"},
            {"key", problem["key"]},
            {"status", problem["status"]}});
    };
    options.on_revoked = [this](const std::string& scope, const std::string&) {
      tell({{"event", "revoked"}, {"scope", scope}});
    };
    options.on_error = [this](const std::string&, const std::string& code, const std::string& message) {
      tell({{"event", "error"}, {"code", code}, {"message", message}});
    };
    sync.emplace(std::move(options));
  }

  Json events() {
    std::lock_guard lock(mutex_);
    return events_;
  }
  void set_token(const std::string& token) {
    std::lock_guard lock(mutex_);
    token_ = token;
  }
  ms::Collection& collection(const Json& c) { return collections.at(c.at("scope").get<std::string>()); }

  std::map<std::string, ms::Collection> collections;
  std::map<std::string, ms::Written> written;

 private:
  void tell(Json event) {
    std::lock_guard lock(mutex_);
    events_.push_back(std::move(event));
  }

  std::mutex mutex_;
  std::string token_;
  Json events_ = Json::array();

 public:
  std::optional<ms::Sync> sync;  // last: its listeners use the above
};

std::optional<Client> client;

std::string text(const Json& c, const char* name) {
  return c.at(name).get<std::string>();
}

Json keep(const ms::Written& written) {
  client->written.insert_or_assign(written.key(), written);
  return written.key();
}

Json transaction(const Json& c) {
  auto made = client->collection(c).transaction();
  for (const Json& each : c.at("operations")) {
    const std::string op = each.at("op"), id = each.at("entity");
    if (op == "put") made.put(id, each.at("data").dump());
    if (op == "patch") made.patch(id, each.at("data").dump());
    if (op == "delete") made.remove(id);
  }
  return keep(made.commit());
}

Json write(const std::string& what, const Json& c) {
  ms::Collection& in = client->collection(c);
  const std::string id = text(c, "entity");
  if (what == "put") return keep(in.put(id, c.at("data").dump()));
  if (what == "patch") return keep(in.patch(id, c.at("data").dump()));
  if (what == "delete") return keep(in.remove(id));
  if (what == "increment") return keep(in.increment(id, text(c, "property"), c.value("by", 1.0)));
  if (what == "add") return keep(in.add_to_set(id, text(c, "property"), c.at("elements").dump()));
  return keep(in.remove_from_set(id, text(c, "property"), c.at("elements").dump()));
}

Json result(const Json& c) {
  const auto written = client->written.find(text(c, "key"));
  if (written == client->written.end()) return nullptr;
  const auto found = written->second.wait();
  return found ? Json::parse(found->json) : Json();
}

Json docs(const Json& c) {
  Json docs = Json::object();
  for (const auto& each : client->collection(c).documents())
    docs[each.id] = {{"data", Json::parse(each.data)}, {"version", each.version}, {"pending", each.pending}};
  return docs;
}

Json progress(const Json& c) {
  static constexpr const char* kStates[] = {"loading", "ready", "denied"};
  const auto found = client->collection(c).progress();
  return {{"state", kStates[found.state]}, {"seq", found.seq}, {"head", found.head}};
}

Json status() {
  static constexpr const char* kStates[] = {"offline", "connecting", "syncing", "idle", "error"};
  const auto found = client->sync->status();
  Json said = {{"state", kStates[found.state]}, {"pending", found.pending}};
  if (!found.error_code.empty())
    said["lastError"] = {{"code", found.error_code}, {"message", found.error_message}};
  return said;
}

Json problems() {
  Json all = Json::parse(client->sync->problems());
  for (Json& problem : all) {
    const auto& scope = client->collections.at(problem["scope"].get<std::string>());
    std::map<std::string, Json> stands;
    for (const Json& op : problem["meant"]) {
      const auto found = scope.get(op["id"].get<std::string>());
      if (found) stands[found->id] = {{"id", found->id}, {"data", Json::parse(found->data)}};
    }
    problem["stands"] = Json::array();
    for (const auto& [id, document] : stands) problem["stands"].push_back(document);
  }
  return all;
}

Json open(const Json& c) {
  client->collections.insert_or_assign(text(c, "scope"),
                                       client->sync->collection(text(c, "scope"), c.value("reads", true)));
  return nullptr;
}

Json live_set(const Json& c) {
  const Json& state = c.at("state");
  client->sync->live_set(text(c, "scope"), state.is_null() ? "" : state.dump());
  return nullptr;
}

/// What answers with nothing.
bool control(const std::string& what, const Json& c) {
  if (what == "start") {
    client.emplace(c);
  } else if (what == "close") {
    client.reset();
  } else if (what == "offline" || what == "online") {
    client->sync->reachable(what == "online");
  } else if (what == "token") {
    client->set_token(text(c, "token"));
  } else if (what == "renew") {
    client->sync->renew_token();
  } else if (what == "wipe") {
    client->sync->wipe(c.value("if_pending", "abort") == "discard");
  } else if (what == "retry") {
    client->sync->retry(text(c, "key"));
  } else if (what == "discard") {
    client->sync->discard(text(c, "key"));
  } else if (what == "live_watch") {
    client->sync->live_watch(text(c, "scope"));
  } else {
    return false;
  }
  return true;
}

Json answer(const std::string& what, const Json& c) {
  if (control(what, c)) return nullptr;
  if (what == "open") return open(c);
  if (what == "transaction") return transaction(c);
  if (what == "result") return result(c);
  if (what == "docs") return docs(c);
  if (what == "progress") return progress(c);
  if (what == "status") return status();
  if (what == "problems") return problems();
  if (what == "events") return client->events();
  if (what == "live_set") return live_set(c);
  if (what == "live_peers") return Json::parse(client->sync->live_peers(text(c, "scope")));
  return write(what, c);
}

}  // namespace

int main() {
  for (std::string line; std::getline(std::cin, line);) {
    const Json command = Json::parse(line);
    Json said = {{"id", command.at("id")}};
    try {
      said["ok"] = answer(command.at("do"), command);
    } catch (const ms::Error& error) {
      said["error"] = {{"code", msync_code_name(error.code())}, {"message", error.what()}};
    } catch (const std::exception& error) {
      said["error"] = {{"code", "error"}, {"message", error.what()}};
    }
    std::cout << said.dump() << std::endl;
  }
  client.reset();
}
