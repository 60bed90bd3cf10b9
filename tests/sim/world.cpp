#include "tests/sim/world.h"

#include "tests/sim/order_probe.h"
#include "tests/sim/violation.h"

namespace msync::sim {
namespace {

constexpr std::uint8_t reads_and_writes = 3;

std::string schema(const std::string& name, const std::string& conflict) {
  return R"({"type":"object","additionalProperties":false,"properties":{"a":{},"b":{},"c":{},
    "likes":{"type":"integer","maximum":20,"x-merge":"counter"},"tags":{"type":"array","x-merge":"set"},
    "top":{"type":"integer","x-merge":"max"}},"x-sync":{"topic":")" +
         name + R"(/{x}","conflict":")" + conflict +
         R"(","access":[{"allow":["read","write"]}],"history":"1d"}})";
}

/// Loaded once: every simulation has the same.
std::shared_ptr<const Collections> collections() {
  static const auto loaded = [] {
    auto files = Collections::load({{"latest.json", schema("latest", "lww")},
                                    {"merging.json", schema("merging", "merge")},
                                    {"refusing.json", schema("refusing", "reject")}});
    if (!files.problems.empty()) throw std::logic_error(to_string(files.problems[0]));
    return std::make_shared<const Collections>(std::move(files.collections));
  }();
  return loaded;
}

Operation operation(Op op, int entity, Json data = nullptr) {
  return {op, "e" + std::to_string(entity), {}, {}, std::move(data), {}};
}

constexpr std::int64_t minute_ms = 60'000;
constexpr std::int64_t year_ms = 365LL * 24 * 60 * minute_ms;
constexpr std::array<std::int64_t, 9> clock_offsets_ms = {
    0, 3 * year_ms, -3 * year_ms, minute_ms, -minute_ms, 3 * minute_ms, -3 * minute_ms, 60 * minute_ms, 7};

}  // namespace

World::World(const Plan& plan, const std::string& name)
    : plan_(plan),
      choices_(plan.seed),
      collections_(collections()),
      scopes_({"latest/1", "merging/1", "refusing/1"}),
      rights_(static_cast<std::size_t>(plan.phones)),
      ledger_(*collections_, [this](const MutationKey& key) { return journal_.asked(key); }),
      broker_(timeline_, choices_, collections_,
              [this](const std::string& client, const Address& address, bool receive) {
                return may(client, address, receive);
              }),
      server_(name, collections_, broker_, timeline_, choices_, ledger_) {
  server_.start();
  for (int i = 0; i < plan.phones; ++i) {
    for (const std::string& scope : scopes_) rights_[static_cast<std::size_t>(i)][scope] = reads_and_writes;
    const std::string user =
        i < 2 ? "ann" : "user" + std::to_string(i);  // two devices of one user, and others
    phones_.push_back(std::make_unique<Phone>(
        Phone::Parts{i, user, user + ":" + std::to_string(i), scopes_, broker_, timeline_, choices_, journal_,
                     [this, i](const std::string& scope, Right right) {
                       return (rights_[static_cast<std::size_t>(i)].at(scope) & static_cast<int>(right)) != 0;
                     }}));
    phones_.back()->start();
  }
}

World::Counts World::counts() const {
  Counts counts{timeline_.done(), journal_.wishes().size(), 0, broker_.lost};
  for (const auto& [topic, scope] : ledger_.scopes()) counts.changes += scope.facts.size();
  return counts;
}

void World::run() {
  timeline_.run_until(timeline_.now_ms() + 2000);
  for (const Step& step : plan_.steps) {
    this->step(step);
    timeline_.run_until(timeline_.now_ms() + 1 + choices_.below(40));
  }
}

/// What the plugin decides, from the rights that the plan gave.
bool World::may(const std::string& client, const Address& address, bool receive) const {
  if (client == Server::client) return true;
  const auto phone = static_cast<std::size_t>(std::stoi(client.substr(client.rfind(':') + 1)));
  const auto has = [&](Right right) {
    const auto found = rights_[phone].find(std::string(address.scope));
    return found != rights_[phone].end() && (found->second & static_cast<int>(right)) != 0;
  };
  switch (address.kind) {
    case Address::Kind::scope:
      if (receive) return address.leaf == Leaf::log && has(Right::read);
      return address.leaf == Leaf::in ? has(Right::write) : address.leaf <= Leaf::seen && has(Right::read);
    case Address::Kind::inbox_ack:
      return receive && address.client == client && has(Right::write);
    case Address::Kind::inbox_delta:
      return receive && address.client == client && has(Right::read);
    case Address::Kind::inbox_notice:
      return receive && address.client == client;
    case Address::Kind::status:
      return receive;
    default:
      return false;
  }
}

void World::set_rights(std::size_t phone, const std::string& scope, std::uint8_t rights) {
  const bool lost = (rights_[phone][scope] & ~rights) != 0;
  rights_[phone][scope] = rights;
  if (!lost) return;
  const std::string client = phones_[phone]->parts().client;
  if ((rights & static_cast<int>(Right::read)) == 0) {
    Notice notice;
    notice.code = Code::revoked;
    notice.scope = scope;
    broker_.tell(client, "sync/" + client + "/notice", encode(notice));
  }
  // At once, so that what is queued is judged anew; the notice waits for the next connection.
  broker_.disconnect(client);
}

// ---- Steps ------------------------------------------------------------------------------------------------

