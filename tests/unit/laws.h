// What the laws of reconcile are made of: histories of real writes by devices that see, write and come back, never
// invented states. Everything is made of small numbers, so that rapidcheck shrinks a failure to a readable one.
// RC_PARAMS (max_success=…, seed=…, reproduce=…) in the environment is rapidcheck's.
#pragma once

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <ostream>

#include "core/reconcile.h"

namespace msync::laws {

/// Cases a law, where the environment does not say.
inline const int more_cases = ::setenv("RC_PARAMS", "max_success=1500", 0);

enum class Kind { put, patch, removal, increment, collect, extreme, mixed };

/// What one device does. The numbers choose; see Device::write().
struct Move {
  int who = 0;
  Kind kind = Kind::put;
  int sees = 0;  // 0: looks first, 1: knows what it knew, 2: blind
  int late = 0;  // ms by which its clock runs ahead of what it must be above
  int fields = 0;
  int value = 0;
};

/// A write under way.
struct Letter {
  Writer writer;
  Operation operation;
};

constexpr std::int64_t now_ms = 1'000'000'000;  // when all letters arrive: no honest clock here is clamped

inline std::ostream& operator<<(std::ostream& out, const Letter& letter) {
  static constexpr std::array names{"put", "patch", "delete", "noop"};
  const auto& operation = letter.operation;
  out << letter.writer.user << " " << names[static_cast<std::size_t>(operation.op)] << " base ";
  operation.base ? out << *operation.base : out << "-";
  out << " ts ";
  operation.ts ? out << *operation.ts : out << "-";
  return out << " " << (operation.op == Op::remove ? "" : to_text(operation.data));
}

inline std::ostream& operator<<(std::ostream& out, const Move& move) {
  static constexpr std::array kinds{"put", "patch", "removal", "increment", "collect", "extreme", "mixed"};
  return out << "{" << move.who << " " << kinds[static_cast<std::size_t>(move.kind)] << " sees " << move.sees
             << " late " << move.late << " fields " << move.fields << " value " << move.value << "}";
}

/// rapidcheck would keep a range small in a small case.
template <typename Number>
rc::Gen<Number> any_of_range(Number from, Number behind) {
  return rc::gen::resize(rc::kNominalSize, rc::gen::inRange(from, behind));
}

inline rc::Gen<Move> moves_of(std::vector<Kind> kinds, int late_most = 12) {
  using namespace rc;
  return gen::build<Move>(
      gen::set(&Move::who, any_of_range(0, 4)), gen::set(&Move::kind, gen::elementOf(std::move(kinds))),
      gen::set(&Move::sees, any_of_range(0, 3)), gen::set(&Move::late, any_of_range(0, late_most)),
      gen::set(&Move::fields, any_of_range(0, 16)), gen::set(&Move::value, any_of_range(0, 10)));
}

inline rc::Gen<std::vector<Move>> histories(std::vector<Kind> kinds, std::size_t most = 8) {
  return rc::gen::resize(static_cast<int>(most),
                         rc::gen::container<std::vector<Move>>(moves_of(std::move(kinds))));
}

inline const std::vector<Kind> any_kind{Kind::put,     Kind::patch,   Kind::removal, Kind::increment,
                                        Kind::collect, Kind::extreme, Kind::mixed};

inline rc::Gen<std::string> policies() {
  return rc::gen::element<std::string>("lww", "reject", "merge");
}

/// Properties a, b, c hold whole numbers, "text" must be there and fits up to 8 characters.
inline Json document_of(const Move& move) {
  Json document{{"text", "t" + std::to_string(move.value)}};
  if (move.fields & 1) document["a"] = move.value;
  if (move.fields & 2) document["b"] = move.value;
  if (move.fields & 4) document["c"] = move.value;
  if (move.fields & 8) document["likes"] = move.value;
  return document;
}

inline Json patch_of(const Move& move) {
  Json patch = Json::object();
  if (move.fields & 1) patch["a"] = move.value;
  if (move.fields & 2) patch["b"] = move.value % 3 == 0 ? Json() : Json(move.value);
  if (move.fields & 4) patch["c"] = nullptr;
  if (move.fields & 8 || patch.empty()) patch["text"] = "p" + std::to_string(move.value);
  return patch;
}

inline Operation operation_of(const Move& move) {
  Operation operation;
  operation.id = "e";
  operation.op = move.kind == Kind::put ? Op::put : move.kind == Kind::removal ? Op::remove : Op::patch;
  const Json number = move.value;
  switch (move.kind) {
    case Kind::put:
      operation.data = document_of(move);
      break;
    case Kind::patch:
      operation.data = patch_of(move);
      break;
    case Kind::removal:
      break;
    case Kind::mixed:
      operation.data = patch_of(move);
      [[fallthrough]];
    case Kind::increment:
      operation.data["likes"] = Json{{"$inc", move.value - 3}};
      break;
    case Kind::collect:
      operation.data["tags"] = Json{{move.fields & 1 ? "$remove" : "$add", Json::array({number})}};
      break;
    case Kind::extreme:
      operation.data = Json{{"best", {{"$max", number}}}, {"least", {{"$min", number}}}};
      break;
  }
  return operation;
}

/// A replica that follows the protocol: its ts is above that of the version it saw, and above its own last.
struct Device {
  std::string user;
  std::string src;
  std::uint64_t saw_version = 0;
  std::int64_t saw_ts = 0;
  std::int64_t last_ts = 0;
  std::uint64_t n = 0;

