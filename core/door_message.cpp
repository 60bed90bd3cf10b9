#include "core/door_message.h"

#include <map>
#include <utility>

#include "core/json.h"
#include "core/message_fields.h"
#include "core/topic.h"

namespace msync {
namespace {

constexpr std::size_t max_token_id_bytes = 256;

Json named(const Revocation& revocation) {
  return revocation.user.empty() ? Json{{"token_id", revocation.token_id}} : Json{{"user", revocation.user}};
}

Revocation read_named(Fields& fields) {
  Revocation revocation;
  revocation.user = fields.maybe_text("user");
  revocation.token_id = fields.maybe_text("token_id");
  if (revocation.user.empty() == revocation.token_id.empty())
    fields.fail("user", "or token_id, one of the two");
  if (!revocation.user.empty() && !valid_level(revocation.user)) fields.fail("user", "cannot be a user");
  if (revocation.token_id.size() > max_token_id_bytes) fields.fail("token_id", "is too long");
  return revocation;
}

void read_members(Fields& fields, const char* name, bool present, std::vector<Member>& into) {
  const Json* scopes = fields.maybe_object(name);
  if (!scopes) return;
  for (const auto& [scope, users] : scopes->items()) {
    if (!users.is_array()) return fields.fail(name, "must have lists of users");
    for (const Json& user : users) {
      if (!user.is_string()) return fields.fail(name, "must have users' names");
      into.push_back({scope, user.get<std::string>(), present});
    }
  }
}

}  // namespace

bool revokes(const Revocation& revocation, const Identity& who) {
  if (!revocation.token_id.empty()) {
    const auto id = who.claims.find("jti");
    return id != who.claims.end() && id->is_string() && *id == revocation.token_id;
  }
  if (revocation.user != who.user) return false;
  const auto issued = who.claims.find("iat");
  return issued == who.claims.end() || !issued->is_number() ||
         issued->get<double>() < static_cast<double>(revocation.at_s) + 1;
}

std::string encode_revoke(const Revocation& revocation) {
  return to_text(named(revocation));
}

Result<Revocation> decode_revoke(std::string_view payload) {
  const auto body = parse_message(payload);
  if (!body) return body.error();
  Fields fields(*body);
  Revocation revocation = read_named(fields);
  if (fields.fault()) return *fields.fault();
  return revocation;
}

std::string encode(const std::vector<Revocation>& revoked) {
  Json list = Json::array();
  for (const Revocation& revocation : revoked) {
    Json entry = named(revocation);
    entry["at_s"] = revocation.at_s;
    entry["until_s"] = revocation.until_s;
    list.push_back(std::move(entry));
  }
  return to_text({{"revoked", std::move(list)}});
}

Result<std::vector<Revocation>> decode_revoked(std::string_view payload) {
  const auto body = parse_envelope(payload);
  if (!body) return body.error();
  Fields fields(*body);
  std::vector<Revocation> revoked;
  const Json* list = fields.array("revoked");
  if (list && list->size() > limits::revocations) fields.fail("revoked", "has too many entries");
  for (std::size_t i = 0; list && i < list->size() && !fields.fault(); ++i) {
    if (!(*list)[i].is_object()) {
      fields.fail("revoked", "must be a list of objects");
      break;
    }
    Fields entry((*list)[i], "revoked/" + std::to_string(i));
    Revocation revocation = read_named(entry);
    revocation.at_s = static_cast<std::int64_t>(entry.number("at_s"));
    revocation.until_s = static_cast<std::int64_t>(entry.number("until_s"));
    fields.adopt(entry);
    revoked.push_back(std::move(revocation));
  }
  if (fields.fault()) return *fields.fault();
  return revoked;
}

std::string encode(const MembersMessage& message) {
  std::map<std::pair<std::string, std::string>, bool> newest;
  for (const Member& member : message.members) newest[{member.scope, member.user}] = member.present;
  Json add = Json::object();
  Json remove = Json::object();
  for (const auto& [member, present] : newest)
    (present ? add : remove)[member.first].push_back(member.second);
  Json body = Json::object();
  if (message.first) body["first"] = true;
  if (message.last) body["last"] = true;
  if (!add.empty()) body["add"] = std::move(add);
  if (!remove.empty()) body["remove"] = std::move(remove);
  return to_text(body);
}

Result<MembersMessage> decode_members(std::string_view payload) {
  const auto body = parse_envelope(payload);
  if (!body) return body.error();
  Fields fields(*body);
  MembersMessage message;
  message.first = fields.flag("first");
  message.last = fields.flag("last");
  read_members(fields, "add", true, message.members);
  read_members(fields, "remove", false, message.members);
  if (fields.fault()) return *fields.fault();
  return message;
}

std::string encode_keys_wanted(std::string_view kid) {
  std::string name(kid.substr(0, limits::max_echo_bytes));
  if (!valid_utf8(name)) name.clear();
  return to_text({{"kid", std::move(name)}});
}

}  // namespace msync
