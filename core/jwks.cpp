#include "core/jwks.h"

#include <algorithm>

#include "core/base64url.h"
#include "core/json.h"

namespace msync {
namespace {

/// One JWK on its way to a key.
class Reader {
 public:
  Reader(const Json& jwk, std::string place) : jwk_(jwk), place_(std::move(place)) {}

  /// Nothing if the key is left out, or has a problem.
  std::optional<VerifyKey> read();

  std::optional<std::string> id;
  std::optional<Problem> problem;
  std::optional<Problem> warning;

 private:
  bool names_itself();
  bool meant_for_tokens();
  bool keeps_its_secret();
  std::optional<VerifyKey> make();
  std::optional<VerifyKey> taken(Result<VerifyKey> key);

  /// The kind's text: empty if it is not there or no text.
  std::string text(const char* member) const;
  /// A number or key in base64url; reports what is no such thing.
  std::optional<std::string> bytes(const char* member);
  /// The algorithm out of those that this kind has; nothing if it is left out or a problem.
  std::optional<Algorithm> algorithm(std::initializer_list<Algorithm> possible);
  std::nullopt_t refuse(const std::string& member, std::string what, std::string remedy);
  std::nullopt_t leave_out(const std::string& why);

  const Json& jwk_;
  std::string place_;
};

std::nullopt_t Reader::refuse(const std::string& member, std::string what, std::string remedy) {
  problem = Problem{"", place_ + (member.empty() ? "" : "/" + member), std::move(what), std::move(remedy)};
  return std::nullopt;
}

std::nullopt_t Reader::leave_out(const std::string& why) {
  warning = Problem{"", place_, "is left out: " + why, "tokens that are signed with it will be refused"};
  return std::nullopt;
}

std::string Reader::text(const char* member) const {
  const auto found = jwk_.find(member);
  return found != jwk_.end() && found->is_string() ? found->get<std::string>() : std::string();
}

bool Reader::names_itself() {
  const auto kid = jwk_.find("kid");
  if (kid == jwk_.end()) return true;
  if (!kid->is_string()) {
    refuse("kid", "is no text", "give the key a name that is one");
    return false;
  }
  id = kid->get<std::string>();
  return true;
}

bool Reader::keeps_its_secret() {
  if (text("kty") == "oct") return true;
  for (const char* member : {"d", "p", "q", "dp", "dq", "qi", "oth"}) {
    if (!jwk_.contains(member)) continue;
    refuse(member, "is a part of the private key: whoever reads this file can make tokens for everybody",
           "make a new key, and put its public members alone here");
    return false;
  }
  return true;
}

/// Keys to encrypt with stand in the sets of many issuers, and are nothing to warn of.
bool Reader::meant_for_tokens() {
  if (const auto use = jwk_.find("use"); use != jwk_.end() && *use != "sig") return false;
  const auto operations = jwk_.find("key_ops");
  if (operations == jwk_.end()) return true;
  return operations->is_array() &&
         std::find(operations->begin(), operations->end(), "verify") != operations->end();
}

std::optional<std::string> Reader::bytes(const char* member) {
  const auto found = jwk_.find(member);
  if (found == jwk_.end() || !found->is_string())
    return refuse(member, "is missing, or no text", "copy the whole key");
  auto decoded = base64url_decode(found->get_ref<const std::string&>());
  if (!decoded) return refuse(member, "is not base64url without padding", "copy the whole key, unchanged");
  return decoded;
}

std::optional<Algorithm> Reader::algorithm(std::initializer_list<Algorithm> possible) {
  const auto alg = jwk_.find("alg");
  if (alg == jwk_.end()) {
    if (possible.size() == 1 && *possible.begin() != Algorithm::hs256) return *possible.begin();
    std::string names;
    for (const Algorithm one : possible) names += std::string(names.empty() ? "" : " or ") + to_string(one);
    return refuse("alg", "is missing: a key without its algorithm could be used with another",
                  "add \"alg\": " + names + ", what the issuer signs with");
  }
  if (!alg->is_string()) return refuse("alg", "is no text", "name the algorithm");
  const auto named = parse_algorithm(alg->get_ref<const std::string&>());
  if (!named) return leave_out("its alg is none of HS256, RS256, PS256, ES256, EdDSA");
  if (std::find(possible.begin(), possible.end(), *named) == possible.end())
    return refuse("alg", std::string("is ") + to_string(*named) + ", which no key of this kty can do",
                  "ask the issuer which of the two is right");
  return named;
}

std::optional<VerifyKey> Reader::taken(Result<VerifyKey> key) {
  if (!key) return refuse("", key.error().message, "ask the issuer for another key");
  return *std::move(key);
}

std::optional<VerifyKey> Reader::make() {
  const std::string kty = text("kty");
  if (kty == "RSA") {
    const auto alg = algorithm({Algorithm::rs256, Algorithm::ps256});
    const auto n = alg ? bytes("n") : std::nullopt, e = n ? bytes("e") : std::nullopt;
    return e ? taken(VerifyKey::of_rsa(*alg, *n, *e)) : std::nullopt;
  }
  if (kty == "EC") {
    if (text("crv") != "P-256") return leave_out("of the curves of EC only P-256 is verified");
    const auto alg = algorithm({Algorithm::es256});
    const auto x = alg ? bytes("x") : std::nullopt, y = x ? bytes("y") : std::nullopt;
    return y ? taken(VerifyKey::of_p256(*x, *y)) : std::nullopt;
  }
  if (kty == "OKP") {
    if (text("crv") != "Ed25519") return leave_out("of the curves of OKP only Ed25519 is verified");
    const auto alg = algorithm({Algorithm::eddsa});
    const auto x = alg ? bytes("x") : std::nullopt;
    return x ? taken(VerifyKey::of_ed25519(*x)) : std::nullopt;
  }
  if (kty == "oct") {
    const auto alg = algorithm({Algorithm::hs256});
    auto k = alg ? bytes("k") : std::nullopt;
    return k ? taken(VerifyKey::of_secret(*std::move(k))) : std::nullopt;
  }
  if (kty.empty()) return refuse("kty", "is missing, or no text", "copy the whole key");
  return leave_out("its kty is none of RSA, EC, OKP, oct");
}

std::optional<VerifyKey> Reader::read() {
  if (!jwk_.is_object()) return refuse("", "is no JSON object", "put a JSON Web Key there");
  if (!keeps_its_secret() || !names_itself() || !meant_for_tokens()) return std::nullopt;
  return make();
}

/// The list of keys, or null and a problem.
const Json* list_of(const Json& set, KeySet::Loaded& loaded, const std::string& file) {
  const auto keys = set.is_object() ? set.find("keys") : set.end();
  if (!set.is_object() || keys == set.end() || !keys->is_array()) {
    loaded.problems.push_back(
        {file, "", "is no JSON Web Key Set", R"(it must be {"keys":[…]} with a key's JWK in each place)"});
    return nullptr;
  }
  if (keys->size() > limits::max_jwks_keys) {
    loaded.problems.push_back(
        {file, "/keys",
         "has " + std::to_string(keys->size()) + " keys, more than " + std::to_string(limits::max_jwks_keys),
         "remove those that nobody signs with any more"});
    return nullptr;
  }
  return &*keys;
}

}  // namespace

void KeySet::read_key(const Json& jwk, const std::string& file, const std::string& place, Loaded& loaded) {
  Reader reader(jwk, place);
  auto key = reader.read();
  for (auto [found, reports] :
       {std::pair(&reader.warning, &loaded.warnings), std::pair(&reader.problem, &loaded.problems)}) {
    if (!*found) continue;
    (*found)->file = file;
    reports->push_back(**found);
  }
  if (!key) return;
  auto& keys = loaded.keys.keys_;
  const auto same = [&](const Key& other) { return reader.id && other.id == reader.id; };
  if (std::any_of(keys.begin(), keys.end(), same)) {
    loaded.problems.push_back({file, place + "/kid", "is another key's, too",
                               "give each key a name of its own: tokens name their key by it"});
    return;
  }
  keys.push_back({std::move(reader.id), *std::move(key)});
}

KeySet::Loaded KeySet::load(const std::string& file, std::string_view bytes) {
  Loaded loaded;
  if (bytes.size() > limits::max_jwks_bytes) {
    loaded.problems.push_back({file, "",
                               "is larger than " + std::to_string(limits::max_jwks_bytes) + " bytes",
                               "remove the keys that nobody signs with any more"});
    return loaded;
  }
  const auto set = parse_json(bytes);
  if (!set) {
    loaded.problems.push_back({file, "", set.error().message, "it must be a JSON Web Key Set (RFC 7517)"});
    return loaded;
  }
  const Json* list = list_of(*set, loaded, file);
  if (!list) return loaded;
  for (std::size_t i = 0; i < list->size(); ++i) {
    read_key((*list)[i], file, "/keys/" + std::to_string(i), loaded);
  }
  if (loaded.keys.keys_.empty() && loaded.problems.empty()) {
    loaded.problems.push_back({file, "/keys", "has no key that a token could be verified with",
                               "put one there for RS256, PS256, ES256, EdDSA or HS256"});
  }
  return loaded;
}

Result<const VerifyKey*> KeySet::find(std::string_view alg, const std::optional<std::string>& kid) const {
  const auto refused = [](const char* why) { return Error{Code::token, why}; };
  const auto algorithm = parse_algorithm(alg);
  if (!algorithm) return refused("the header's alg is none that we verify");
  const VerifyKey* found = nullptr;
  for (const Key& one : keys_) {
    if (kid) {
      if (one.id != kid) continue;
      if (one.key.algorithm() != *algorithm)
        return refused("the header's alg is not that of the key it names");
      return &one.key;
    }
    if (one.key.algorithm() != *algorithm) continue;
    if (found) return refused("the header names no key, and several have its alg");
    found = &one.key;
  }
  if (found) return found;
  return refused(kid ? unknown_kid : "we have no key of the header's alg");
}

bool KeySet::has_secrets() const {
  return std::any_of(keys_.begin(), keys_.end(),
                     [](const Key& one) { return one.key.algorithm() == Algorithm::hs256; });
}

}  // namespace msync