  void look(const std::optional<Entity>& standing) {
    saw_version = standing ? standing->version : 0;
    saw_ts = standing ? standing->ts : 0;
  }

  Letter write(const Move& move) {
    Letter letter{{user, src, ++n, now_ms}, operation_of(move)};
    if (move.sees != 2) letter.operation.base = saw_version;
    last_ts = std::max(saw_ts, last_ts) + 1 + move.late;
    letter.operation.ts = last_ts;
    return letter;
  }
};

/// One entity under one policy, and who writes to it.
class Bench {
 public:
  explicit Bench(const std::string& policy) : collections_(collections(policy)) {}

  const Collection& collection() const { return *collections_->find("t"); }

  Decision judge(const Letter& letter) const {
    return reconcile(collection(), standing ? &*standing : nullptr, letter.operation, letter.writer, 0);
  }

  Decision arrive(const Letter& letter) {
    Decision decision = judge(letter);
    if (decision.entity) standing = decision.entity;
    return decision;
  }

  Letter write(const Move& move) {
    Device& device = devices.at(static_cast<std::size_t>(move.who));
    if (move.sees == 0) device.look(standing);
    return device.write(move);
  }

  void run(const std::vector<Move>& history) {
    for (const Move& move : history) arrive(write(move));
  }

  /// What readers can tell apart, without version and seq.
  std::string text() const {
    if (!standing) return "none";
    return standing->deleted ? "deleted" : to_text(standing->data);
  }

  std::optional<Entity> standing;
  std::array<Device, 4> devices{Device{"alice", "aaaaaaaaaaaaaaaa"}, Device{"bob", "bbbbbbbbbbbbbbbb"},
                                Device{"carol", "cccccccccccccccc"}, Device{"dave", "dddddddddddddddd"}};

 private:
  static std::shared_ptr<const Collections> collections(const std::string& policy) {
    static std::map<std::string, std::shared_ptr<const Collections>> loaded;
    auto& found = loaded[policy];
    if (!found) {
      auto made = Collections::load(
          {{"t.json", R"({"type":"object","required":["text"],"properties":{
        "text":{"type":"string","maxLength":8},"a":{"type":"integer"},
        "likes":{"type":"integer","x-merge":"counter"},"tags":{"type":"array","x-merge":"set"},
        "best":{"type":"integer","x-merge":"max"},"least":{"type":"integer","x-merge":"min"}},
        "x-sync":{"topic":"t/{x}","conflict":")" +
                          policy + R"(","access":[{"allow":["read","write"]}],"max_bytes":200}})"}});
      for (const auto& problem : made.problems) ADD_FAILURE() << to_string(problem);
      found = std::make_shared<const Collections>(std::move(made.collections));
    }
    return found;
  }

  std::shared_ptr<const Collections> collections_;
};

/// A bench on which the entity exists, after a real history; nobody has looked since unless the history says so.
inline Bench existing(const std::string& policy, const std::vector<Move>& history) {
  Bench bench(policy);
  Move create;
  create.fields = 7;
  bench.arrive(bench.write(create));
  for (Device& device : bench.devices) device.look(bench.standing);
  bench.run(history);
  return bench;
}

}  // namespace msync::laws
