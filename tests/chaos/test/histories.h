// Small histories written by hand, for the checker.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>

#include "tests/chaos/check/checker.h"

namespace msync::chaos {

inline constexpr const char* scope = "notes/a";
inline constexpr const char* epoch = "1000-a";

/// Two writers and a fresh reader of one scope; the server's log is what change() says.
class Histories : public testing::Test {
 protected:
  Histories() {
    for (const auto& name : {"ann:x", "bob:x"}) start(name, false);
    start("auditor:r1", true);
    status("ann:x", epoch);
  }

  void start(const std::string& name, bool reader) {
    feed(name, "start",
         {{"client", name}, {"user", name.substr(0, 3)}, {"scopes", {scope}}, {"reader", reader}});
  }
  void status(const std::string& name, const std::string& of) {
    recv(name, "sync/status", {{"state", "online"}, {"epoch", of}});
  }
  void feed(const std::string& file, const char* event, Json line) {
    line["ev"] = event;
    facts.feed(file, line);
  }
  void recv(const std::string& name, const std::string& topic, const Json& message) {
    feed(name, "recv", {{"topic", topic}, {"msg", message}});
  }

  static std::string src(const std::string& name) { return "src-" + name; }

  /// `name` asks and sends; the write's uid is "<name> <n>".
  void sends(const std::string& name, std::uint64_t n, const Json& mutation, const std::string& of = epoch) {
    const std::string uid = name + " " + std::to_string(n);
    feed(name, "ask", {{"scope", scope}, {"uid", uid}, {"mutation", mutation}});
    feed(name, "send",
         {{"scope", scope},
          {"uids", {uid}},
          {"msg", {{"epoch", of}, {"src", src(name)}, {"n", n}, {"mutations", {mutation}}}}});
  }
  void acked(const std::string& name, std::uint64_t n, const std::string& status, const Json& changes,
             bool covers = true) {
    recv(name, "sync/" + name + "/ack/" + scope,
         {{"epoch", epoch},
          {"scope", scope},
          {"src", src(name)},
          {"n", n},
          {"head", 1},
          {"results", {{{"n", n}, {"status", status}, {"changes", changes}}}}});
    if (covers) covered(name, n);
  }
  void covered(const std::string& name, std::uint64_t n) {
    feed(name, "covered",
         {{"scope", scope}, {"epoch", epoch}, {"writes", {{n, name + " " + std::to_string(n)}}}});
  }
  /// A change on the log, as `to` reads it.
  void log(const std::string& to, std::uint64_t seq, std::uint64_t version, const std::string& id,
           const std::string& by, std::uint64_t n, const Json& data, const std::string& of = epoch) {
    Json change = {
        {"id", id},       {"seq", seq}, {"version", version}, {"ts", 100 + seq}, {"by", by.substr(0, 3)},
        {"src", src(by)}, {"n", n}};
    if (data.is_null())
      change["deleted"] = true;
    else
      change["data"] = data;
    recv(to, std::string(scope) + "/log",
         {{"epoch", of},
          {"scope", scope},
          {"from", seq - 1},
          {"to", seq},
          {"head", seq},
          {"changes", {change}}});
  }
  static Json held(std::uint64_t seq, std::uint64_t version, const std::string& by, const Json& data) {
    return {{"seq", seq}, {"version", version}, {"ts", 100 + seq}, {"by", by}, {"data", data}};
  }
  void rests(const std::string& name, std::uint64_t seq, const Json& documents,
             const std::string& of = epoch) {
    feed(name, "settled",
         {{"quiet", 1},
          {"scopes",
           {{scope,
             {{"epoch", of}, {"seq", seq}, {"digest", ""}, {"outbox", 0}, {"documents", documents}}}}}});
  }
  void all_rest(std::uint64_t seq, const Json& documents, const std::string& of = epoch) {
    for (const auto& name : {"ann:x", "bob:x", "auditor:r1"}) rests(name, seq, documents, of);
  }

  /// The promises that are broken, each once.
  std::set<int> broken() {
    std::set<int> numbers;
    said.clear();
    for (const auto& v : Checker(facts).verify(1)) {
      numbers.insert(v.invariant);
      said += std::to_string(v.invariant) + " " + v.what + "\n";
    }
    return numbers;
  }

  /// ann puts m, bob reads it, counts c to 3 and deletes nothing.
  void a_good_life() {
    sends("ann:x", 1, {{"op", "put"}, {"id", "m"}, {"base", 0}, {"data", {{"text", "one"}}}});
    acked("ann:x", 1, "applied", {{{"id", "m"}, {"version", 1}, {"seq", 1}}});
    log("bob:x", 1, 1, "m", "ann:x", 1, {{"text", "one"}});
    sends("bob:x", 1, increment(3));
    acked("bob:x", 1, "applied", {{{"id", "c0"}, {"version", 1}, {"seq", 2}}});
    log("ann:x", 2, 1, "c0", "bob:x", 1, {{"count", 3}});
  }
  static Json increment(int by) {
    return {{"op", "patch"}, {"id", "c0"}, {"base", 0}, {"data", {{"count", {{"$inc", by}}}}}};
  }
  static Json good_documents() {
    return {{"m", held(1, 1, "ann", {{"text", "one"}})}, {"c0", held(2, 1, "bob", {{"count", 3}})}};
  }

  Facts facts;
  std::string said;
};

using Broken = std::set<int>;

}  // namespace msync::chaos
