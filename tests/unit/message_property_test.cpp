// Every message that can be made survives the way; bytes that are nearly a message never do worse than fail.
#include <gtest/gtest.h>

#include <random>

#include "core/delta_scan.h"
#include "core/message.h"

namespace msync {
namespace {

/// Random messages, the same ones in every run; edge values are likelier than they would be by chance.
class Maker {
 public:
  explicit Maker(unsigned seed) : random_(seed) {}

  std::size_t below(std::size_t bound) {
    return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_);
  }
  bool coin() { return below(2) == 0; }

  std::uint64_t number() {
    static constexpr std::uint64_t kEdges[] = {0, 1, 127, 128, 255, 256, 65536, limits::integer_max};
    if (coin()) return kEdges[below(std::size(kEdges))];
    return std::uniform_int_distribution<std::uint64_t>(0, limits::integer_max)(random_);
  }
  std::int64_t time() { return static_cast<std::int64_t>(number()); }

  /// 1 to 12 characters of one to four bytes, none that a level forbids.
  std::string level() {
    static constexpr const char* kPieces[] = {"a", "7", "\"", "\\", " ", "ä",
                                              "✓", "😀", "'",  "-",  "{", "\u2028"};
    std::string text;
    for (std::size_t i = below(12) + 1; i > 0; --i) text += kPieces[below(std::size(kPieces))];
    return text;
  }
  std::string text() {
    std::string out = coin() ? level() : "";
    if (below(4) == 0) out += std::string("\0\n\x1b\x7f", 4);
    return out;
  }
  std::string src() {
    std::string out(limits::min_src_bytes + below(limits::max_src_bytes - limits::min_src_bytes + 1), '-');
    for (char& c : out) c = "0123456789abcXYZ-"[below(17)];
    return out;
  }

  Json value(int depth) {
    switch (below(depth > 0 ? 8 : 6)) {
      case 0:
        return nullptr;
      case 1:
        return coin();
      case 2:
        return number();
      case 3:
        return -static_cast<std::int64_t>(number()) - 1;
      case 4:
        return 0.1 + static_cast<double>(below(1000));
      case 5:
        return text();
      case 6:
        return object(depth - 1);
      default:
        break;
    }
    Json array = Json::array();
    for (std::size_t i = below(4); i > 0; --i) array.push_back(value(depth - 1));
    return array;
  }
  Json object(int depth) {
    Json out = Json::object();
    for (std::size_t i = below(4); i > 0; --i) out[text()] = value(depth);
    return out;
  }

  Operation operation(bool grouped) {
    Operation one;
    one.op = static_cast<Op>(below(grouped ? 3 : 4));
    if (one.op == Op::noop) return one;
    one.id = level();
    if (coin()) one.base = number();
    if (coin()) one.ts = time();
    if (one.op != Op::remove) one.data = object(3);
    return one;
  }

  InMessage in() {
    InMessage message;
    for (std::size_t i = below(4) + 1; i > 0; --i) {
      Mutation mutation;
      mutation.group = below(4) == 0;
      for (std::size_t k = mutation.group ? below(4) + 1 : 1; k > 0; --k) {
        mutation.operations.push_back(operation(mutation.group));
      }
      message.mutations.push_back(std::move(mutation));
    }
    if (coin()) return message;
    message.epoch = level();
    message.src = src();
    message.n = std::min(number() + 1, limits::integer_max - (message.mutations.size() - 1));
    return message;
  }

  Landing landing() { return {level(), number(), number()}; }

  MutationResult result() {
    MutationResult one;
    one.n = number();
    one.status = static_cast<Status>(below(6));
    one.duplicate = coin();
    if (one.status == Status::processed) return one;
    if (stored(one.status)) {
      for (std::size_t i = below(3); i > 0; --i) one.changes.push_back(landing());
      return one;
    }
    if (coin()) one.op = below(limits::max_operations);
    if (coin()) one.standing = landing();
    if (one.standing && one.status == Status::rejected) one.standing->version = one.standing->seq = 0;
    if (one.status == Status::rejected || coin()) {
      one.error = Error{static_cast<Code>(below(13)), text(), text()};
    }
    return one;
  }
  std::vector<MutationResult> results() {
    std::vector<MutationResult> out;
    for (std::size_t i = below(4); i > 0; --i) out.push_back(result());
    return out;
  }

  Ack ack() {
    Ack one;
    one.epoch = level();
    one.scope = level() + "/" + level();
    one.src = src();
    one.now = time();
    one.stale = below(4) == 0;
    one.gap = !one.stale && below(4) == 0;
    if (!one.stale) one.n = number();
    if (one.stale || one.gap) return one;
    one.head = number();
    one.results = results();
    return one;
  }