void World::step(const Step& step) {
  switch (step.what) {
    case Do::write:
    case Do::offline:
    case Do::online:
    case Do::crash:
    case Do::back_up_phone:
    case Do::restore_phone:
    case Do::clock:
    case Do::revoke:
    case Do::grant:
      return step_phone(step, *phones_[static_cast<std::size_t>(step.with[0] % plan_.phones)]);
    case Do::pass:
      return timeline_.run_until(timeline_.now_ms() + step.with[0]);
    case Do::faults:
      broker_.faults = {step.with[0], step.with[1], step.with[2], step.with[3]};
      return;
    case Do::queues:
      broker_.queue_max = 2 + static_cast<std::size_t>(step.with[0]);
      return;
    case Do::forget: {
      const int who = step.with[0] % (plan_.phones + 1);
      return broker_.forget(who == plan_.phones ? Server::client
                                                : phones_[static_cast<std::size_t>(who)]->parts().client);
    }
    case Do::broker_restart:
      broker_.restart(step.with[0]);
      return broker_.save_retained();
    case Do::reorder:
      return reorder(scopes_[static_cast<std::size_t>(step.with[0])], step.with[1], step.with[2]);
    case Do::quiet:
      return quiet();
    default:
      return step_server(step);
  }
}

void World::step_phone(const Step& step, Phone& phone) {
  switch (step.what) {
    case Do::write:
      return write(phone, step);
    case Do::offline:
      return phone.go_offline();
    case Do::online:
      return phone.go_online();
    case Do::crash:
      return phone.crash();
    case Do::back_up_phone:
      return phone.back_up();
    case Do::restore_phone:
      phone.restore();
      server_.deaf_until_ms[phone.parts().client] = timeline_.now_ms();
      return;
    case Do::clock:
      phone.clock_offset_ms = clock_offsets_ms[static_cast<std::size_t>(step.with[1])];
      return;
    default: {
      const std::string& scope = scopes_[static_cast<std::size_t>(step.with[1])];
      const auto number = static_cast<std::size_t>(phone.parts().number);
      const auto write_only = static_cast<std::uint8_t>(Right::write);
      if (step.what == Do::revoke) return set_rights(number, scope, 0);
      return set_rights(number, scope, step.with[2] == 1 ? write_only : reads_and_writes);
    }
  }
}

void World::step_server(const Step& step) {
  const int value = step.with[0];
  switch (step.what) {
    case Do::bridge_crash:
      server_.faults.die_in = value + 1;
      return;
    case Do::bridge_cut:
      server_.die_at_publish = value + 1;
      return;
    case Do::bridge_lost:
      return server_.lose_connection(value);
    case Do::store_fails:
      (value == 0   ? server_.faults.commits_refused
       : value == 1 ? server_.faults.commits_unsure
                    : server_.faults.begins_refused) = step.with[1] + 1;
      return;
    case Do::purge:
      return server_.purge(scopes_[static_cast<std::size_t>(value)], step.with[1]);
    case Do::sweep:
      return server_.sweep();
    case Do::backup:
      return server_.back_up();
    default:
      return server_.restore();
  }
}

/// Every value is new, so that whose it is can be seen.
Mutation World::mutation(int kind, int entity) {
  const int value = static_cast<int>(journal_.wishes().size());
  const std::string property(1, static_cast<char>('a' + value % 3));
  switch (kind) {
    case 0:
    case 1:
      return {{operation(Op::put, entity, {{"a", value}, {"likes", 1}})}, false};
    case 2:
      return {{operation(Op::put, entity, {{"b", value}, {"c", value}, {"tags", Json::array({"new"})}})},
              false};
    case 3:
    case 4:
      return {{operation(Op::patch, entity, {{property, value}})}, false};
    case 5:
      return {{operation(Op::patch, entity, {{"a", value}, {"b", value}})}, false};
    case 6:
      return {{operation(Op::patch, entity, {{property, nullptr}})}, false};
    case 7:
    case 8:
      return {{operation(Op::remove, entity)}, false};
    case 9:
      return {{operation(Op::patch, entity, {{"likes", {{"$inc", 1 + value % 3}}}})}, false};
    case 10:
      return {
          {operation(
              Op::patch, entity,
              {{"tags", {{"$add", {std::to_string(value % 5)}}, {"$remove", {std::to_string(value % 3)}}}}})},
          false};
    case 11:
      return {{operation(Op::patch, entity, {{"top", {{"$max", value}}}, {"c", value}})}, false};
    case 12:
      return {{operation(Op::put, entity, {{"a", value}}),
               operation(Op::patch, (entity + 1) % 4, {{"b", value}})},
              true};
    default:
      return {
          {operation(Op::patch, entity, {{"likes", {{"$inc", 1}}}}), operation(Op::remove, (entity + 1) % 4)},
          true};
  }
}

void World::write(Phone& phone, const Step& step) {
  const std::string& scope = scopes_[static_cast<std::size_t>(step.with[1])];
  if (!phone.parts().may(scope, Right::write)) return;
  const Phone::Saw saw = choices_.chance(10)   ? Phone::Saw::nothing
                         : choices_.chance(40) ? Phone::Saw::tombstone
                                               : Phone::Saw::version;
  phone.write(scope, mutation(step.with[2], step.with[3]), saw);
}

void World::reorder(const std::string& topic, int entity, int dice) {
  if (!server_.store_open()) return;
  const Address address = classify_scope(*collections_, topic);
  probe_order(server_.store(), *address.collection, topic, "e" + std::to_string(entity), ledger_,
              static_cast<std::uint64_t>(dice), timeline_.now_ms());
}

}  // namespace msync::sim
