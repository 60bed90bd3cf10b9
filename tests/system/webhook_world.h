// A world with webhooks, and receivers that do as they are told.
#pragma once

#include <algorithm>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "bridge/store/store.h"
#include "tests/system/support/wait.h"
#include "tests/system/support/world.h"

namespace msync::test {

inline constexpr const char* room_42 = "chat/42/messages";
inline constexpr const char* room_43 = "chat/43/messages";

/// A receiver that does as it is told: tests/system/webhook_receiver.mjs.
class Receiver {
 public:
  Receiver(const std::string& folder, const std::string& name, std::string secret_file)
      : control_(folder + "/" + name + ".control"), secret_file_(std::move(secret_file)) {
    open();
  }

  void open() {
    process_ = std::make_unique<Process>(
        std::vector<std::string>{"node", MSYNC_SOURCE_DIR "/tests/system/webhook_receiver.mjs",
                                 std::to_string(port), secret_file_, control_, certificate_});
    EXPECT_TRUE(eventually([&] { return accepts(port); })) << process_->err();
  }
  /// From the next open() on: https:// with FILE.crt and FILE.key.
  void shows(const std::string& file) { certificate_ = file; }
  void close() {
    process_->kill_hard();
    earlier_ += process_->out();
    process_.reset();
  }
  void answers(const std::string& control) { write_file(control_, control); }

  /// Every request, since the first start.
  std::vector<Json> requests() const {
    std::istringstream lines(earlier_ + (process_ ? process_->out() : ""));
    std::vector<Json> all;
    for (std::string line; std::getline(lines, line) && !lines.eof();) all.push_back(Json::parse(line));
    return all;
  }
  /// Those of a scope, with this status.
  std::vector<Json> of(const std::string& scope, const std::string& status = "204") const {
    std::vector<Json> some;
    for (const Json& request : requests()) {
      const Json& event = request["event"];
      const Json& of = event["type"] == "delta" ? event["delta"]["scope"] : event["scope"];
      if (of == scope && request["status"] == status) some.push_back(request);
    }
    return some;
  }
  /// Up to where a scope has arrived; each delta must go on where the one before ended, and hold what it says.
  std::uint64_t reached(const std::string& scope) const {
    std::uint64_t to = 0;
    for (const Json& request : of(scope)) {
      const auto delta = decode_delta(to_text(request["event"]["delta"]));
      EXPECT_TRUE(delta.ok()) << request;
      EXPECT_LE(delta->from, to) << "something is missing before " << request;
      to = std::max(to, delta->to);
    }
    return to;
  }

  const int port = free_port();

 private:
  std::string control_;
  std::string secret_file_;
  std::string certificate_;
  std::string earlier_;
  std::unique_ptr<Process> process_;
};

struct Webhook : World {
  Webhook() {
    write_file(secret_file, secret + "\n");
    write_file(hooks_file, hook("all", receiver.port));
    bridge.arguments() = {"--webhooks", hooks_file};
    claims["alice"] = claims["bob"] = R"({"rooms":["42","43"]})";
  }

  std::string hook(const std::string& name, int port, const std::string& more = "") const {
    return "[[webhook]]\nname = \"" + name + "\"\nurl = \"http://127.0.0.1:" + std::to_string(port) +
           "/hook\"\nsecret_file = \"" + secret_file + "\"\n" + more;
  }
  void writes(Phone& who, int count) {
    for (int i = 0; i < count; ++i) {
      const auto n = who.writes("m" + std::to_string(i % 7), {{"text", secret_text + std::to_string(i)}});
      if (i == count - 1) EXPECT_EQ(outcome(who, n), "applied");
    }
  }
  Phone& in_room_43() {
    PhoneOptions options;
    options.scopes = {room_43};
    return new_phone("bob:b", options);
  }
  std::uint64_t head(Phone& who) { return who.replica().seq(); }
  bool reaches(const Receiver& where, const std::string& scope, std::uint64_t seq, int timeout_ms = 20'000) {
    return eventually([&] { return where.reached(scope) >= seq; }, timeout_ms);
  }
  std::uint64_t stored_cursor(const std::string& name, const std::string& scope) {
    const auto reader = std::move(*open_reader(bridge.store()));
    const auto view = reader->view();
    return view->webhook(name)[view->scope(scope).value_or(ScopeRow{}).id];
  }
  bool logged(const std::string& words) { return bridge.log().find(words) != std::string::npos; }

  const std::string secret = "a webhook's secret of thirty-two bytes, or more";
  const std::string secret_text = "nobody's business ";
  const std::string secret_file = broker.folder() / "hook.secret";
  const std::string hooks_file = broker.folder() / "hooks.toml";
  Receiver receiver{broker.folder() / "", "all", (write_file(secret_file, secret + "\n"), secret_file)};
};

}  // namespace msync::test