  Change change(std::uint64_t seq) {
    Change one;
    one.id = level();
    one.seq = seq;
    one.version = number();
    one.ts = time();
    one.by = level();
    if (coin()) one.src = src();
    if (coin()) one.n = number();
    switch (below(3)) {
      case 0:
        one.deleted = true;
        break;
      case 1:
        one.data = to_text(object(3));
        break;
      default:
        one.base = number();
        one.patch = to_text(object(2));
        break;
    }
    return one;
  }

  Delta delta() {
    Delta one;
    if (coin()) one.rid = "r" + std::to_string(below(100));
    one.last = coin();
    one.reset = coin();
    if (one.reset || coin()) one.snap = number();
    one.epoch = level();
    one.scope = level() + "/" + level();
    one.to = one.from = below(1000);
    for (std::size_t i = below(5); i > 0; --i) one.changes.push_back(change(one.to += below(9) + 1));
    one.head = one.to + below(2);
    one.now = time();
    if (coin()) one.count = number();
    if (coin()) one.digest = "0123456789abcdef";
    if (coin()) {
      one.n = number();
      one.outcomes = results();
    }
    return one;
  }

 private:
  std::mt19937 random_;
};

/// Both formats, since what one of them loses the other may keep.
template <class Message>
void expect_survival(const Message& message, Result<Message> (*decode)(std::string_view)) {
  const std::string text = encode(message);
  const auto json = decode(text);
  ASSERT_TRUE(json.ok()) << text << ": " << json.error().message;
  ASSERT_EQ(*json, message) << text;
  const auto parsed = parse_json(text, limits::max_depth + 4);
  ASSERT_TRUE(parsed.ok()) << text;
  const auto cbor = decode(to_cbor(*parsed));
  ASSERT_TRUE(cbor.ok()) << text << ": " << cbor.error().message;
  ASSERT_EQ(*cbor, message) << text;
}

/// What is read without a tree is what the strict reader reads, which white space in front makes sure to ask.
void expect_alike(const std::string& bytes) {
  const auto scanned = scan_delta(bytes);
  if (!scanned) return;
  const auto strict = decode_delta(" " + bytes);
  ASSERT_TRUE(strict.ok()) << bytes << ": " << strict.error().message;
  ASSERT_EQ(*scanned, *strict) << bytes;
}

TEST(MessageProperty, EveryMessageSurvivesTheWay) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    Maker maker(seed);
    SCOPED_TRACE(seed);
    expect_survival(maker.in(), decode_in);
    expect_survival(maker.ack(), decode_ack);
    expect_survival(maker.delta(), decode_delta);
    expect_alike(encode(maker.delta()));
    expect_survival(maker.result(), decode_result);
    if (testing::Test::HasFatalFailure()) return;
  }
}

TEST(MessageProperty, TheSizeOfAChangeIsNeverUnderestimated) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    const Delta delta = Maker(seed).delta();
    std::size_t bytes = delta_overhead_bytes;
    for (const Change& change : delta.changes) {
      ASSERT_GE(encoded_bytes(change), encode(change).size() + 1) << seed;
      bytes += encoded_bytes(change);
    }
    Delta without = delta;
    without.outcomes.clear();
    ASSERT_GE(bytes, encode(without).size()) << seed;
  }
}

/// What a decoder accepts is a message again; what it does not, it calls malformed.
template <class Message>
void expect_judgement(const std::string& bytes, Result<Message> (*decode)(std::string_view)) {
  const auto message = decode(bytes);
  if (!message) {
    ASSERT_EQ(message.error().code, Code::malformed);
    return;
  }
  const auto again = decode(encode(*message));
  ASSERT_TRUE(again.ok()) << bytes << ": " << again.error().message;
  ASSERT_EQ(*again, *message) << bytes;
}

TEST(MessageProperty, DamagedMessagesAreJudgedNotTrusted) {
  for (unsigned seed = 0; seed < 500; ++seed) {
    Maker maker(seed);
    SCOPED_TRACE(seed);
    for (std::string bytes : {encode(maker.ack()), encode(maker.delta()), encode_cbor(maker.delta()),
                              encode(maker.in()), encode(Pull{"r", maker.src(), "e", maker.number()})}) {
      for (std::size_t i = maker.below(3) + 1; i > 0; --i)
        bytes[maker.below(bytes.size())] ^= 1 << maker.below(8);
      if (maker.coin()) bytes.resize(maker.below(bytes.size()));
      expect_judgement(bytes, decode_ack);
      expect_judgement(bytes, decode_delta);
      expect_alike(bytes);
      expect_judgement(bytes, decode_pull);
      // What is wrong with one mutation is its fault and does not travel, so these are not sent on.
      const auto in = decode_in(bytes);
      ASSERT_TRUE(in.ok() || in.error().code == Code::malformed);
    }
    if (testing::Test::HasFatalFailure()) return;
  }
}

}  // namespace
}  // namespace msync
