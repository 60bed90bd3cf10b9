#include "tests/system/support/protocol_check.h"

#include <gtest/gtest.h>

#include <map>
#include <memory>
#include <mutex>

#include "core/json.h"
#include "core/schema.h"
#include "tests/system/support/wait.h"

namespace msync::test {

namespace {

const Schema& schema_of(const std::string& kind) {
  static std::mutex mutex;
  static std::map<std::string, std::shared_ptr<const Schema>> known;
  const std::scoped_lock lock(mutex);
  auto& schema = known[kind];
  if (!schema) {
    const std::string path = MSYNC_SOURCE_DIR "/schemas/protocol/" + kind + ".json";
    auto json = parse_json(read_whole(path));
    if (!json) throw std::runtime_error(path + ": " + json.error().message);
    auto compiled = Schema::compile(*json);
    if (!compiled)
      throw std::runtime_error(path + ": " + compiled.error().path + " " + compiled.error().message);
    schema = *compiled;
  }
  return *schema;
}

bool has_level(std::string_view topic, std::string_view level) {
  return topic.find(level) != topic.npos;
}

}  // namespace

std::string kind_of(std::string_view topic) {
  if (topic == "sync/status") return "status";
  if (topic.starts_with("sync/")) {
    if (has_level(topic, "/ack/")) return "ack";
    if (has_level(topic, "/delta/")) return "delta";
    return topic.ends_with("/notice") ? "notice" : "";
  }
  if (has_level(topic, "/doc/")) return "change";
  for (const char* leaf : {"in", "pull", "seen"}) {
    if (topic.ends_with(std::string("/") + leaf)) return leaf;
  }
  return topic.ends_with("/log") ? "delta" : "";
}

void expect_valid(std::string_view topic, std::string_view payload) {
  const std::string kind = kind_of(topic);
  if (kind.empty() || (kind == "change" && payload.empty())) return;
  const auto json = parse_payload(payload);
  if (!json) {
    ADD_FAILURE() << topic << ": " << json.error().message << "\n" << payload.substr(0, 500);
    return;
  }
  const auto error = schema_of(kind).validate(*json);
  if (error) {
    ADD_FAILURE() << topic << " against schemas/protocol/" << kind << ".json: " << error->path << " "
                  << error->message << "\n"
                  << to_text(*json).substr(0, 2000);
  }
}

}  // namespace msync::test
