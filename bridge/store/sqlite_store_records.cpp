// The store's records beside the data, passed on to their writer.
#include "bridge/store/sqlite_records.h"
#include "bridge/store/sqlite_store.h"

namespace msync {

void SqliteStore::save_conflict(std::int64_t scope, const ConflictRecord& record) {
  must_be_whole();
  records_->save(scope, record);
}

void SqliteStore::save_history(std::int64_t scope, const HistoryRecord& record) {
  must_be_whole();
  records_->save(scope, record);
}

std::size_t SqliteStore::trim_history(std::int64_t scope, std::int64_t older_than_ms, std::size_t max_rows) {
  must_be_whole();
  return records_->trim_history(scope, older_than_ms, max_rows);
}

void SqliteStore::save_accepted(std::string_view collection, std::string_view fingerprint) {
  must_be_whole();
  records_->save_accepted(collection, fingerprint);
}

void SqliteStore::save_revocation(const Revocation& revocation) {
  must_be_whole();
  records_->save(revocation);
}

std::vector<Revocation> SqliteStore::revocations() {
  return read_revocations(connection_);
}

std::size_t SqliteStore::drop_revocations(std::int64_t now_s) {
  must_be_whole();
  return records_->drop_revocations(now_s);
}

std::optional<RequestRecord> SqliteStore::request(std::string_view user, std::string_view key) {
  return records_->request(user, key);
}

void SqliteStore::save_request(const RequestRecord& request) {
  must_be_whole();
  records_->save(request);
}

std::size_t SqliteStore::drop_requests(std::int64_t older_than_ms, std::size_t max_rows) {
  must_be_whole();
  return records_->drop_requests(older_than_ms, max_rows);
}

void SqliteStore::save_webhook(std::string_view name, std::int64_t scope, std::uint64_t seq) {
  must_be_whole();
  records_->save_webhook(name, scope, seq);
}

void SqliteStore::keep_webhooks(const std::vector<std::string>& names) {
  must_be_whole();
  records_->keep_webhooks(names);
}

}  // namespace msync
