// One simulation: a server, a broker, phones and their users, following a plan.
//
// run() throws Violation when something that always holds did not; the trace then tells what happened. One thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/sim/phone.h"
#include "tests/sim/plan.h"
#include "tests/sim/server.h"

namespace msync::sim {

class World {
 public:
  /// `name` tells stores in memory apart.
  World(const Plan& plan, const std::string& name);

  void run();

  struct Counts {
    std::uint64_t events = 0;
    std::uint64_t wishes = 0;
    std::uint64_t changes = 0;
    std::uint64_t messages_lost = 0;
  };
  Counts counts() const;

 private:
  /// What phone i may do in scope s: bits of Right.
  using Rights = std::map<std::string, std::uint8_t>;

  void step(const Step& step);
  void step_phone(const Step& step, Phone& phone);
  void step_server(const Step& step);
  void write(Phone& phone, const Step& step);
  Mutation mutation(int kind, int entity);
  void set_rights(std::size_t phone, const std::string& scope, std::uint8_t rights);
  bool may(const std::string& client, const Address& address, bool receive) const;

  void quiet();
  bool all_agree();
  std::string who_disagrees();
  void check_scope(const std::string& topic);
  void check_phone(const Phone& phone, const std::string& topic);
  void check_wishes();
  void reorder(const std::string& topic, int entity, int dice);

  Plan plan_;
  Choices choices_;
  std::shared_ptr<const Collections> collections_;
  std::vector<std::string> scopes_;
  std::vector<Rights> rights_;
  Timeline timeline_;
  Journal journal_;
  Ledger ledger_;
  Broker broker_;
  Server server_;
  std::vector<std::unique_ptr<Phone>> phones_;
};

}  // namespace msync::sim
