#include "bridge/http/follow.h"

#include <algorithm>
#include <charconv>
#include <tuple>

#include "core/limits.h"

namespace msync {
namespace {

bool read_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return !text.empty() && error == std::errc() && end == text.data() + text.size() &&
         value <= limits::integer_max;
}

/// Prefer: wait=30, among other preferences. 0 where it is not there or no number.
std::int64_t wait_ms_of(std::string_view prefer) {
  const std::size_t wait = prefer.find("wait=");
  if (wait == prefer.npos) return 0;
  std::string_view digits = prefer.substr(wait + 5);
  digits = digits.substr(0, digits.find_first_not_of("0123456789"));
  std::uint64_t seconds = 0;
  if (!read_number(digits, seconds)) return 0;
  return 1000 * std::min(static_cast<std::int64_t>(seconds), limits::http_wait_s);
}

}  // namespace

bool FeedPosition::operator<(const FeedPosition& other) const {
  return std::tie(epoch, since, snap) < std::tie(other.epoch, other.since, other.snap);
}

std::string to_string(const FeedPosition& position) {
  std::string text = position.epoch + "/" + std::to_string(position.since);
  if (position.snap > 0) text += "/" + std::to_string(position.snap);
  return text;
}

Result<FeedPosition> parse_position(std::string_view text) {
  const Error bad{Code::malformed, "a position is EPOCH/SEQ or EPOCH/SEQ/SNAP", ""};
  FeedPosition position;
  const std::size_t first = text.find('/');
  if (first == text.npos || first == 0 || first > limits::max_epoch_bytes) return bad;
  position.epoch = text.substr(0, first);
  text.remove_prefix(first + 1);
  const std::size_t second = text.find('/');
  if (!read_number(text.substr(0, second), position.since)) return bad;
  if (second != text.npos && !read_number(text.substr(second + 1), position.snap)) return bad;
  return position;
}

Result<Follow> read_follow(const HttpRequest& request, const Route& route) {
  Follow follow;
  follow.stream = request.header("accept").find("text/event-stream") != std::string_view::npos;
  follow.wait_ms = wait_ms_of(request.header("prefer"));
  const auto limit = number_parameter(route, "limit", limits::page_entities);
  if (!limit) return limit.error();
  follow.limit = std::clamp<std::size_t>(*limit, 1, limits::page_entities);
  if (follow.stream && request.has("last-event-id")) {
    auto position = parse_position(request.header("last-event-id"));
    if (!position) return position.error();
    follow.position = *std::move(position);
    return follow;
  }
  const auto since = number_parameter(route, "since", 0), snap = number_parameter(route, "snap", 0);
  if (!since) return since.error();
  if (!snap) return snap.error();
  follow.position = {std::string(route.parameter("epoch")), *since, *snap};
  if (follow.position.epoch.size() > limits::max_epoch_bytes)
    return Error{Code::malformed, "epoch is too long", ""};
  return follow;
}

}  // namespace msync
