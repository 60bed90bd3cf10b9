#include "tests/system/support/world.h"

#include <filesystem>

#include "bridge/store/store.h"
#include "bridge/store/verify.h"
#include "platform/files.h"

namespace msync::test {

namespace {

std::string user_of(const std::string& client_id) {
  return client_id.substr(0, client_id.rfind(':'));
}

}  // namespace

World::World(BrokerOptions options) : broker(std::move(options)), bridge(broker) {}

void World::SetUp() {
  broker.start();
  bridge.start();
}

void World::TearDown() {
  for (auto& [id, phone] : phones) phone->goes_offline();
  verify();
}

void World::verify() {
  if (!store_is_sound || !std::filesystem::exists(bridge.store_file())) return;
  const auto schemas = load_schemas(bridge.schemas());
  verify_store(bridge.store(), documents_fit && schemas.problems.empty() ? &schemas.collections : nullptr,
               [](const std::string& finding) { ADD_FAILURE() << "the store: " << finding; });
}

std::string World::token(const std::string& user) {
  const auto own = claims.find(user);
  return Broker::token(user, own == claims.end() ? R"({"rooms":["42"]})" : own->second);
}

Phone& World::new_phone(const std::string& id, PhoneOptions options) {
  if (options.broker.empty()) options.broker = broker.url();
  if (options.client_id.empty()) options.client_id = id.find(':') == id.npos ? "alice:" + id : id;
  if (options.token.empty()) options.token = token(user_of(options.client_id));
  auto& phone = phones[id] = std::make_unique<Phone>(std::move(options));
  phone->goes_online();
  return *phone;
}

Phone& World::phone(const std::string& id) {
  const auto known = phones.find(id);
  if (known != phones.end()) return *known->second;
  Phone& made = new_phone(id);
  if (!eventually([&] { return made.settled(); })) {
    ADD_FAILURE() << id << " did not come to rest: " << made.last_disconnection();
  }
  return made;
}

bool World::eventually(const std::function<bool()>& condition, int timeout_ms) {
  return test::eventually(
      [&] {
        for (auto& [id, phone] : phones) phone->pump();
        return condition();
      },
      timeout_ms);
}

void World::settle(int timeout_ms) {
  const bool settled = eventually(
      [&] {
        for (auto& [id, phone] : phones) {
          if (phone->wants_to_be_online() && !phone->settled()) return false;
        }
        return true;
      },
      timeout_ms);
  std::string states;
  for (auto& [id, phone] : phones) states += "\n" + id + ": " + phone->state();
  EXPECT_TRUE(settled) << "something is still unacknowledged or missing:" << states;
}

MutationResult World::result(Phone& phone, std::uint64_t n) {
  if (!eventually([&] { return phone.acknowledged(n); })) {
    ADD_FAILURE() << "no ack for n=" << n << " of " << phone.id();
    return {};
  }
  const auto* found = phone.result(n);
  if (found == nullptr) {
    ADD_FAILURE() << "n=" << n << " of " << phone.id() << " is acknowledged without a result";
    return {};
  }
  return *found;
}

std::string World::outcome(Phone& phone, std::uint64_t n) {
  return phone.acknowledged(n) || eventually([&] { return phone.acknowledged(n); })
             ? to_string(result(phone, n).status)
             : "";
}

Notice World::notice(Phone& phone, Code code) {
  const Notice* found = nullptr;
  eventually([&] {
    for (const auto& notice : phone.notices()) {
      if (notice.code == code) found = &notice;
    }
    return found != nullptr;
  });
  if (found == nullptr) {
    ADD_FAILURE() << phone.id() << " got no notice " << to_string(code);
    return {};
  }
  return *found;
}

std::string World::server(const std::string& scope) {
  auto reader = open_reader(bridge.store());
  if (!reader) return reader.error().message;
  const auto view = (*reader)->view();
  const auto row = view->scope(scope);
  std::map<std::string, Document> documents;
  if (!row) return dump(documents);
  view->changes(row->id, 0, row->seq, [&](Change&& change) {
    if (!change.deleted) {
      documents[change.id] = {change.version, change.seq, change.ts, change.by, Json::parse(change.data)};
    }
    return true;
  });
  return dump(documents);
}

std::vector<std::string> World::client(const std::string& tool, const std::string& id,
                                       std::vector<std::string> arguments) {
  std::vector<std::string> all = {
      tool,        "-h", "127.0.0.1",       "-p", std::to_string(broker.port()), "-i", id, "-u",
      user_of(id), "-P", token(user_of(id))};
  all.insert(all.end(), arguments.begin(), arguments.end());
  return all;
}

std::string dump(Phone& phone, const std::string& scope) {
  return dump(phone.replica(scope).documents());
}

}  // namespace msync::test
