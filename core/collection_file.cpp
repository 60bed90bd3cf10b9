#include "core/collection_file.h"

#include <algorithm>
#include <set>
#include <utility>

#include "core/base64url.h"
#include "core/collection_access.h"
#include "core/hmac.h"
#include "core/report.h"
#include "core/schema_check.h"

namespace msync {
namespace {

const char* spelling(Operator op) {
  switch (op) {
    case Operator::counter:
      return "counter";
    case Operator::set:
      return "set";
    case Operator::max:
      return "max";
    case Operator::min:
      return "min";
  }
  return "";
}

std::optional<Operator> parse_operator(const Json& value) {
  for (const Operator op : {Operator::counter, Operator::set, Operator::max, Operator::min}) {
    if (value == spelling(op)) return op;
  }
  return std::nullopt;
}

std::optional<Conflict> parse_conflict(const Json& value) {
  if (value == "lww") return Conflict::lww;
  if (value == "reject") return Conflict::reject;
  return value == "merge" ? std::optional(Conflict::merge) : std::nullopt;
}

/// The file's name without folder and `.json`.
std::string collection_name(const std::string& path) {
  std::string name = path.substr(path.rfind('/') + 1);
  if (name.ends_with(".json")) name.resize(name.size() - 5);
  return name;
}

bool is_collection_name(const std::string& name) {
  return !name.empty() && name.size() <= limits::max_level_bytes &&
         std::all_of(name.begin(), name.end(), [](char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
                  c == '-';
         });
}

/// "line 3, column 7" of the byte with this number, counted from 1; columns are bytes.
std::string line_and_column(std::string_view bytes, std::size_t byte) {
  const std::string_view before = bytes.substr(0, byte == 0 ? 0 : byte - 1);
  const auto line = 1 + std::count(before.begin(), before.end(), '\n');
  const std::size_t column = before.size() - (before.rfind('\n') + 1) + 1;
  return "line " + std::to_string(line) + ", column " + std::to_string(column);
}

// ---- x-sync ---------------------------------------------------------------------------------------------

class SyncReader {
 public:
  SyncReader(Report& report, Collection& collection) : report_(report), collection_(collection) {}

  void read(const Json& file) {
    const auto sync = file.find("x-sync");
    if (sync == file.end() || !sync->is_object()) {
      report_.add(sync == file.end() ? "" : "/x-sync",
                  sync == file.end() ? "lacks x-sync" : "must be an object",
                  R"(add "x-sync":{"topic":"NAME/{id}","access":[{"allow":["read","write"]}]})");
      return;
    }
    unknown_keys(*sync);
    const bool topic = read_topic(*sync);
    if (const Json* access = required(*sync, "access", R"(add "access":[{"allow":["read","write"]}])")) {
      collection_.access = read_access(*access, topic ? &collection_.topic : nullptr, report_);
    }
    options(*sync);
  }

 private:
  void unknown_keys(const Json& sync) {
    static const std::set<std::string, std::less<>> known = {
        "topic", "access", "conflict", "max_bytes", "retain_docs", "history", "tombstones"};
    for (const auto& entry : sync.items()) {
      if (known.contains(entry.key())) continue;
      report_.add(
          "/x-sync/" + pointer_escape(entry.key()), "is unknown",
          "x-sync has topic, access, conflict, max_bytes, retain_docs, history and tombstones; remove or "
          "rename it");
    }
  }

  const Json* required(const Json& sync, const char* key, const char* remedy) {
    const auto found = sync.find(key);
    if (found != sync.end()) return &*found;
    report_.add("/x-sync", std::string("lacks ") + key, remedy);
    return nullptr;
  }

  bool read_topic(const Json& sync) {
    const Json* value = required(sync, "topic", R"(add "topic":"NAME/{id}")");
    if (!value) return false;
    if (!value->is_string()) {
      report_.add("/x-sync/topic", "must be a string", R"(write a template, such as "chat/{room}/messages")");
      return false;
    }
    auto topic = TopicTemplate::parse(value->get_ref<const std::string&>());
    if (!topic) {
      report_.add("/x-sync/topic", topic.error().message, "write a template, such as chat/{room}/messages");
      return false;
    }
    collection_.topic = *std::move(topic);
    return true;
  }

  void options(const Json& sync) {
    if (const auto value = sync.find("conflict"); value != sync.end()) {
      const auto conflict = parse_conflict(*value);
      if (!conflict) report_.add("/x-sync/conflict", "is unknown", "write lww, reject or merge");
      collection_.conflict = conflict.value_or(Conflict::lww);
    }
    if (const auto value = sync.find("max_bytes"); value != sync.end()) max_bytes(*value);
    if (const auto value = sync.find("retain_docs"); value != sync.end()) {
      if (!value->is_boolean())
        report_.add("/x-sync/retain_docs", "must be true or false", "write true or false");
      collection_.retain_docs = value->is_boolean() && value->get<bool>();
    }
    duration(sync, "history", "0d", collection_.history_ms);
    duration(sync, "tombstones", "90d", collection_.tombstones_ms);
  }

  void max_bytes(const Json& value) {
    if (value.is_number_unsigned() && value >= 1U && value <= limits::max_document_bytes) {
      collection_.max_bytes = value.get<std::size_t>();
      return;
    }
    report_.add("/x-sync/max_bytes",
                "must be an integer from 1 to " + std::to_string(limits::max_document_bytes),
                "a document and its envelope must fit one message; split larger documents");
  }

  void duration(const Json& sync, const char* key, const char* otherwise, std::int64_t& into) {
    const auto value = sync.find(key);
    const bool text = value == sync.end() || value->is_string();
    const auto parsed = parse_duration_ms(value == sync.end() ? otherwise
                                          : text              ? value->get<std::string>()
                                                              : "");
    if (parsed) {
      into = *parsed;
      return;
    }
    report_.add(std::string("/x-sync/") + key, "must be a duration of at most 36500d",
                "write 30s, 10m, 12h or 90d, as a string");
  }

