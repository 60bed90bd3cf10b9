#include "core/schema_check.h"

#include <algorithm>
#include <cctype>
#include <map>
#include <optional>
#include <string_view>

namespace msync::schema {
namespace {

bool is_type_name(std::string_view name) {
  for (const char* known : {"null", "boolean", "object", "array", "number", "string", "integer"}) {
    if (name == known) return true;
  }
  return false;
}

/// What a keyword's value must be. `schemas` are objects of schemas, `list` a non-empty array of them.
enum class Shape {
  schema,
  list,
  schemas,
  items,         // schema, or array of schemas
  dependencies,  // object of schemas or of lists of names
  type,
  number,
  positive,
  count,
  boolean,
  text,
  reference,
  pattern,
  patterns,  // object of schemas, whose keys are patterns
  names,     // array of different strings
  values,    // non-empty array
};

const std::map<std::string_view, Shape>& keywords() {
  static const std::map<std::string_view, Shape> known = {
      {"$comment", Shape::text},
      {"$id", Shape::text},
      {"$ref", Shape::reference},
      {"$schema", Shape::text},
      {"additionalItems", Shape::schema},
      {"additionalProperties", Shape::schema},
      {"allOf", Shape::list},
      {"anyOf", Shape::list},
      {"contains", Shape::schema},
      {"definitions", Shape::schemas},
      {"dependencies", Shape::dependencies},
      {"description", Shape::text},
      {"else", Shape::schema},
      {"enum", Shape::values},
      {"exclusiveMaximum", Shape::number},
      {"exclusiveMinimum", Shape::number},
      {"format", Shape::text},
      {"if", Shape::schema},
      {"items", Shape::items},
      {"maxItems", Shape::count},
      {"maxLength", Shape::count},
      {"maxProperties", Shape::count},
      {"maximum", Shape::number},
      {"minItems", Shape::count},
      {"minLength", Shape::count},
      {"minProperties", Shape::count},
      {"minimum", Shape::number},
      {"multipleOf", Shape::positive},
      {"not", Shape::schema},
      {"oneOf", Shape::list},
      {"pattern", Shape::pattern},
      {"patternProperties", Shape::patterns},
      {"properties", Shape::schemas},
      {"propertyNames", Shape::schema},
      {"required", Shape::names},
      {"then", Shape::schema},
      {"title", Shape::text},
      {"type", Shape::type},
      {"uniqueItems", Shape::boolean},
  };
  return known;
}

/// Keywords of later drafts change what a schema allows: ignored in silence they would let documents through.
const char* instead_of(std::string_view later) {
  static const std::map<std::string_view, const char*> known = {
      {"$anchor", "write $ref as a pointer, such as #/definitions/NAME"},
      {"$defs", "call it definitions"},
      {"$dynamicRef", "use $ref"},
      {"$recursiveRef", "use $ref"},
      {"dependentRequired", "use dependencies"},
      {"dependentSchemas", "use dependencies"},
      {"maxContains", "leave it out"},
      {"minContains", "leave it out"},
      {"prefixItems", "write items as an array"},
      {"unevaluatedItems", "use additionalItems"},
      {"unevaluatedProperties", "use additionalProperties"},
  };
  const auto found = known.find(later);
  return found == known.end() ? nullptr : found->second;
}

bool is_schema(const Json& value) {
  return value.is_object() || value.is_boolean();
}

bool are_names(const Json& value) {
  if (!value.is_array()) return false;
  std::vector<std::string_view> names;
  for (const Json& name : value) {
    if (!name.is_string()) return false;
    names.emplace_back(name.get_ref<const std::string&>());
  }
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) == names.end();
}

bool is_count(const Json& value) {
  constexpr double largest = 9007199254740991.0;
  if (!value.is_number() || value < 0) return false;
  const auto number = value.get<double>();
  return number <= largest && number == static_cast<double>(static_cast<std::uint64_t>(number));
}

std::string name_types(const Json& value) {
  const auto known = [](const Json& name) {
    return name.is_string() && is_type_name(name.get<std::string>());
  };
  const bool list = value.is_array() && !value.empty() && are_names(value);
  if (list ? std::all_of(value.begin(), value.end(), known) : known(value)) return "";
  return "must be null, boolean, integer, number, string, array or object, or a list of these";
}

std::string pattern_fault(const std::string& pattern) {
  const re2::RE2 compiled(pattern, pattern_options());
  if (compiled.ok()) return "";
  return "is a pattern that cannot run: " + compiled.error() +
         " (RE2 has no look-around, no back references, no repetition above 1000; write \\x{20AC} for "
         "\\u20AC)";
}

template <class Predicate>
std::string unless_all(const Json& value, Predicate predicate, const char* otherwise) {
  return std::all_of(value.begin(), value.end(), predicate) ? "" : otherwise;
}

std::string must(bool holds, const char* otherwise) {
  return holds ? "" : otherwise;
}

/// What is wrong with one keyword's value; empty if nothing is. Patterns and references come later.
std::string fault(Shape shape, const Json& value) {
  switch (shape) {
    case Shape::schema:
      return must(is_schema(value), "must be a schema: an object, true or false");
    case Shape::list:
      return value.is_array() && !value.empty() ? unless_all(value, is_schema, "must be a list of schemas")
                                                : "must be a list of at least one schema";
    case Shape::schemas:
    case Shape::patterns:
      return value.is_object() ? unless_all(value, is_schema, "must be an object whose values are schemas")
                               : "must be an object whose values are schemas";
    case Shape::items:
      return value.is_array() ? unless_all(value, is_schema, "must be a schema or a list of schemas")
                              : must(is_schema(value), "must be a schema or a list of schemas");
    case Shape::dependencies:
      return value.is_object()
                 ? unless_all(
                       value, [](const Json& entry) { return is_schema(entry) || are_names(entry); },
                       "must be an object whose values are schemas or lists of different names")
                 : "must be an object";
    case Shape::type:
      return name_types(value);
    case Shape::number:
      return must(value.is_number(), "must be a number");
    case Shape::positive:
      return must(value.is_number() && value > 0, "must be a number above 0");
    case Shape::count:
      return must(is_count(value), "must be an integer, 0 or more");
    case Shape::boolean:
      return must(value.is_boolean(), "must be true or false");
    case Shape::text:
    case Shape::reference:
    case Shape::pattern:
      return must(value.is_string(), "must be a string");
    case Shape::names:
      return must(are_names(value), "must be a list of different strings");
    case Shape::values:
      return must(value.is_array() && !value.empty(), "must be a list of at least one value");
  }
  return "";
}

class Check {
 public:
  explicit Check(const Json& root) : root_(root) {}

