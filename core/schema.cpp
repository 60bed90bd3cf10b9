#include "core/schema.h"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <limits>
#include <set>
#include <valijson/adapters/nlohmann_json_adapter.hpp>
#include <valijson/constraint_builder.hpp>
#include <valijson/constraints/concrete_constraints.hpp>
#include <valijson/schema.hpp>
#include <valijson/schema_parser.hpp>
#include <valijson/validation_results.hpp>
#include <valijson/validator.hpp>

#include "core/format.h"
#include "core/schema_check.h"
#include "core/schema_circle.h"

namespace msync {
namespace {

using valijson::adapters::NlohmannJsonAdapter;

// valijson runs `pattern` and `format` on std::regex, `uniqueItems` in quadratic time (3 s for 9,000 elements), and
// takes 0.5 for a multiple of 2. Under these names it does not know them, and ours are run.
constexpr const char* own_pattern = "x-msync-pattern";
constexpr const char* own_format = "x-msync-format";
constexpr const char* own_unique = "x-msync-unique-items";
constexpr const char* own_multiple = "x-msync-multiple-of";
constexpr const char* own_step = "x-msync-step";
constexpr std::pair<const char*, const char*> renamed[] = {{"pattern", own_pattern},
                                                           {"format", own_format},
                                                           {"uniqueItems", own_unique},
                                                           {"multipleOf", own_multiple}};

using valijson::adapters::Adapter;

Json to_json(const Adapter& value) {
  if (value.isBool()) return value.asBool();
  if (value.isInteger()) return value.asInteger();
  if (value.isDouble()) return value.asDouble();
  if (value.isString()) return value.asString();
  if (value.isArray()) {
    Json array = Json::array();
    value.applyToArray([&](const Adapter& element) { return array.push_back(to_json(element)), true; });
    return array;
  }
  if (!value.isObject()) return nullptr;
  Json object = Json::object();
  value.applyToObject([&](const std::string& name, const Adapter& member) {
    object[name] = to_json(member);
    return true;
  });
  return object;
}

class PatternRule {
 public:
  explicit PatternRule(const Adapter& keyword) : pattern_(keyword.asString(), schema::pattern_options()) {}
  bool fits(const Adapter& value) const {
    return !value.isString() || re2::RE2::PartialMatch(value.asString(), pattern_);
  }
  std::string fault() const { return "does not match the pattern " + pattern_.pattern(); }

 private:
  re2::RE2 pattern_;
};

class FormatRule {
 public:
  explicit FormatRule(const Adapter& keyword) : name_(keyword.asString()), check_(format_check(name_)) {}
  bool fits(const Adapter& value) const {
    return check_ == nullptr || !value.isString() || check_(value.asString());
  }
  std::string fault() const { return "is no " + name_; }

 private:
  std::string name_;
  FormatCheck check_;
};

class UniqueRule {
 public:
  explicit UniqueRule(const Adapter& keyword) : wanted_(keyword.asBool()) {}
  bool fits(const Adapter& value) const {
    if (!wanted_ || !value.isArray()) return true;
    std::set<Json> seen;
    return value.applyToArray([&](const Adapter& element) { return seen.insert(to_json(element)).second; });
  }
  std::string fault() const { return "an element occurs twice"; }

 private:
  bool wanted_;
};

class MultipleRule {
 public:
  explicit MultipleRule(const Adapter& keyword) : text_(to_json(keyword).dump()), step_(keyword.asDouble()) {
    if (keyword.isInteger()) whole_ = keyword.asInteger();
  }
  bool fits(const Adapter& value) const {
    if (value.isInteger() && whole_ > 0) return value.asInteger() % whole_ == 0;
    if (!value.isInteger() && !value.isDouble()) return true;
    const double quotient = value.asDouble() / step_;
    // 0.0075 is a multiple of 0.0001, which binary fractions cannot say exactly.
    const double tolerance = std::abs(quotient) * 4 * std::numeric_limits<double>::epsilon();
    return std::isfinite(quotient) && std::abs(quotient - std::nearbyint(quotient)) <= tolerance;
  }
  std::string fault() const { return "is no multiple of " + text_; }

 private:
  std::string text_;
  double step_;
  std::int64_t whole_ = 0;
};

struct TooManySteps {};

/// What is left of the validation that this thread is at.
thread_local std::size_t steps_left = 0;

/// Stands in every subschema and always holds. A schema that refers to itself below anyOf can ask for 4^depth
/// checks of a document of a few bytes: a peer could stop the bridge with one.
class StepRule {
 public:
  explicit StepRule(const Adapter&) {}
  bool fits(const Adapter&) const {
    if (steps_left == 0) throw TooManySteps();
    --steps_left;
    return true;
  }
  std::string fault() const { return ""; }
};

std::size_t count_values(const Json& value) {
  std::size_t count = 1;
  if (!value.is_structured()) return count;
  for (const Json& part : value) count += count_values(part);
  return count;
}

/// A constraint of ours; what it asks is Rule's.
template <class Rule>
class OwnConstraint : public valijson::constraints::PolyConstraint {
 public:
  explicit OwnConstraint(const Adapter& keyword) : rule_(std::make_shared<const Rule>(keyword)) {}

  bool validate(const Adapter& target, const std::vector<std::string>& context,
                valijson::ValidationResults* results) const override {
    if (rule_->fits(target)) return true;
    if (results != nullptr) results->pushError(context, rule_->fault());
    return false;
  }

