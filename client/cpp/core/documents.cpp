#include "client/cpp/core/documents.h"

#include "client/cpp/core/bounds.h"
#include "core/message_fields.h"

namespace msync::client {
namespace {

Text patched(const Text& document, const std::string& patch) {
  auto target = parse_json(*document, envelope_depth);
  const auto changes = parse_json(patch, envelope_depth);
  if (!target || !changes) return document;  // the digest will tell
  target->merge_patch(*changes);
  return make_text(to_text(*target));
}

}  // namespace

const Confirmed* Documents::live(const std::string& id) const {
  const auto found = live_.find(id);
  return found == live_.end() ? nullptr : &found->second;
}

const Confirmed* Documents::known(const std::string& id) const {
  if (const Confirmed* row = live(id)) return row;
  const auto found = tombstones_.find(id);
  return found == tombstones_.end() ? nullptr : &found->second;
}

bool Documents::fits(const Change& change) const {
  if (!change.base) return true;
  const Confirmed* row = live(change.id);
  return row != nullptr && row->version == *change.base;
}

void Documents::apply(const Change& change, std::uint64_t gen) {
  Confirmed row{change.version, change.seq, change.ts, change.by, gen, nullptr};
  if (change.base) {
    row.data = patched(live(change.id)->data, change.patch);
  } else if (!change.deleted) {
    row.data = make_text(change.data);
  }
  rows_.put(change.id, row);
  place(change.id, std::move(row));
  if (tombstones_.size() > bounds::tombstones) {
    const std::string oldest = buried_.begin()->second;
    erase(oldest);
  }
}

std::map<std::string, Confirmed> Documents::sweep(std::uint64_t gen) {
  std::map<std::string, Confirmed> gone;
  std::vector<std::string> forgotten;
  for (const auto& [id, row] : live_) {
    if (row.gen < gen) gone.emplace(id, row);
  }
  for (const auto& [id, row] : tombstones_) {
    if (row.gen < gen) forgotten.push_back(id);
  }
  for (const auto& [id, row] : gone) erase(id);
  for (const std::string& id : forgotten) erase(id);
  return gone;
}

void Documents::forget(const std::string& id) {
  if (tombstones_.contains(id)) erase(id);
}

std::vector<std::string> Documents::clear() {
  std::vector<std::string> gone, forgotten;
  for (const auto& [id, row] : live_) gone.push_back(id);
  for (const auto& [id, row] : tombstones_) forgotten.push_back(id);
  for (const std::string& id : gone) erase(id);
  for (const std::string& id : forgotten) erase(id);
  return gone;
}

void Documents::place(const std::string& id, Confirmed row) {
  take_out(id);
  if (row.data) {
    digest_.add(id, row.version, row.ts, row.by);
    live_.emplace(id, std::move(row));
  } else {
    buried_.emplace(row.seq, id);
    tombstones_.emplace(id, std::move(row));
  }
}

void Documents::take_out(const std::string& id) {
  if (const auto old = live_.find(id); old != live_.end()) {
    digest_.remove(id, old->second.version, old->second.ts, old->second.by);
    live_.erase(old);
  }
  if (const auto old = tombstones_.find(id); old != tombstones_.end()) {
    buried_.erase({old->second.seq, id});
    tombstones_.erase(old);
  }
}

void Documents::erase(const std::string& id) {
  take_out(id);
  rows_.remove(id);
}

}  // namespace msync::client
