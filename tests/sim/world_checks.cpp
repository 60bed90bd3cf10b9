// What must hold when everything has come to rest: docs/protocol.md, "What always holds".
#include "tests/sim/violation.h"
#include "tests/sim/world.h"

namespace msync::sim {
namespace {

/// Longer than the re-subscription period and the longest pauses together.
constexpr std::int64_t patience_ms = 40 * 60'000;

}  // namespace

/// The network heals, everybody is there, nobody writes: within the patience all must agree.
void World::quiet() {
  broker_.faults = {};
  broker_.queue_max = 1000;
  server_.faults = {};
  server_.die_at_publish = 0;
  for (const auto& phone : phones_) phone->go_online();
  const std::int64_t end_ms = timeline_.now_ms() + patience_ms;
  while (!all_agree()) {
    require(timeline_.now_ms() < end_ms, 8, "after 40 minutes of quiet: " + who_disagrees());
    timeline_.run_until(timeline_.now_ms() + 500);
  }
  for (const std::string& topic : scopes_) check_scope(topic);
  server_.verify();
  check_wishes();
}

bool World::all_agree() {
  return server_.is_idle() && who_disagrees().empty();
}

std::string World::who_disagrees() {
  for (const std::string& topic : scopes_) {
    const std::uint64_t head = server_.head(topic);
    for (const auto& phone : phones_) {
      if (phone->is_done(topic, server_.epoch(), head)) continue;
      const ScopeDatabase& disk = phone->scope(topic);
      return phone->parts().client + " is at seq " + std::to_string(disk.seq) + " of " + topic + ", head " +
             std::to_string(head) + ", with " + std::to_string(disk.outbox.size()) + " writes unsent" +
             (disk.in_snapshot ? ", in a snapshot" : "") + (disk.moving ? ", between epochs" : "") +
             (disk.epoch == server_.epoch() ? "" : ", of another epoch");
    }
  }
  return server_.is_idle() ? "" : "the bridge is busy";
}

/// The store holds what was committed, and every phone what the store holds.
void World::check_scope(const std::string& topic) {
  const auto view = server_.reader().view();
  const ScopeRow row = view->scope(topic).value_or(ScopeRow{});
  const Ledger::Scope& ledger = ledger_.scope(topic);
  require(row.seq == ledger.facts.size() && row.count == ledger.count && row.digest == ledger.digest, 1,
          topic + ": the store is at seq " + std::to_string(row.seq) + ", committed were " +
              std::to_string(ledger.facts.size()));
  std::size_t found = 0;
  view->changes(row.id, 0, row.seq, [&](Change&& change) {
    const auto entity = ledger.now.find(change.id);
    require(entity != ledger.now.end() && entity->second.version == change.version &&
                entity->second.seq == change.seq && entity->second.deleted == change.deleted &&
                (change.deleted || entity->second.data == Json::parse(change.data)),
            1, topic + "/" + change.id + " is not what was committed: " + encode(change));
    ++found;
    return true;
  });
  require(found == ledger.now.size(), 1, topic + ": the store lacks entities that were committed");
  for (const auto& phone : phones_) check_phone(*phone, topic);
}

void World::check_phone(const Phone& phone, const std::string& topic) {
  const ScopeDatabase& disk = phone.scope(topic);
  if (!phone.parts().may(topic, Right::read)) {
    require(disk.documents.empty() || !phone.wants_to_be_online(), 7,
            phone.parts().client + " keeps documents of " + topic + ", which was taken from it");
    return;
  }
  const Ledger::Scope& ledger = ledger_.scope(topic);
  require(disk.documents.size() == ledger.count, 4,
          phone.parts().client + " holds " + std::to_string(disk.documents.size()) + " documents of " +
              topic + ", not " + std::to_string(ledger.count));
  for (const auto& [id, document] : disk.documents) {
    const auto entity = ledger.now.find(id);
    require(entity != ledger.now.end() && !entity->second.deleted &&
                entity->second.version == document.version && entity->second.data == document.data &&
                entity->second.ts == document.ts,
            4, phone.parts().client + " holds another " + topic + "/" + id + ": " + document.data.dump());
  }
}

/// Every wish came to an end, and to the one that its user was told.
void World::check_wishes() {
  for (std::size_t i = 0; i < journal_.wishes().size(); ++i) {
    const Wish& wish = journal_.wishes()[i];
    const auto& phone = *phones_[static_cast<std::size_t>(wish.phone)];
    const std::string name = to_string(wish.key) + " of " + phone.parts().client;
    const bool may_wait = !phone.parts().may(wish.scope, Right::write);
    require(wish.end != Wish::End::none || may_wait, 8, name + " never ended");
    // Who may neither read nor write cannot learn what a restore took back.
    if (may_wait && !phone.parts().may(wish.scope, Right::read)) continue;
    // Its number is another's now: a device and the server both came back from backups.
    const std::size_t* named = journal_.find(wish.key);
    if (named == nullptr || *named != i) continue;
    if (wish.end == Wish::End::arrived || wish.end == Wish::End::answered) {
      const std::size_t made = ledger_.changes(wish.key);
      const MutationResult* result = ledger_.result(wish.key);
      require(wish.end != Wish::End::answered || result == nullptr || *result == wish.result, 1,
              name + ": the phone was told something else than the bridge decided");
      const bool told_stored = wish.end == Wish::End::answered && stored(wish.result.status);
      require(!told_stored || wish.forgotten || made == wish.result.changes.size(), 1,
              name + " was acknowledged and made " + std::to_string(made) + " changes");
    }
  }
}

}  // namespace msync::sim