  std::vector<Error> run() {
    walk(root_, [this](const std::string& pointer, const Json& schema) { subschema(pointer, schema); });
    return std::move(found_);
  }

 private:
  void report(const std::string& pointer, const std::string& what) {
    found_.push_back(Error{Code::bad_config, what, pointer});
  }

  void subschema(const std::string& pointer, const Json& schema) {
    if (schema.is_boolean()) return;
    if (!schema.is_object()) return pointer.empty() ? report("", "must be an object") : void();
    for (const auto& [name, value] : schema.items()) keyword(pointer, name, value);
  }

  void keyword(const std::string& pointer, const std::string& name, const Json& value) {
    const std::string place = pointer + "/" + pointer_escape(name);
    if (const char* instead = instead_of(name)) {
      return report(place, std::string("is no keyword of draft 7: ") + instead);
    }
    const auto known = keywords().find(name);
    if (known == keywords().end()) return;
    if (const std::string what = fault(known->second, value); !what.empty()) return report(place, what);
    if (known->second == Shape::pattern) return pattern(place, value.get<std::string>());
    if (known->second == Shape::reference) return reference(place, value.get<std::string>());
    if (known->second == Shape::patterns) {
      for (const auto& entry : value.items()) pattern(place + "/" + pointer_escape(entry.key()), entry.key());
    }
    if (name == "$id" && !pointer.empty())
      report(place, "is only for the top of a file: references are pointers");
    if (name == "$schema") draft(place, value.get<std::string>());
  }

