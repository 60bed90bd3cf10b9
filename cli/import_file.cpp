#include "cli/import_file.h"

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/json.h"
#include "core/topic.h"

namespace msync {
namespace {

/// A document lies three levels deep in its message: the message, its mutations, the operation.
constexpr std::size_t document_depth = limits::max_depth - 3;

class Importer {
 public:
  Importer(const std::string& file, const ImportFormat& format) : file_(file), format_(format) {}

  void array(std::string_view bytes);
  void lines(std::string_view bytes);
  ImportFile result() && { return std::move(result_); }

 private:
  void element(Json&& element, std::string place);
  bool take_id(const Json& holder, const std::string& member, const std::string& place, std::string& id);
  void mistake(std::string place, std::string what, std::string remedy);
  void keep(ImportItem item);

  const std::string& file_;
  const ImportFormat& format_;
  ImportFile result_;
  std::unordered_map<std::string, std::string> places_;  // of ids
};

void Importer::mistake(std::string place, std::string what, std::string remedy) {
  if (++result_.problem_count > limits::problems_shown) return;
  result_.problems.push_back({file_, std::move(place), std::move(what), std::move(remedy)});
}

bool Importer::take_id(const Json& holder, const std::string& member, const std::string& place,
                       std::string& id) {
  const auto found = holder.find(member);
  if (found != holder.end() && found->is_string()) id = found->get<std::string>();
  if (found != holder.end() && found->is_number_integer()) id = to_text(*found);
  if (valid_level(id)) return true;
  if (found == holder.end())
    mistake(place, "there is no member '" + member + "'", "it must hold the id; --id-field names another");
  else
    mistake(place, "'" + member + "' is no id",
            "an id is 1 to 128 bytes without / + # or control characters");
  return false;
}

void Importer::keep(ImportItem item) {
  const auto [other, fresh] = places_.emplace(item.id, item.place);
  if (!fresh) {
    mistake(item.place, "the id '" + item.id + "' is at " + other->second + " already",
            "remove one of the two");
  } else {
    result_.items.push_back(std::move(item));
  }
}

void Importer::element(Json&& element, std::string place) {
  if (!element.is_object()) return mistake(place, "this is no JSON object", "every document is one");
  ImportItem item;
  if (!take_id(element, format_.id_field.empty() ? "id" : format_.id_field, place, item.id)) return;
  item.place = std::move(place);
  if (!format_.id_field.empty()) {
    item.data = to_text(element);
  } else if (const auto data = element.find("data"); data != element.end() && data->is_object()) {
    item.data = to_text(*data);
  } else if (element.value("deleted", Json()) != Json(true)) {
    return mistake(item.place, "there is no object 'data'",
                   R"(write {"id":…,"data":{…}}, or name the id's member with --id-field)");
  }
  if (const auto shallow = parse_json(item.data.empty() ? "{}" : item.data, document_depth); !shallow)
    return mistake(item.place, shallow.error().message,
                   "a document may have " + std::to_string(document_depth) + " levels");
  keep(std::move(item));
}

void Importer::array(std::string_view bytes) {
  // Above the documents: the way to the array, and the array.
  const auto above =
      static_cast<std::size_t>(std::count(format_.pointer.begin(), format_.pointer.end(), '/'));
  std::size_t fault_byte = 0;
  auto parsed = parse_json(bytes, limits::max_depth + above + 2, &fault_byte);
  if (!parsed) {
    const auto before = bytes.substr(0, std::min(fault_byte, bytes.size()));
    const auto line = 1 + std::count(before.begin(), before.end(), '\n');
    return mistake("line " + std::to_string(line), parsed.error().message, "the file must be one JSON text");
  }
  Json* array = &*parsed;
  try {
    array = &parsed->at(Json::json_pointer(format_.pointer));
  } catch (const Json::exception&) {
    return mistake(format_.pointer, "there is nothing at this place", "--pointer names an array in the file");
  }
  if (!array->is_array())
    return mistake(format_.pointer, "this is no array", "--pointer names an array in the file");
  for (std::size_t i = 0; i < array->size(); ++i)
    element(std::move((*array)[i]), format_.pointer + "/" + std::to_string(i));
}

void Importer::lines(std::string_view bytes) {
  for (std::size_t number = 1; !bytes.empty(); ++number) {
    const std::size_t end = std::min(bytes.find('\n'), bytes.size());
    const std::string_view line = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    if (line.find_first_not_of(" \t\r") == line.npos) continue;
    std::string place = "line " + std::to_string(number);
    auto parsed = parse_json(line, limits::max_depth + 1);
    if (!parsed)
      mistake(std::move(place), parsed.error().message,
              "every line is one JSON object; --pointer reads a JSON file");
    else
      element(std::move(*parsed), std::move(place));
  }
}

}  // namespace

ImportFile read_import(const std::string& file, std::string_view bytes, const ImportFormat& format) {
  Importer importer(file, format);
  const std::size_t first = bytes.find_first_not_of(" \t\r\n");
  if (!format.pointer.empty() || (first != bytes.npos && bytes[first] == '['))
    importer.array(bytes);
  else
    importer.lines(bytes);
  return std::move(importer).result();
}

}  // namespace msync
