#include "cli/conflict_format.h"

#include "cli/clock.h"
#include "cli/watch_format.h"
#include "core/json.h"

namespace msync {
namespace {

std::string text_of(const Json& object, const char* name) {
  const auto found = object.find(name);
  if (found == object.end() || found->is_null()) return "";
  return found->is_string() ? found->get<std::string>() : to_text(*found);
}

std::string version_of(const Json& object, const char* name) {
  const std::string number = text_of(object, name);
  return number.empty() ? "" : "v" + number;
}

/// "alice (src b3c1…, n 17)".
std::string who(const std::string& user, const Json& object) {
  const std::string src = text_of(object, "src");
  if (src.empty()) return user;
  const std::string n = text_of(object, "n");
  return user + " (src " + src + (n.empty() ? "" : ", n " + n) + ")";
}

std::string at(const Json& object) {
  const auto ts = object.find("ts");
  return ts != object.end() && ts->is_number_integer() ? " at " + utc_text(ts->get<std::int64_t>()) : "";
}

std::string document_of(const Json& object) {
  if (const std::string bytes = text_of(object, "data_bytes"); !bytes.empty())
    return ": (" + bytes + " bytes, too large to be kept here)";
  const auto data = object.find("data");
  return data == object.end() ? "" : ": " + to_text(*data);
}

std::string mine_line(const Json& body) {
  const Json mine = body.value("mine", Json::object());
  return text_of(mine, "op") + " by " + who(text_of(body, "user"), body) + at(mine) + document_of(mine);
}

std::string theirs_line(const Json& body) {
  const Json theirs = body.value("theirs", Json());
  if (!theirs.is_object()) return "nothing: it was deleted and forgotten, or never was";
  return version_of(theirs, "version") + " by " + who(text_of(theirs, "by"), theirs) + at(theirs) +
         (theirs.contains("deleted") ? ", deleted" : "") + document_of(theirs);
}

}  // namespace

std::string conflict_text(const ConflictRecord& record, std::size_t width) {
  const Json body = Json::parse(record.text, nullptr, false);
  if (!body.is_object()) return {};  // what the store hands out is one
  const std::string base = version_of(body, "base");
  std::string text;
  for (const std::string& line :
       {utc_text(record.at_ms) + "  " + record.scope + "  " + record.id,
        "  base    " + (base.empty() ? "none" : base), "  mine    " + mine_line(body),
        "  theirs  " + theirs_line(body),
        "  winner  " + text_of(body, "winner") + " (" + text_of(body, "status") + ")"})
    text += for_terminal(line, width) + "\n";
  return text;
}

std::string conflict_json(const ConflictRecord& record) {
  const std::string rest = record.text == "{}" ? "}" : "," + record.text.substr(1);
  return "{\"at\":" + std::to_string(record.at_ms) + ",\"scope\":" + json_quoted(record.scope) +
         ",\"id\":" + json_quoted(record.id) + rest;
}

}  // namespace msync
