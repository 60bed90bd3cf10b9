// Any bytes as every message: they are refused as malformed or too large, or are a message that survives the way.
// And any bytes as the text that a notice repeats.
#include "core/message.h"

#include "core/delta_scan.h"
#include "core/topic.h"
#include "tests/fuzz/require.h"

namespace {

using msync::Code;
using msync::Result;

template <class Message>
void check(std::string_view bytes, Result<Message> (*decode)(std::string_view)) {
  const auto message = decode(bytes);
  if (!message) {
    REQUIRE(message.error().code == Code::malformed || message.error().code == Code::too_large);
    REQUIRE(!message.error().message.empty());
    return;
  }
  const std::string text = msync::encode(*message);
  REQUIRE(msync::valid_utf8(text));
  const auto again = decode(text);
  REQUIRE(again.ok() && *again == *message);
}

void check_operation(const msync::Operation& operation) {
  if (operation.fault) {
    REQUIRE(operation.fault->code == Code::unknown_op || operation.fault->code == Code::bad_id ||
            operation.fault->code == Code::invalid);
    return;
  }
  if (operation.op == msync::Op::noop) return;
  REQUIRE(msync::valid_level(operation.id));
  REQUIRE(operation.op == msync::Op::remove || operation.data.is_object());
}

void check_in(std::string_view bytes) {
  const auto message = msync::decode_in(bytes);
  if (!message) return;
  const std::size_t count = message->mutations.size();
  REQUIRE(count >= 1 && count <= msync::limits::max_mutations);
  REQUIRE(message->numbered() == (message->n != 0) && message->numbered() == !message->epoch.empty());
  REQUIRE(message->n + (count - 1) <= msync::limits::integer_max);
  bool faultless = true;
  for (const msync::Mutation& mutation : message->mutations) {
    REQUIRE(!mutation.operations.empty() && mutation.operations.size() <= msync::limits::max_operations);
    for (const msync::Operation& operation : mutation.operations) {
      check_operation(operation);
      faultless = faultless && !operation.fault;
    }
  }
  // A fault is not sent on: what was wrong with the operation is not kept.
  if (faultless) check(bytes, msync::decode_in);
}

/// The reader without a tree and the strict one, which white space in front makes sure to ask, read alike.
void check_scan(std::string_view bytes) {
  const auto scanned = msync::scan_delta(bytes);
  if (!scanned) return;
  const auto strict = msync::decode_delta(" " + std::string(bytes));
  REQUIRE(strict.ok() && *strict == *scanned);
}

void check_delta(std::string_view bytes) {
  check_scan(bytes);
  const auto delta = msync::decode_delta(bytes);
  if (!delta) return;
  std::size_t size = 0;
  for (const msync::Change& change : delta->changes) {
    REQUIRE(msync::encoded_bytes(change) > msync::encode(change).size());
    size += msync::encoded_bytes(change);
  }
  REQUIRE(size <= bytes.size() * 8 + delta->changes.size() * 256);
  const auto again = msync::decode_delta(msync::encode_cbor(*delta));
  REQUIRE(again.ok() && *again == *delta);
}

/// What was cut once is not cut again.
void check_notice(const msync::Notice& notice) {
  const std::string text = msync::encode(notice);
  REQUIRE(msync::valid_utf8(text));
  const auto once = msync::decode_notice(text);
  REQUIRE(once.ok());
  REQUIRE(once->topic.size() <= msync::limits::max_echo_bytes &&
          once->src.size() <= msync::limits::max_echo_bytes);
  REQUIRE(msync::encode(*once) == text);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  check_in(bytes);
  check_delta(bytes);
  check(bytes, msync::decode_ack);
  check(bytes, msync::decode_result);
  check(bytes, msync::decode_pull);
  check(bytes, msync::decode_seen);
  check(bytes, msync::decode_delta);
  check(bytes, msync::decode_status);
  if (const auto notice = msync::decode_notice(bytes)) check_notice(*notice);
  const std::string text(bytes);
  check_notice({Code::malformed, text, text, "", text, 0, {}, {}});
  return 0;
}
