#include "bridge/patches.h"

#include <optional>

#include "core/reconcile.h"

namespace msync {
namespace {

std::size_t weight(const std::string& key, const std::string& data) {
  constexpr std::size_t node = 160;  // of list and map, about
  return node + 2 * key.size() + data.size();
}

/// Most of the time the merge patch that makes `to` of `from`: what a patch cannot say (a member that is null) is
/// for the caller to notice.
Json difference(const Json& from, const Json& to) {
  Json patch = Json::object();
  for (const auto& [name, value] : from.items())
    if (!to.contains(name)) patch[name] = nullptr;
  for (const auto& [name, value] : to.items()) {
    const auto before = from.find(name);
    if (before == from.end()) {
      patch[name] = value;
    } else if (*before != value) {
      patch[name] = before->is_object() && value.is_object() ? difference(*before, value) : value;
    }
  }
  return patch;
}

std::optional<std::string> patch_between(const std::string& from_text, const std::string& to_text_) {
  const auto from = parse_json(from_text), to = parse_json(to_text_);
  if (!from || !to || !from->is_object() || !to->is_object()) return std::nullopt;
  const Json patch = difference(*from, *to);
  std::string text = to_text(patch);
  if (2 * text.size() > to_text_.size() || merge_patch(*from, patch) != *to) return std::nullopt;
  return text;
}

}  // namespace

void Patches::forget(const std::string& key) {
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return;
  bytes_ -= weight(key, found->second->data);
  order_.erase(found->second);
  by_key_.erase(found);
}

void Patches::remember(Sent&& sent) {
  forget(sent.key);
  bytes_ += weight(sent.key, sent.data);
  order_.push_front(std::move(sent));
  by_key_.emplace(order_.front().key, order_.begin());
  while (bytes_ > memory_bytes_) forget(std::string(order_.back().key));
}

void Patches::shorten(std::int64_t scope, Delta& delta) {
  const std::string prefix = std::to_string(scope) + "/";
  for (Change& change : delta.changes) {
    std::string key = prefix + change.id;
    if (change.deleted || change.data.size() < least_bytes_) {
      forget(key);
      continue;
    }
    Sent now{std::move(key), change.version, change.seq, change.data};
    const auto found = by_key_.find(now.key);
    if (found != by_key_.end() && found->second->seq <= delta.from) {
      const Sent& before = *found->second;
      if (auto patch = patch_between(before.data, change.data)) {
        change.base = before.version;
        change.patch = *std::move(patch);
        change.data.clear();
      }
    }
    remember(std::move(now));
  }
}

}  // namespace msync
