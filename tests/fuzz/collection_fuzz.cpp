// Any bytes as a schema file, and any as a document behind a NUL: a file is loaded without a problem, or every
// problem says what and how to mend it; a loaded schema judges any document.
#include "core/collection.h"

#include "tests/fuzz/require.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  const std::size_t end = std::min(bytes.find('\0'), bytes.size());
  const auto loaded = msync::Collections::load({{"fuzz.json", std::string(bytes.substr(0, end))}});
  for (const msync::Problem& problem : loaded.problems) {
    REQUIRE(problem.file == "fuzz.json" && !problem.what.empty() && !problem.remedy.empty());
    REQUIRE(!msync::to_string(problem).empty());
  }
  if (!loaded.problems.empty()) return 0;

  REQUIRE(loaded.collections.all().size() == 1);
  const msync::Collection& collection = loaded.collections.all().front();
  REQUIRE(collection.name == "fuzz" && loaded.collections.find("fuzz") == &collection && collection.schema);
  REQUIRE(collection.max_bytes >= 1 && collection.max_bytes <= msync::limits::max_document_bytes);
  for (const std::string_view text :
       {bytes.substr(std::min(end + 1, bytes.size())), std::string_view("{}")}) {
    const auto document = msync::parse_json(text);
    if (!document) continue;
    if (const auto error = collection.schema->validate(*document)) {
      REQUIRE(error->code == msync::Code::invalid && !error->message.empty());
      REQUIRE(document->contains(msync::Json::json_pointer(error->path)));
    }
  }
  return 0;
}
