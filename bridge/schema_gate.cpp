#include "bridge/schema_gate.h"

#include <spdlog/spdlog.h>

#include <chrono>

namespace msync {
namespace {

constexpr std::int64_t progress_interval_ms = 5'000;

std::int64_t steady_ms() {
  using namespace std::chrono;
  return duration_cast<milliseconds>(steady_clock::now().time_since_epoch()).count();
}

std::unique_ptr<StoreReader> reader_of(const std::string& store) {
  auto reader = open_reader(store);
  if (!reader) throw StoreError(StoreError::Kind::other, reader.error().message);
  return std::move(*reader);
}

}  // namespace

SchemaGate::SchemaGate(std::string store, bool allow_invalid, std::function<bool()> interrupted)
    : store_(std::move(store)), allow_invalid_(allow_invalid), interrupted_(std::move(interrupted)) {}

bool SchemaGate::progress(std::uint64_t read, std::uint64_t total) {
  if (const std::int64_t now = steady_ms(); now - told_ms_ >= progress_interval_ms) {
    told_ms_ = now;
    spdlog::info("event=checking_documents read={} of={}", read, total);
  }
  return !interrupted_();
}

void SchemaGate::report(const std::vector<Verdict>& verdicts, bool refused) const {
  for (const Verdict& verdict : verdicts) {
    if (verdict.unfit == 0) continue;
    for (const std::string& line : lines_of(verdict))
      spdlog::log(refused ? spdlog::level::err : spdlog::level::warn,
                  "event=unfit_documents collection={} {}", verdict.collection->name, line);
  }
}

bool SchemaGate::admits(const Collections& collections) {
  accepted_.clear();
  told_ms_ = steady_ms();
  const auto reader = reader_of(store_);
  const auto view = reader->view();
  const auto changed = SchemaJudge::changed(*view, collections);
  SchemaJudge judge([this](std::uint64_t read, std::uint64_t total) { return progress(read, total); });
  const auto verdicts = judge.judge(*view, changed);
  if (!verdicts) return false;
  heads_ = judge.read_up_to();
  const std::uint64_t misfits = unfit(*verdicts);
  report(*verdicts, !allow_invalid_);
  if (misfits > 0 && !allow_invalid_) return false;
  for (const Collection* collection : changed)
    accepted_.emplace_back(collection->name, collection->fingerprint);
  return true;
}

std::vector<std::pair<std::string, std::string>> SchemaGate::accepted() const {
  return accepted_;
}

void SchemaGate::look_back(const Collections& collections) {
  std::vector<const Collection*> changed;
  for (const auto& [name, fingerprint] : accepted_)
    if (const Collection* collection = collections.find(name)) changed.push_back(collection);
  if (changed.empty()) return;
  const auto reader = reader_of(store_);
  const auto view = reader->view();
  SchemaJudge judge([this](std::uint64_t read, std::uint64_t total) { return progress(read, total); });
  if (const auto verdicts = judge.judge(*view, changed, heads_)) report(*verdicts, false);
}

}  // namespace msync
