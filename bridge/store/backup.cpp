#include "bridge/store/backup.h"

#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <ctime>
#include <filesystem>
#include <optional>

#include "bridge/store/address.h"
#include "bridge/store/lock_file.h"
#include "bridge/store/meta.h"
#include "bridge/store/migrations.h"
#include "bridge/store/placing.h"
#include "bridge/store/sqlite_store.h"
#include "core/limits.h"

namespace msync {
namespace {

using sqlite::Connection;
using Kind = StoreError::Kind;
using Mode = Connection::Mode;
using Progress = std::function<void(int, int)>;

std::string file_of(const std::string& address) {
  auto file = sqlite_file(address);
  if (!file) throw StoreError(Kind::other, file.error().message);
  return *std::move(file);
}

/// StoreError unless it is a store that this program can read.
void must_be_a_store(Connection& connection) {
  if (schema_version(connection) == 0)
    throw StoreError(Kind::other, connection.file() + " is empty: there is no store in it");
}

void must_exist(const std::string& file) {
  if (sqlite::in_memory(file) || access(file.c_str(), F_OK) == 0) return;
  throw StoreError(Kind::unwritable, file + ": there is no such file; mind the path");
}

/// `source` as a file of its own, without a log beside it.
void copy_to_file(Connection& source, const std::string& file, const Progress& progress) {
  Connection target(file, Mode::write);
  source.copy_to(target, progress);
  target.run("PRAGMA journal_mode = DELETE");
  quick_check(target);
}

/// A copy says of itself what its source does: that it has a log. None can be in memory; so by way of a file.
void copy_to_memory(Connection& source, Connection& target, const Progress& progress) {
  if (source.text("PRAGMA journal_mode") != "wal") return source.copy_to(target, progress);
  std::string folder = (std::filesystem::temp_directory_path() / "mosquitto-sync-XXXXXX").string();
  if (mkdtemp(folder.data()) == nullptr) throw StoreError(Kind::unwritable, folder + ": cannot make it");
  const std::string file = folder + "/copy.db";
  {
    const DraftFile draft(file);
    copy_to_file(source, file, progress);
    Connection(file, Mode::read).copy_to(target, {});
  }
  rmdir(folder.c_str());
}

/// Nothing more can be had of it: a restore does without.
bool lost(const StoreError& error) {
  return error.kind == Kind::corrupt || error.kind == Kind::unreadable;
}

/// What of the replaced store must not come again; nothing where it cannot be told.
std::optional<Meta> meta_of_replaced(Connection& replaced) {
  try {
    if (schema_version(replaced) == 0) return std::nullopt;
    return read_meta(replaced);
  } catch (const StoreError& error) {
    if (!lost(error)) throw;  // another program's file, or a later version's: hands off
    return std::nullopt;
  }
}

/// Turns the copy of a backup into a new history.
StoreIdentity renew(Connection& store, const std::optional<Meta>& replaced, std::int64_t now_ms) {
  store.run("BEGIN IMMEDIATE");
  migrate(store);
  const Meta own = read_meta(store);
  const Meta other = replaced.value_or(Meta{});
  const std::string epoch = new_epoch(std::max({now_ms, epoch_ms(own.epoch) + 1, epoch_ms(other.epoch) + 1}));
  const std::uint64_t boot = std::max(own.boot, other.boot) + 1;
  sqlite::Statement change(store, "UPDATE meta SET epoch=?1, boot=?2, last_time=?3");
  sqlite::Query(change, epoch, boot, std::max(own.last_time_ms, other.last_time_ms)).done();
  // Of each scope one change, so that its new head is published; readers take the content by a snapshot.
  store.run("DELETE FROM published");
  sqlite::Statement heads(store, "INSERT INTO published SELECT ?1, id, seq - 1 FROM scope WHERE seq > 0");
  sqlite::Query(heads, std::string_view(store_cell)).done();
  store.run("COMMIT");
  return {epoch, boot};
}

/// Brings what its log holds into the database and the log to its end, so that the file is all of it. One that is
/// damaged keeps its log, which goes along with it.
void settle(Connection& replaced) {
  replaced.run(("PRAGMA busy_timeout = " + std::to_string(limits::store_checkpoint_wait_ms)).c_str());
  try {
    if (replaced.number("PRAGMA wal_checkpoint(TRUNCATE)") == 0) return;
  } catch (const StoreError& error) {
    if (!lost(error)) throw;
    return;
  }
  throw StoreError(Kind::busy, replaced.file() + " is being read; end that (an export, a backup, a shell?)");
}

/// The store under a second name. Its log and index are taken from the first: what is restored has none.
void keep(const std::string& file, std::int64_t now_ms) {
  const std::string kept = kept_beside(file, now_ms);
  link_file(file, kept);
  std::error_code none;
  if (std::filesystem::file_size(file + "-wal", none) > 0 && !none) {
    std::filesystem::rename(file + "-wal", kept + "-wal", none);
    if (none) throw StoreError(Kind::unwritable, file + "-wal: cannot move it: " + none.message());
  }
  unlink((file + "-wal").c_str());
  unlink((file + "-shm").c_str());
}

StoreIdentity restore_to_memory(Connection& source, const std::string& name, std::int64_t now_ms) {
  Connection target(name, Mode::write);
  const auto replaced = meta_of_replaced(target);
  copy_to_memory(source, target, {});
  return renew(target, replaced, now_ms);
}

StoreIdentity restore_to_file(Connection& source, const std::string& file, std::int64_t now_ms) {
  const LockFile lock(file);
  std::optional<Meta> replaced;
  const bool is_there = access(file.c_str(), F_OK) == 0;
  if (is_there) {
    Connection old(file, Mode::write);
    replaced = meta_of_replaced(old);
    settle(old);
  }
  DraftFile draft(file + ".restoring");
  copy_to_file(source, draft.path(), {});
  StoreIdentity identity;
  {
    Connection target(draft.path(), Mode::write);
    identity = renew(target, replaced, now_ms);
  }
  if (is_there) {
    give_to_owner_of(file, draft.path());
    keep(file, now_ms);
  }
  draft.put(file, true);
  return identity;
}

}  // namespace

std::string kept_beside(const std::string& file, std::int64_t now_ms) {
  const std::time_t seconds = now_ms / 1000;
  std::tm utc{};
  gmtime_r(&seconds, &utc);
  char text[48];
  const std::size_t size = std::strftime(text, sizeof text, "%Y%m%dT%H%M%S", &utc);
  std::snprintf(text + size, sizeof text - size, ".%03dZ", static_cast<int>(now_ms % 1000));
  return file + ".before-restore-" + text;
}

void backup_store(const std::string& from_address, const std::string& to_address,
                  const std::function<void(int done_pages, int total_pages)>& progress) {
  const std::string from = file_of(from_address);
  const std::string to = file_of(to_address);
  must_exist(from);
  Connection source(from, Mode::read);
  must_be_a_store(source);
  if (sqlite::in_memory(to)) {
    Connection target(to, Mode::write);
    copy_to_memory(source, target, progress);
    return;
  }
  if (access(to.c_str(), F_OK) == 0)
    throw StoreError(Kind::other, to + " is there already; it is not overwritten: name another file");
  DraftFile draft(to + ".partial-" + std::to_string(getpid()));
  copy_to_file(source, draft.path(), progress);
  draft.put(to, false);
}

StoreIdentity restore_store(const std::string& from_address, const std::string& to_address,
                            std::int64_t now_ms) {
  const std::string from = file_of(from_address);
  const std::string to = file_of(to_address);
  if (from == to) throw StoreError(Kind::other, from + " cannot be restored from itself");
  must_exist(from);
  Connection source(from, Mode::read);
  must_be_a_store(source);
  quick_check(source);
  return sqlite::in_memory(to) ? restore_to_memory(source, to, now_ms) : restore_to_file(source, to, now_ms);
}

}  // namespace msync
