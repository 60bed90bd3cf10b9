// The document at web/openapi.json says what the bridge does: a client that knows nothing else asks for everything in it, rightly
// and wrongly, and holds every answer against it.
#include <algorithm>
#include <array>
#include <random>

#include "core/schema.h"
#include "tests/system/support/http.h"
#include "tests/system/support/wait.h"
#include "tests/system/support/world.h"

namespace msync::test {
namespace {

/// `value` with every reference within the document replaced by what it names.
Json resolved(const Json& document, const Json& value) {
  if (value.is_object() && value.contains("$ref"))
    return resolved(document, document.at(Json::json_pointer(value["$ref"].get<std::string>().substr(1))));
  Json result = value;
  if (value.is_structured())
    for (auto& [key, member] : result.items()) member = resolved(document, member);
  return result;
}

std::string percent_encoded(const std::string& text) {
  std::string encoded;
  for (const unsigned char c : text) {
    char code[4];
    std::snprintf(code, sizeof code, "%%%02X", c);
    encoded += std::isalnum(c) ? std::string(1, static_cast<char>(c)) : std::string(code);
  }
  return encoded;
}

class OpenApi : public World {
 protected:
  OpenApi() {
    bridge.arguments() = {"--http", "127.0.0.1:" + std::to_string(web.port()), "--http-requests-per-s",
                          "100000"};
    claims["alice"] = R"({"rooms":["42"],"roles":["editor"]})";
  }

  template <class T>
  T one_of(const std::vector<T>& all) {
    return all[dice() % all.size()];
  }
  bool sometimes(unsigned in) { return dice() % in == 0; }

  std::string garbage() {
    std::string text;
    for (std::size_t size = dice() % 12; size > 0; --size) text += static_cast<char>(1 + dice() % 255);
    return text;
  }

  std::string printable() {
    return one_of<std::string>(
        {"", "0", "-1", "*", "\"1\"", "\"2\"", "W/\"1\"", "x y", "9007199254740992", "m1", "1-a/2/3"});
  }

  std::string value_for(const Json& parameter) {
    if (sometimes(5)) return printable();
    const Json schema = parameter["schema"];
    if (schema.contains("enum")) return schema["enum"][0];
    if (schema.value("type", "") == "integer")
      return std::to_string(dice() % 20 + schema.value("minimum", 0));
    if (parameter["name"] == "If-Match") return "\"" + std::to_string(dice() % 4) + "\"";
    if (parameter["name"] == "Prefer") return "wait=0";
    return one_of<std::string>({"m1", "m2", "k1", "k2"});
  }

  std::string path_value(const std::string& name) {
    if (sometimes(8)) return percent_encoded(garbage());
    if (name == "scope")
      return percent_encoded(one_of<std::string>({"chat/42/messages", "chat/42/messages", "catalog/things",
                                                  "users/alice/todos", "chat/7/messages", "nothing/here"}));
    return one_of<std::string>({"m1", "m2", "m3", "a%20b"});
  }

  std::string body() {
    return one_of<std::string>({R"({"text":"hello"})", R"({"text":"hello"})", R"({"likes":{"$inc":1}})",
                                R"({"name":"x"})", R"({"title":"x"})", R"({"text":1})", "{}", "[]", "{",
                                "null", R"({"text":"a","text":"b"})",
                                R"({"text":")" + std::string(5000, 'x') + "\"}"});
  }

  HttpAsk invent(std::string path, const std::string& method, const Json& item, const Json& operation) {
    HttpAsk ask;
    ask.method = method;
    std::transform(ask.method.begin(), ask.method.end(), ask.method.begin(), ::toupper);
    if (!sometimes(10)) ask.token = token(sometimes(8) ? "eve" : "alice");
    if (sometimes(20)) ask.token += "x";
    std::vector<Json> parameters;
    for (const Json& list :
         {item.value("parameters", Json::array()), operation.value("parameters", Json::array())})
      for (const Json& parameter : list) parameters.push_back(parameter);
    std::string query;
    for (const Json& parameter : parameters) {
      const std::string name = parameter["name"], in = parameter["in"];
      if (in == "path") {
        path.replace(path.find("{" + name + "}"), name.size() + 2, path_value(name));
      } else if (sometimes(2)) {
        continue;
      } else if (in == "query") {
        query += (query.empty() ? "?" : "&") + name + "=" + percent_encoded(value_for(parameter));
      } else {
        ask.headers.push_back(name + ": " + value_for(parameter));
      }
    }
    ask.path = path + query;
    if (operation.contains("requestBody")) ask.body = body();
    return ask;
  }

  void expect_documented(const HttpAsk& ask, const HttpAnswer& answer, const Json& responses) {
    const std::string what = ask.method + " " + ask.path + " " + (ask.headers.empty() ? "" : ask.headers[0]) +
                             " " + ask.body.substr(0, 60) + "\n" + answer.head + "\n" +
                             answer.body.substr(0, 300);
    const std::string status = std::to_string(answer.status);
    const bool named = responses.contains(status);
    ASSERT_TRUE(named || (responses.contains("default") && answer.status >= 400 && answer.status != 500))
        << what;
    const Json& response = responses[named ? status : "default"];
    seen[answer.status] += 1;
    if (!response.contains("content")) {
      EXPECT_EQ(answer.body, "") << what;
      return;
    }
    const std::string type = answer.header("Content-Type");
    ASSERT_TRUE(response["content"].contains(type)) << what;
    const auto schema = Schema::compile(response["content"][type]["schema"]);
    ASSERT_TRUE(schema.ok()) << what;
    const auto fault = (*schema)->validate(answer.json());
    EXPECT_FALSE(fault.has_value()) << what << "\n" << fault->path << " " << fault->message;
  }

  bool seen_all() {
    return std::all_of(kWanted.begin(), kWanted.end(), [this](int status) { return seen[status] > 0; });
  }

  static constexpr std::array kWanted = {200, 201, 400, 401, 403, 404, 412, 422};
  std::mt19937 dice;
  std::map<int, int> seen;
  HttpClient web{free_port()};
};

TEST_F(OpenApi, EveryAnswerIsAsTheDocumentSays) {
  const auto seed = std::random_device{}();
  dice.seed(seed);
  SCOPED_TRACE("seed " + std::to_string(seed));
  auto parsed = parse_json(read_whole(MSYNC_SOURCE_DIR "/web/openapi.json"), 64);
  ASSERT_TRUE(parsed.ok());
  const Json document = resolved(*parsed, *parsed);
  // What is asked for is chance: it goes on until every kind of answer was seen, so that no unlucky seed fails.
  for (int round = 0; round < 25 || (!seen_all() && round < 1000); ++round) {
    for (const auto& [path, item] : document["paths"].items()) {
      for (const auto& [method, operation] : item.items()) {
        if (method == "parameters") continue;
        const HttpAsk ask = invent(path, method, item, operation);
        expect_documented(ask, web.ask(ask), operation["responses"]);
        if (HasFatalFailure()) return;
      }
    }
  }
  for (const int status : kWanted) EXPECT_GT(seen[status], 0) << status << " was never seen";
  EXPECT_EQ(web.get("/healthz").status, 200);
}

}  // namespace
}  // namespace msync::test
