#include "core/operators.h"

#include <algorithm>
#include <cmath>

namespace msync {
namespace {

Error bad_operator(const std::string& property, const std::string& why) {
  return Error{Code::bad_operator, "'" + property + "': " + why, "/" + pointer_escape(property)};
}

const char* shape_of(Operator op) {
  switch (op) {
    case Operator::counter:
      return R"({"$inc":number})";
    case Operator::set:
      return R"({"$add":[…],"$remove":[…]})";
    case Operator::max:
      return R"({"$max":number or string})";
    case Operator::min:
      return R"({"$min":number or string})";
  }
  return "";
}

bool is_only_member(const Json& value, const char* name) {
  return value.size() == 1 && value.contains(name);
}

bool well_formed(Operator op, const Json& value) {
  if (!value.is_object() || value.empty()) return false;
  switch (op) {
    case Operator::counter:
      return is_only_member(value, "$inc") && value["$inc"].is_number();
    case Operator::set:
      return std::all_of(value.items().begin(), value.items().end(), [](const auto& item) {
        return (item.key() == "$add" || item.key() == "$remove") && item.value().is_array();
      });
    case Operator::max:
      return is_only_member(value, "$max") && (value["$max"].is_number() || value["$max"].is_string());
    case Operator::min:
      return is_only_member(value, "$min") && (value["$min"].is_number() || value["$min"].is_string());
  }
  return false;
}

/// Integers stay integers; the sum of a float and anything is a float.
std::optional<Json> sum(const Json& a, const Json& b) {
  if (a.is_number_float() || b.is_number_float()) {
    const double total = a.get<double>() + b.get<double>();
    return std::isfinite(total) ? std::optional<Json>(total) : std::nullopt;
  }
  const auto fits = [](const Json& value) { return !value.is_number_unsigned() || value <= INT64_MAX; };
  std::int64_t total = 0;
  if (!fits(a) || !fits(b) || __builtin_add_overflow(a.get<std::int64_t>(), b.get<std::int64_t>(), &total)) {
    return std::nullopt;
  }
  return total < 0 ? Json(total) : Json(static_cast<std::uint64_t>(total));
}

bool contains(const Json& array, const Json& element) {
  return std::find(array.begin(), array.end(), element) != array.end();
}

Json change_set(const Json& standing, const Json& argument) {
  Json elements = standing.is_array() ? standing : Json::array();
  if (const auto gone = argument.find("$remove"); gone != argument.end()) {
    auto& list = elements.get_ref<Json::array_t&>();
    std::erase_if(list, [&](const Json& element) { return contains(*gone, element); });
  }
  if (const auto added = argument.find("$add"); added != argument.end()) {
    for (const Json& element : *added) {
      if (!contains(elements, element)) elements.push_back(element);
    }
  }
  return elements;
}

/// A number gives way to a number, a string to a string; what is of another type stands.
Json extreme(const Json& standing, const Json& value, bool greatest) {
  if (standing.is_null()) return value;
  if (standing.is_number() != value.is_number()) return standing;
  const bool replaces = greatest ? standing < value : value < standing;
  return replaces ? value : standing;
}

}  // namespace

bool looks_like_operator(const Json& value) {
  return value.is_object() && !value.empty() &&
         std::all_of(value.items().begin(), value.items().end(),
                     [](const auto& item) { return item.key().starts_with('$'); });
}

Result<SplitPatch> split_patch(const Collection& collection, const Json& patch) {
  SplitPatch split;
  for (const auto& [property, value] : patch.items()) {
    const auto declared = collection.operators.find(property);
    if (declared == collection.operators.end()) {
      if (looks_like_operator(value)) {
        return bad_operator(property, "has no x-merge in its schema, so it takes no operator");
      }
      split.plain[property] = value;
      continue;
    }
    if (!well_formed(declared->second, value)) {
      return bad_operator(property, std::string("its x-merge takes ") + shape_of(declared->second));
    }
    split.operators.push_back({property, declared->second, value});
  }
  return split;
}

Result<Json> apply_operators(Json document, const std::vector<SplitPatch::Apply>& operators) {
  for (const auto& [property, op, argument] : operators) {
    const auto found = document.find(property);
    const Json standing = found == document.end() ? Json() : *found;
    switch (op) {
      case Operator::counter: {
        auto total = sum(standing.is_number() ? standing : Json(0), argument["$inc"]);
        if (!total) return Error{Code::invalid, "the counter overflows", "/" + pointer_escape(property)};
        document[property] = std::move(*total);
        break;
      }
      case Operator::set:
        document[property] = change_set(standing, argument);
        break;
      case Operator::max:
        document[property] = extreme(standing, argument["$max"], true);
        break;
      case Operator::min:
        document[property] = extreme(standing, argument["$min"], false);
        break;
    }
  }
  return document;
}

}  // namespace msync
