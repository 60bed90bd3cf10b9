#include "bridge/http/negotiation.h"

#include <algorithm>
#include <functional>
#include <optional>

namespace msync {
namespace {

std::string_view trimmed(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

bool same_word(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; };
  return std::equal(one.begin(), one.end(), other.begin(), other.end(),
                    [&](char a, char b) { return lower(a) == lower(b); });
}

/// Takes what stands before the next separator off the text.
std::string_view next_part(std::string_view& text, char separator) {
  const std::size_t end = std::min(text.find(separator), text.size());
  const std::string_view part = trimmed(text.substr(0, end));
  text.remove_prefix(std::min(end + 1, text.size()));
  return part;
}

/// In thousandths; nothing if it is none: 0 to 1 with at most three digits behind the point.
std::optional<int> weight_of(std::string_view text) {
  if (text.empty() || text.size() > 5 || (text[0] != '0' && text[0] != '1')) return std::nullopt;
  if (text.size() > 1 && text[1] != '.') return std::nullopt;
  int weight = (text[0] - '0') * 1000, place = 100;
  for (const char digit : text.substr(std::min<std::size_t>(2, text.size()))) {
    if (digit < '0' || digit > '9') return std::nullopt;
    weight += (digit - '0') * place;
    place /= 10;
  }
  return weight > 1000 ? std::nullopt : std::optional(weight);
}

void each_value(const HttpRequest& request, std::string_view header,
                const std::function<void(std::string_view)>& each) {
  for (const auto& [name, value] : request.headers) {
    if (name != header) continue;
    std::string_view rest = value;
    while (!rest.empty())
      if (const std::string_view one = next_part(rest, ','); !one.empty()) each(one);
  }
}

}  // namespace

bool accepts_gzip(const HttpRequest& request) {
  std::optional<int> gzip, any, identity;
  each_value(request, "accept-encoding", [&](std::string_view value) {
    const std::string_view coding = next_part(value, ';');
    int weight = 1000;
    while (!value.empty()) {
      const std::string_view parameter = next_part(value, ';');
      if (same_word(parameter.substr(0, 2), "q=")) weight = weight_of(parameter.substr(2)).value_or(0);
    }
    if (same_word(coding, "gzip") || same_word(coding, "x-gzip")) gzip = weight;
    if (same_word(coding, "identity")) identity = weight;
    if (coding == "*") any = weight;
  });
  const int wanted = gzip.value_or(any.value_or(0));
  return wanted > 0 && wanted >= identity.value_or(0);
}

bool has_already(const HttpRequest& request, std::string_view entity_tag) {
  bool named = false;
  each_value(request, "if-none-match", [&](std::string_view tag) {
    if (tag.starts_with("W/")) tag.remove_prefix(2);
    named = named || tag == "*" || tag == entity_tag;
  });
  return named;
}

}  // namespace msync