  void draft(const std::string& place, const std::string& text) {
    constexpr std::string_view seven = "http://json-schema.org/draft-07/schema";
    if (text != seven && text != std::string(seven) + "#") {
      report(place, "must be \"" + std::string(seven) + "#\": schemas are of draft 7");
    }
  }

  void pattern(const std::string& place, const std::string& text) {
    if (const std::string what = pattern_fault(text); !what.empty()) report(place, what);
  }

  void reference(const std::string& place, const std::string& text) {
    std::string pointer;
    const Json* target = resolve(root_, text, pointer);
    if (!target)
      return report(place, "must be a pointer to a schema of this file, such as #/definitions/NAME");
    // Elsewhere nobody would have looked at it, nor taken its patterns away from std::regex.
    if (!is_walked(pointer)) report(place, "points to something that is no schema: put it below definitions");
  }

  bool is_walked(const std::string& pointer) const {
    bool found = false;
    walk(root_, [&](const std::string& at, const Json&) { found = found || at == pointer; });
    return found;
  }

  const Json& root_;
  std::vector<Error> found_;
};

int hex_digit(char c) {
  const auto lower = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  if (c >= '0' && c <= '9') return c - '0';
  return lower >= 'a' && lower <= 'f' ? lower - 'a' + 10 : -1;
}

std::optional<std::string> percent_decoded(std::string_view text) {
  std::string decoded;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] != '%') {
      decoded += text[i];
      continue;
    }
    if (i + 2 >= text.size() || hex_digit(text[i + 1]) < 0 || hex_digit(text[i + 2]) < 0) return std::nullopt;
    decoded += static_cast<char>(hex_digit(text[i + 1]) * 16 + hex_digit(text[i + 2]));
    i += 2;
  }
  return decoded;
}

}  // namespace

void walk(const Json& schema, const Visit& visit, const std::string& pointer) {
  visit(pointer, schema);
  if (!schema.is_object()) return;
  for (const auto& [name, value] : schema.items()) {
    const auto known = keywords().find(name);
    if (known == keywords().end()) continue;
    std::string place = pointer;
    place.append("/").append(name);
    const Shape shape = known->second;
    if (shape == Shape::schema || (shape == Shape::items && !value.is_array())) {
      walk(value, visit, place);
    } else if (shape == Shape::list || shape == Shape::items) {
      for (std::size_t i = 0; value.is_array() && i < value.size(); ++i) {
        walk(value[i], visit, place + "/" + std::to_string(i));
      }
    } else if (shape == Shape::schemas || shape == Shape::patterns || shape == Shape::dependencies) {
      if (!value.is_object()) continue;
      for (const auto& entry : value.items()) {
        const bool names = shape == Shape::dependencies && entry.value().is_array();
        if (!names) walk(entry.value(), visit, place + "/" + pointer_escape(entry.key()));
      }
    }
  }
}

std::vector<Error> mistakes(const Json& schema) {
  return Check(schema).run();
}

const Json* resolve(const Json& root, const std::string& reference, std::string& pointer) {
  if (reference.empty() || reference.front() != '#') return nullptr;
  const auto decoded = percent_decoded(std::string_view(reference).substr(1));
  if (!decoded || (!decoded->empty() && decoded->front() != '/')) return nullptr;
  try {
    const Json::json_pointer path(*decoded);
    if (!root.contains(path)) return nullptr;
    pointer = path.to_string();
    return &root.at(path);
  } catch (const Json::exception&) {
    return nullptr;
  }
}

re2::RE2::Options pattern_options() {
  re2::RE2::Options options;
  options.set_log_errors(false);
  return options;
}

}  // namespace msync::schema