  Report& report_;
  Collection& collection_;
};

// ---- x-merge --------------------------------------------------------------------------------------------

/// True if every type that the schema of the property allows suits the operator.
bool type_fits(Operator op, const Json& property) {
  const auto found = property.find("type");
  if (found == property.end()) return false;
  const auto suits = [op](const Json& type) {
    if (op == Operator::set) return type == "array";
    const bool number = type == "number" || type == "integer";
    return number || (op != Operator::counter && type == "string");
  };
  const Json types = found->is_array() ? *found : Json::array({*found});
  return !types.empty() && std::all_of(types.begin(), types.end(), suits);
}

const char* type_remedy(Operator op) {
  switch (op) {
    case Operator::counter:
      return R"(a counter has "type":"integer" or "number")";
    case Operator::set:
      return R"(a set has "type":"array")";
    case Operator::max:
    case Operator::min:
      return R"(max and min have "type":"integer", "number" or "string")";
  }
  return "";
}

class MergeReader {
 public:
  MergeReader(Report& report, Collection& collection) : report_(report), collection_(collection) {}

  void read(const Json& file) {
    const auto found = file.find("properties");
    const Json properties = found != file.end() && found->is_object() ? *found : Json::object();
    for (const auto& entry : properties.items()) {
      top_level_.insert("/properties/" + pointer_escape(entry.key()));
      if (entry.value().is_object() && entry.value().contains("x-merge"))
        property(entry.key(), entry.value());
    }
    schema::walk(file, [this](const std::string& at, const Json& schema) { strangers(at, schema); });
  }

 private:
  void property(const std::string& name, const Json& schema) {
    const std::string place = "/properties/" + pointer_escape(name) + "/x-merge";
    const auto op = parse_operator(schema["x-merge"]);
    if (!op) {
      report_.add(place, "is unknown", "write counter, set, max or min");
    } else if (!type_fits(*op, schema)) {
      report_.add(place, std::string("the property's type does not fit ") + spelling(*op), type_remedy(*op));
    } else {
      collection_.operators[name] = *op;
    }
  }

  /// x-merge where it has no meaning, and keys that were meant to be x-merge or x-sync.
  void strangers(const std::string& at, const Json& schema) {
    if (!schema.is_object()) return;
    for (const auto& entry : schema.items()) {
      const std::string& key = entry.key();
      const std::string place = at + "/" + pointer_escape(key);
      if (key == "x-merge") {
        if (!top_level_.contains(at)) {
          report_.add(place, "is only for properties of the document itself",
                      "move the property to the top level");
        }
      } else if (key == "x-sync") {
        if (!at.empty())
          report_.add(place, "is only for the top of the file", "move it to the top of the file");
      } else if (key.starts_with("x-sync") || key.starts_with("x-merge")) {
        report_.add(place, "is unknown", "write x-sync or x-merge, or remove it");
      }
    }
  }

  Report& report_;
  Collection& collection_;
  std::set<std::string> top_level_;
};

/// Of all that decides which documents fit. To be changed where this program judges a schema otherwise than before:
/// every store is then held against it once more.
constexpr std::string_view judge = "mosquitto-sync schema 1";

std::string fingerprint_of(Json file, std::size_t max_bytes) {
  file.erase("x-sync");  // topic, access and policies say nothing about a document
  return base64url_encode(hmac_sha256(judge, {to_text(file), "\n", std::to_string(max_bytes)}));
}

// ---- The file -------------------------------------------------------------------------------------------

void read_schema(const Json& file, Report& report, Collection& collection) {
  if (file.value("type", Json()) != "object") {
    report.add(file.contains("type") ? "/type" : "", "documents must be objects",
               R"(write "type":"object" at the top)");
  }
  const std::vector<Error> mistakes = schema::mistakes(file);
  for (const Error& mistake : mistakes) {
    report.add(mistake.path, mistake.message, "docs/schemas.md shows each keyword");
  }
  if (!mistakes.empty()) return;
  auto compiled = Schema::compile(file);
  if (compiled) {
    collection.schema = *std::move(compiled);
  } else {
    report.add(compiled.error().path, compiled.error().message, "docs/schemas.md shows how to refer");
  }
}

std::optional<Json> parse_file(const SchemaFile& file, Report& report) {
  std::size_t byte = 0;
  auto parsed = parse_json(file.bytes, schema::max_schema_depth, &byte);
  if (!parsed) {
    report.add(line_and_column(file.bytes, byte), parsed.error().message,
               "mend the JSON at or just before this place");
    return std::nullopt;
  }
  if (!parsed->is_object()) {
    report.add("", "must be a JSON object", "docs/schemas.md has an example to start from");
    return std::nullopt;
  }
  return *std::move(parsed);
}

}  // namespace

std::optional<Collection> read_collection(const SchemaFile& file, std::vector<Problem>& problems) {
  Report report(file.path, problems);
  Collection collection;
  collection.file = file.path;
  collection.name = collection_name(file.path);
  if (!is_collection_name(collection.name)) {
    report.add("", "its name is the collection's name and must be of A-Z, a-z, 0-9, _ and -",
               "rename the file");
  }
  const auto json = parse_file(file, report);
  if (!json) return std::nullopt;
  SyncReader(report, collection).read(*json);
  MergeReader(report, collection).read(*json);
  read_schema(*json, report, collection);
  collection.fingerprint = fingerprint_of(*json, collection.max_bytes);
  return report.clean() ? std::optional(std::move(collection)) : std::nullopt;
}

}  // namespace msync