 private:
  valijson::constraints::Constraint* cloneInto(void* memory) const override {
    return new (memory) OwnConstraint(*this);
  }
  std::size_t sizeOf() const override { return sizeof(OwnConstraint); }

  std::shared_ptr<const Rule> rule_;
};

template <class Rule>
class Builder : public valijson::ConstraintBuilder {
 public:
  valijson::constraints::Constraint* make(const Adapter& keyword) const override {
    return new OwnConstraint<Rule>(keyword);
  }
};

bool is_huge(const Json& value) {
  if (value.is_structured()) return std::any_of(value.begin(), value.end(), is_huge);
  return value.is_number_unsigned() && value.get<std::uint64_t>() > INT64_MAX;
}

/// valijson reads integers as signed ones of 64 bits: 2^64-1 would pass for -1, below every maximum.
void make_floats(Json& value) {
  if (value.is_structured()) {
    for (Json& part : value) make_floats(part);
  } else if (is_huge(value)) {
    value = value.get<double>();
  }
}

std::optional<Error> unsupported(const Json& schema) {
  std::optional<Error> found;
  schema::walk(schema, [&](const std::string& pointer, const Json& child) {
    if (found || !child.is_object() || !child.contains("patternProperties")) return;
    found = Error{Code::bad_config, "is not supported; use additionalProperties and propertyNames",
                  pointer + "/patternProperties"};
  });
  return found;
}

Json with_own_keywords(const Json& schema) {
  Json copy = schema;
  schema::walk(schema, [&](const std::string& pointer, const Json& child) {
    if (!child.is_object()) return;
    Json& place = copy[Json::json_pointer(pointer)];
    for (const auto& [theirs, ours] : renamed) {
      if (!place.contains(theirs)) continue;
      place[ours] = place[theirs];
      place.erase(theirs);
    }
    // valijson runs allOf before every other keyword, so no check begins uncounted. At its end, where no pointer
    // of a $ref is moved by it.
    place["allOf"].push_back({{own_step, true}});
  });
  make_floats(copy);
  return copy;
}

/// valijson's context is "<root>", "[name]", "[0]". Names come from a document and the pointer is stored with the
/// outcome: where it grows too long it ends at an ancestor of the failing value.
std::string pointer_of(const std::vector<std::string>& context) {
  std::string pointer;
  for (std::size_t i = 1; i < context.size(); ++i) {
    const std::string& step = context[i];
    const bool bracketed = step.size() >= 2 && step.front() == '[' && step.back() == ']';
    const std::string token = pointer_escape(bracketed ? step.substr(1, step.size() - 2) : step);
    if (pointer.size() + 1 + token.size() > limits::max_pointer_bytes) break;
    pointer += "/" + token;
  }
  return pointer;
}

/// valijson's words may repeat a member's name, which can be as long as a document.
std::string cut(std::string text) {
  if (text.size() <= limits::max_echo_bytes) return text;
  std::size_t end = limits::max_echo_bytes;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xc0) == 0x80) --end;
  return text.substr(0, end) + "…";
}

Error deepest(const valijson::ValidationResults& results) {
  Error found{Code::invalid, "does not fit the schema", ""};
  std::size_t depth = 0;
  for (const auto& error : results) {
    if (error.context.size() <= depth) continue;
    depth = error.context.size();
    found.message = cut(error.description);
    found.path = pointer_of(error.context);
  }
  return found;
}

}  // namespace

struct Schema::Impl {
  valijson::Schema rules;
};

Schema::Schema() : impl_(std::make_unique<Impl>()) {}
Schema::~Schema() = default;

Result<std::shared_ptr<const Schema>> Schema::compile(const Json& schema) {
  if (auto found = schema::mistakes(schema); !found.empty()) return found.front();
  if (auto found = unsupported(schema)) return *found;
  if (auto found = schema::circle(schema)) return *found;
  const std::shared_ptr<Schema> compiled(new Schema());
  try {
    const Json own = with_own_keywords(schema);
    valijson::SchemaParser parser;
    parser.addConstraintBuilder(own_pattern, new Builder<PatternRule>());
    parser.addConstraintBuilder(own_format, new Builder<FormatRule>());
    parser.addConstraintBuilder(own_unique, new Builder<UniqueRule>());
    parser.addConstraintBuilder(own_multiple, new Builder<MultipleRule>());
    parser.addConstraintBuilder(own_step, new Builder<StepRule>());
    parser.populateSchema(NlohmannJsonAdapter(own), compiled->impl_->rules);
  } catch (const std::exception& error) {
    return Error{Code::bad_config, std::string("no JSON Schema of draft 7: ") + error.what(), ""};
  }
  return std::shared_ptr<const Schema>(compiled);
}

std::optional<Error> Schema::validate(const Json& document) const {
  if (is_huge(document)) {
    Json copy = document;
    make_floats(copy);
    return validate(copy);
  }
  const NlohmannJsonAdapter target(document);
  const std::size_t steps = limits::schema_steps + limits::schema_steps_per_value * count_values(document);
  try {
    valijson::Validator validator;
    steps_left = steps;
    if (validator.validate(impl_->rules, target, nullptr)) return std::nullopt;
    // Only a failure is worth the cost of knowing where.
    valijson::ValidationResults results;
    steps_left = steps;
    validator.validate(impl_->rules, target, &results);
    return deepest(results);
  } catch (const TooManySteps&) {
    return Error{Code::invalid, "takes too many steps to check", ""};
  }
}

}  // namespace msync
