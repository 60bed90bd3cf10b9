// Any bytes as JSON and as CBOR: they are refused, or come back the same through both formats.
#include "core/json.h"

#include "tests/fuzz/require.h"

namespace {

using msync::Json;

std::size_t depth(const Json& value) {
  if (!value.is_structured()) return 0;
  std::size_t deepest = 0;
  for (const Json& child : value) deepest = std::max(deepest, depth(child));
  return deepest + 1;
}

void check_value(const Json& value) {
  REQUIRE(depth(value) <= msync::limits::max_depth);
  const std::string text = msync::to_text(value);
  REQUIRE(msync::valid_utf8(text));
  const auto from_text = msync::parse_json(text);
  REQUIRE(from_text.ok() && *from_text == value);
  REQUIRE(msync::to_text(*from_text) == text);
  const auto from_cbor = msync::parse_cbor(msync::to_cbor(value));
  REQUIRE(from_cbor.ok() && *from_cbor == value);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  std::size_t fault_byte = 0;
  if (const auto json = msync::parse_json(bytes, msync::limits::max_depth, &fault_byte)) {
    REQUIRE(Json::accept(bytes));  // we are stricter, never laxer
    check_value(*json);
  } else {
    REQUIRE(fault_byte <= size);
    REQUIRE(json.error().code == msync::Code::malformed && !json.error().message.empty());
  }
  if (const auto cbor = msync::parse_cbor(bytes)) check_value(*cbor);
  const auto quoted = msync::parse_json(msync::json_quoted(bytes));
  REQUIRE(quoted.ok() && (!msync::valid_utf8(bytes) || *quoted == Json(std::string(bytes))));
  return 0;
}
