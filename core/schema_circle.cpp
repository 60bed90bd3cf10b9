#include "core/schema_circle.h"

#include <set>
#include <string>

#include "core/schema_check.h"

namespace msync::schema {
namespace {

class Search {
 public:
  explicit Search(const Json& root) : root_(root) {}

  /// True if a circle was found; `place` is then where.
  bool from(const Json& schema, const std::string& place) {
    if (!schema.is_object() || done_.contains(&schema)) return false;
    if (!under_way_.insert(&schema).second) {
      found_ = place;
      return true;
    }
    if (reference(schema) || same_document(schema, place)) return true;
    under_way_.erase(&schema);
    done_.insert(&schema);
    return false;
  }

  const std::string& place() const { return found_; }

 private:
  bool reference(const Json& schema) {
    const auto ref = schema.find("$ref");
    if (ref == schema.end() || !ref->is_string()) return false;
    std::string pointer;
    const Json* target = resolve(root_, ref->get_ref<const std::string&>(), pointer);
    return target != nullptr && from(*target, pointer);
  }

  /// The keywords whose schemas are about the same part of the document.
  bool same_document(const Json& schema, const std::string& place) {
    for (const char* name : {"not", "if", "then", "else"}) {
      if (schema.contains(name) && from(schema[name], place + "/" + name)) return true;
    }
    for (const char* name : {"allOf", "anyOf", "oneOf", "dependencies"}) {
      if (!schema.contains(name)) continue;
      for (const auto& [key, child] : schema[name].items()) {
        if (from(child, place + "/" + name + "/" + pointer_escape(key))) return true;
      }
    }
    return false;
  }

  const Json& root_;
  std::set<const Json*> under_way_;
  std::set<const Json*> done_;
  std::string found_;
};

}  // namespace

std::optional<Error> circle(const Json& schema) {
  Search search(schema);
  std::optional<Error> found;
  walk(schema, [&](const std::string& pointer, const Json& child) {
    if (!found && search.from(child, pointer)) {
      found = Error{Code::bad_config, "this schema leads back to itself", search.place()};
    }
  });
  return found;
}

}  // namespace msync::schema
