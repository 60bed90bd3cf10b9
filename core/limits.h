// Every limit of the system: its name, its unit (last in the name), why it has this value, what happens there.
//
// A limit that a client must know is announced in sync/status. A limit that an operator may change is the
// default of an option of the same name.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msync::limits {

// ---- The shape of messages ------------------------------------------------------------------------------

/// Largest integer outside `data`: what a JavaScript number holds exactly. Beyond it a message is malformed.
inline constexpr std::uint64_t integer_max = (std::uint64_t{1} << 53) - 1;

/// Payload of one publish, bytes. Four default documents' worth; one message is parsed in about 2 ms, so no
/// client can hold the broker's or the bridge's thread for longer. Over it: notice `too_large`.
inline constexpr std::size_t max_payload_bytes = 256 * 1024;

/// Nesting of arrays and objects, the outermost counted. Parsers recurse; 32 levels are far beyond any
/// document that a person designed. Over it: notice `malformed`.
inline constexpr std::size_t max_depth = 32;

/// Mutations in one message. Bounds the time of one transaction. Over it: notice `malformed`.
inline constexpr std::size_t max_mutations = 500;

/// Operations in one atomic group: likewise.
inline constexpr std::size_t max_operations = 100;

/// Mutations that a client may have unacknowledged per scope. Two full messages: one under way, one being
/// processed; more would only sit in the broker's queue, which is bounded.
inline constexpr std::size_t max_unacked = 1000;

// ---- Names ----------------------------------------------------------------------------------------------

/// One template variable or entity id, bytes. A topic of seven such levels stays below 1 KiB.
inline constexpr std::size_t max_level_bytes = 128;

/// Levels in a topic template. Mosquitto itself stops at 200.
inline constexpr std::size_t max_template_levels = 16;

/// A replica's name (src), bytes: long enough to be random (16), no longer than a UUID with hyphens (36).
inline constexpr std::size_t min_src_bytes = 16;
inline constexpr std::size_t max_src_bytes = 36;

/// The device part of a client id, bytes.
inline constexpr std::size_t max_device_bytes = 64;

/// The request id of a pull, bytes. It is echoed, so it is short.
inline constexpr std::size_t max_rid_bytes = 64;

/// A pull or a seen, bytes: thousands may wait, and an honest one has 300. Over it: notice `too_large`.
inline constexpr std::size_t max_pull_bytes = 4096;

/// An epoch, bytes: 13 digits, a hyphen and a random part.
inline constexpr std::size_t max_epoch_bytes = 64;

/// Text from outside that a notice repeats (topic, src, what a parser stumbled on), bytes: enough to recognise
/// it, too little to make an answer larger than its question. The rest is cut off.
inline constexpr std::size_t max_echo_bytes = 256;

/// The JSON Pointer of an `invalid` outcome, bytes: it is stored and sent back, and its names are the writer's. A
/// longer one ends at an ancestor of the failing value.
inline constexpr std::size_t max_pointer_bytes = 512;

/// Schemas that one document may be held against: so many, and so many more for each of its values. An honest
/// schema takes about as many as it has alternatives, 1 µs each; one that refers to itself below anyOf
/// could take 4^depth. Past it: `invalid`.
inline constexpr std::size_t schema_steps = 10'000;
inline constexpr std::size_t schema_steps_per_value = 100;

/// A token, bytes. MQTT's password stops at 65,535; no honest token comes near this.
inline constexpr std::size_t max_token_bytes = 16 * 1024;

// ---- Reconciliation -------------------------------------------------------------------------------------

/// How far a writer's clock may be ahead of the broker's before its ts is set to the broker's, ms. Covers
/// phones on network time; a clock that is years ahead must not win for years.
inline constexpr std::int64_t max_skew_ms = 120'000;

/// A collection's `max_bytes` when its file names none: compact JSON of one document.
inline constexpr std::size_t default_document_bytes = 64 * 1024;

/// The largest `max_bytes` a collection may ask for: one document and its envelope must fit one message.
inline constexpr std::size_t max_document_bytes = 240 * 1024;

/// Outcomes other than `applied` that are kept per replica and scope. A client that lost more acks than this
/// in a row is told `processed` for the older ones.
inline constexpr std::size_t outcomes_kept = 100;

/// Records of conflicts: so many of each scope, the newest, so that one quarrelsome scope does not push out what
/// others have to say; and so many of the whole store, because a client can name scopes without end. Older ones
/// are dropped. The second bound is kept up in steps, so it may be passed by one step.
inline constexpr std::size_t conflicts_kept = 100;
inline constexpr std::size_t conflicts_kept_in_store = 10'000;
inline constexpr std::size_t conflicts_trim_step = 256;

/// A document in the record of a conflict, bytes of compact JSON: two of these in 10,000 records are 160 MiB. Of
/// a larger one the record keeps the size.
inline constexpr std::size_t conflict_document_bytes = 8 * 1024;

/// Rows of history that one transaction drops for their age: a tenth of what a batch may take, and more than
/// the 512 mutations of a batch add in the long run.
inline constexpr std::size_t history_trim_rows = 500;

/// Clocks of removed properties kept per entity (`merge`). A removal must be remembered to beat an older write
/// that arrives late; a peer that invents names without end must not grow a row without end. Past it the
/// removals of the oldest versions are forgotten.
inline constexpr std::size_t removed_properties_kept = 256;

// ---- Deltas and pages -----------------------------------------------------------------------------------

/// Largest live delta, bytes of JSON; a larger commit is published as several, contiguous.
inline constexpr std::size_t live_delta_bytes = 256 * 1024;

/// Largest retained delta, bytes: so the broker holds O(1) per scope. A larger one goes out unretained and an
/// empty one, retained, follows it.
inline constexpr std::size_t retained_delta_bytes = 8 * 1024;

/// MQTT 5 message expiry of an unretained delta, s. Past it a client is better off with a pull.
inline constexpr std::uint32_t delta_expiry_s = 3600;

/// Entities on one page: the default and the most a pull may ask for.
inline constexpr std::size_t page_entities = 500;

/// One page before compression, bytes; a single larger entity goes alone.
inline constexpr std::size_t page_bytes = 256 * 1024;

/// Pages in answer to one pull: 4 MiB, so one reader cannot fill the broker's queue.
inline constexpr std::size_t pages_per_pull = 16;

/// A page below this is sent as it is, bytes: compressed it would hardly be smaller.
inline constexpr std::size_t compress_bytes = 256;

/// What a compressed page may unpack to, bytes: four pages, so that one with a single large entity fits, and a small
/// message cannot make a reader take a large amount of memory. Over it: malformed.
inline constexpr std::size_t unpacked_page_bytes = 1024 * 1024;

// ---- The bridge -----------------------------------------------------------------------------------------

/// Mutations in one transaction, and how long a batch may wait to fill, ms. With synchronous=FULL a commit is
/// one fsync: batches of 512 amortise it, 2 ms is below what a person or a network notices.
inline constexpr std::size_t batch_mutations = 512;
inline constexpr int batch_wait_ms = 2;

/// Messages and bytes on the bridge's input queue. When either is reached the link waits
/// (inbox_wait_ms), and the broker holds the rest.
inline constexpr std::size_t inbox_messages = 4096;
inline constexpr std::size_t inbox_bytes = 32 * 1024 * 1024;

/// How long the link waits for room on the input queue before it drops the message, ms. While it waits nothing
/// can be published either (Paho holds its lock), so waiting for ever could wait for itself; the client, which
/// gets no ack, sends again.
inline constexpr int inbox_wait_ms = 200;

/// Bytes waiting to be published (acks, notices, pages). When it is reached, commits and pulls wait.
inline constexpr std::size_t outbox_bytes = 32 * 1024 * 1024;

/// Pages that are sent before it is looked whether acks or live deltas wait.
inline constexpr std::size_t pages_a_turn = 4;

/// Pulls waiting for the pull service: one per client and scope. A thousand phones that reconnect at once fit; a
/// client whose pull was dropped asks again.
inline constexpr std::size_t waiting_pulls = 8192;

/// The bridge's own unacknowledged publishes. Paho's throughput collapses once the broker's Receive Maximum
/// is passed; this stays below the 1000 of mosquitto.conf.example.
inline constexpr std::size_t publish_window = 500;

/// The same in bytes: what is sent now waits behind so much, on the way to the broker. One larger message goes alone.
inline constexpr std::size_t publish_window_bytes = 4 * 1024 * 1024;

/// What a publish may wait for its PUBACK before the link is considered broken, ms.
inline constexpr int publish_timeout_ms = 30'000;

/// How long a bridge that was told to end may take to commit, and again to publish, what it has, ms. Below
/// systemd's 90 s and a person's patience.
inline constexpr int drain_ms = 10'000;

/// Reconnection: first pause, doubling, longest pause, ms.
inline constexpr int reconnect_min_ms = 250;
inline constexpr int reconnect_max_ms = 15'000;

/// How long a commit may wait for another process's lock on the database, ms.
inline constexpr int store_busy_ms = 5'000;

/// How long a replica that does not report is waited for before a tombstone goes, ms: whoever is away for longer than
/// a month takes a snapshot.
inline constexpr std::int64_t replica_ttl_ms = std::int64_t{30} * 86'400'000;

/// How often the bridge looks for what may be forgotten, ms, and how much one transaction of that takes: tombstones
/// and scopes looked at. About 5 ms of the pipeline's time, as a batch of writes; if there is more, it goes on
/// after sweep_pause_ms.
inline constexpr std::int64_t sweep_interval_ms = 60'000;
inline constexpr std::int64_t sweep_pause_ms = 100;
inline constexpr std::size_t sweep_rows = 500;
inline constexpr std::size_t sweep_scopes = 100;

/// How often `boot` rises while something changes, ms: a bridge whose broker went back to an old store publishes the
/// heads of at most that much more than the broker has lost.
inline constexpr std::int64_t boot_interval_ms = 60'000;

/// Write-ahead log at which it is moved into the database, bytes. A page that was written ten times meanwhile is
/// moved once: 64 MiB give a fifth more commits than 16 MiB, and take 0.1 s to read back after a crash.
inline constexpr std::int64_t store_wal_bytes = 64 * 1024 * 1024;

/// How long a commit may wait for readers when the log grew past that all the same, ms. A page is read in less;
/// a foreign reader that stays longer (a backup) must not stop the bridge.
inline constexpr int store_checkpoint_wait_ms = 200;

/// Pages that a backup copies at a time, 4 MiB: how often it tells how far it is.
inline constexpr int backup_step_pages = 1024;

/// The database's pages kept in memory, bytes, for the writer; a reader has a quarter.
inline constexpr std::int64_t store_cache_bytes = 64 * 1024 * 1024;

/// Revocations in force at a time. They travel as one retained message and are looked through at every connect;
/// whoever needs more should change the keys. One more is refused.
inline constexpr std::size_t revocations = 1000;

/// Memberships in one message from the bridge to the plugin: reading it holds the broker's thread for about 1 ms.
inline constexpr std::size_t members_per_message = 1000;

/// How often the bridge fetches the issuer's keys (`--jwks-url`), ms, and how soon again when a token names a key that
/// is not among them: an issuer that rotates is followed within a minute, and tokens with invented names cannot make
/// the bridge knock more often.
inline constexpr std::int64_t keys_fetch_ms = 600'000;
inline constexpr std::int64_t keys_fetch_again_ms = 60'000;

// ---- Identity -------------------------------------------------------------------------------------------

/// Shortest HMAC key, bytes: RFC 7518 §3.2 asks for the size of the hash.
inline constexpr std::size_t min_secret_bytes = 32;

/// A set of keys (JWKS): bytes, and keys. 64 keys with a certificate each fit; reading it holds the broker's only
/// thread for a few ms. A larger file is refused.
inline constexpr std::size_t max_jwks_bytes = 256 * 1024;
inline constexpr std::size_t max_jwks_keys = 64;

/// How often the plugin looks whether the JWKS file has changed, ms: a look is a system call on the broker's thread.
inline constexpr std::int64_t keys_look_ms = 1'000;

/// RSA keys, bits. Below, RFC 7518 §3.3 forbids it; above, one verification holds the broker for over a ms.
inline constexpr std::size_t min_rsa_bits = 2048;
inline constexpr std::size_t max_rsa_bits = 8192;

/// A token's header as it is sent, bytes, where it must be parsed before the signature can be verified. An honest
/// one has a hundred.
inline constexpr std::size_t max_token_header_bytes = 2048;

/// Clock difference allowed to whoever issued a token, s.
inline constexpr std::int64_t leeway_s = 30;

/// Longest life of a token, s: a stolen one is useless after a day.
inline constexpr std::int64_t max_token_ttl_s = 86'400;

/// Notice `token` is sent this long before a token ends, s.
inline constexpr std::int64_t token_notice_s = 60;

/// Messages per second of one user, averaged over a second.
inline constexpr std::uint32_t max_messages_per_s = 100;

/// Payload bytes per second of one user: eight of the largest messages, with two seconds' worth at once.
inline constexpr std::uint32_t max_bytes_per_s = 2 * 1024 * 1024;

/// Filters that one client may be subscribed to at a time. The broker looks through a client's subscriptions in turn
/// and keeps them over restarts.
inline constexpr std::uint32_t max_subscriptions_per_client = 1000;

/// Client ids of one user within the longest life of a token: each may leave a session with a queue in the broker.
inline constexpr std::uint32_t max_sessions_per_user = 200;

/// Refused logins from one address that cost nothing: a phone whose token has just ended. After them each costs a
/// pause, doubling up to the longest, in which that address is refused unheard, ms: a signature that is wrong costs the
/// broker's only thread as much as a right one.
inline constexpr std::uint32_t free_login_failures = 10;
inline constexpr std::int64_t login_pause_ms = 1'000;
inline constexpr std::int64_t login_pause_max_ms = 60'000;

/// Addresses whose failures are remembered at a time: 1 MiB. The one that failed longest ago makes room.
inline constexpr std::size_t watched_addresses = 10'000;

/// Memberships that the plugin knows at a time (`member_of`), about 100 bytes each. Those beyond do not hold.
inline constexpr std::size_t memberships = 1'000'000;

/// Notices `revoked` to one client when its rights shrink: as many as it has remembered scopes.
inline constexpr std::size_t revoked_notices = 1024;

/// Connections of one user at a time.
inline constexpr std::uint32_t max_connections_per_user = 50;

/// Refused messages that are no more than this apart are one flood, and a flood that lasts longer than the
/// patience ends with a disconnection, ms. A client that heeds `retry_after_ms` never comes near.
inline constexpr std::int64_t quota_pause_ms = 2'000;
inline constexpr std::int64_t quota_patience_ms = 10'000;

/// Notices from the plugin to one client: in the long run a second, and at once. A client that causes more does
/// not read them; the log has a line for each.
inline constexpr std::uint32_t notices_per_s = 2;
inline constexpr std::uint32_t notices_at_once = 10;

/// Disconnected sessions that the plugin remembers until their client returns: at 1 KiB each, 100 MiB.
inline constexpr std::size_t offline_sessions = 100'000;

/// Scopes that the plugin has numbered at a time, to remember rights by. A client can name any scope, so there
/// must be an end; then all are forgotten and rights are judged anew.
inline constexpr std::uint32_t numbered_scopes = 64 * 1024;

/// Scopes whose rights one session remembers: 4 KiB of memory.
inline constexpr std::size_t remembered_rights = 1024;

/// Scopes whose readers' rights lie together for quick judgement, and the bytes of all that.
inline constexpr std::size_t hot_scopes = 1024;
inline constexpr std::size_t hot_rights_bytes = 32 * 1024 * 1024;

/// A client whose queue was purged is disconnected at most once in this time, ms.
inline constexpr std::int64_t purge_pause_ms = 60'000;

/// User properties on one publish. Each costs an allocation in every receiver's queue.
inline constexpr std::size_t max_user_properties = 32;

// ---- HTTP ------------------------------------------------------------------------------------------------

/// Connections at a time; further ones are accepted and closed at once. An idle one costs about 8 KiB.
inline constexpr std::size_t http_connections = 4096;

/// A request's head, bytes: a token with a thousand rooms fits. Over it: 431.
inline constexpr std::size_t http_head_bytes = 32 * 1024;

/// A request's body, bytes: one publish's worth. Over it: 413.
inline constexpr std::size_t http_body_bytes = max_payload_bytes;

/// A request must be there, and a part of an answer taken, within this time, ms: slow clients hold a connection, nothing
/// else. An idle connection is closed after it, too.
inline constexpr std::int64_t http_idle_ms = 30'000;

/// Writes that wait for the store at a time, and how long one may wait, ms. Over it: 503; what was asked may still happen.
inline constexpr std::size_t http_writes = 1024;
inline constexpr std::int64_t http_write_wait_ms = 15'000;

/// Documents on one page of a listing, unless asked for fewer, and the bytes after which a page ends: one page takes
/// the HTTP thread about 10 ms, in which health checks wait.
inline constexpr std::size_t http_page_documents = 1000;
inline constexpr std::size_t http_page_bytes = 1024 * 1024;

/// Longest wait of a long poll, s: proxies give up after 60.
inline constexpr std::int64_t http_wait_s = 55;

/// Streams and long polls at a time, and of one user.
inline constexpr std::size_t http_streams = 2048;
inline constexpr std::size_t http_streams_per_user = 50;

/// Silence on a stream after which a comment is sent, ms: proxies cut what is silent for a minute.
inline constexpr std::int64_t http_heartbeat_ms = 15'000;

/// How long the answer to a request with an Idempotency-Key is remembered, ms, and the key's length, bytes: a UUID fits
/// several times.
inline constexpr std::int64_t request_remembered_ms = 24 * 3600 * 1000;
inline constexpr std::size_t max_request_key_bytes = 255;

/// WebSocket connections to the broker at a time, of one address, and one frame's size, bytes: a largest publish with its
/// topic and properties. Over it: closed with 1009.
inline constexpr std::size_t gateway_connections = 2000;
inline constexpr std::size_t gateway_connections_per_address = 200;
inline constexpr std::size_t gateway_frame_bytes = max_payload_bytes + 64 * 1024;

/// A WebSocket that says nothing for this long is closed, ms: longer than any keep-alive that phones use.
inline constexpr std::int64_t gateway_idle_ms = 1'800'000;

/// How long one POST of a webhook may take, ms.
inline constexpr std::int64_t webhook_timeout_ms = 10'000;

/// Pause after a webhook's failure, doubling up to the longest, ms.
inline constexpr std::int64_t webhook_pause_ms = 1'000;
inline constexpr std::int64_t webhook_pause_max_ms = 300'000;

/// How long a change rests before replicas that have not said `seen` count as away, ms: clients say it once a minute at
/// most, and their word may be late.
inline constexpr std::int64_t webhook_offline_wait_ms = 90'000;

/// POSTs of one webhook under way at a time: enough that one slow answer holds up few scopes, few enough for a small
/// receiver. Each may hold a body of live_delta_bytes.
inline constexpr std::size_t webhook_connections = 4;
inline constexpr std::size_t webhook_connections_max = 16;

/// Replicas that one notification names. More of one scope are no list of phones to wake but a broadcast.
inline constexpr std::size_t webhook_replicas = 1000;

/// Webhooks in one configuration: each has a thread's worth of work and a cursor in every scope.
inline constexpr std::size_t webhooks = 32;

/// What the status page shows of the past: an hour, a point every five seconds.
inline constexpr std::int64_t status_sample_ms = 5'000;
inline constexpr std::size_t status_samples = 720;

/// Status pages that are open at a time: who watches is a handful of people. How long one stream of the status lasts, ms;
/// the page then asks for another.
inline constexpr std::size_t status_streams = 64;
inline constexpr std::int64_t status_stream_ms = 600'000;

/// How often the store's numbers are counted, ms, and after how many rows a sample ends (bridge/store_numbers.h says what
/// that takes).
inline constexpr std::int64_t store_sample_ms = 15'000;
inline constexpr std::size_t store_sample_rows = 20'000;

/// How often the plugin tells the bridge what it has counted, ms.
inline constexpr std::int64_t door_counters_ms = 10'000;

/// A document below it is not worth a patch (two parses), and how much of what was sent lately is remembered to make patches
/// of, bytes: the documents that are edited now, of a few thousand users.
inline constexpr std::size_t patched_document_bytes = 512;
inline constexpr std::size_t patches_memory_bytes = std::size_t{16} * 1024 * 1024;

/// Rows of one list on the status page: scopes, replicas, conflicts, rejections. More is searched for.
inline constexpr std::size_t status_rows = 100;

// ---- The command line -----------------------------------------------------------------------------------

/// A file for `import`, bytes. It is read whole, so that nothing is sent of a file with a mistake in it.
inline constexpr std::size_t import_file_bytes = std::size_t{1} << 30;

/// Mistakes, or documents that were not stored, that a command names one by one; the rest it counts.
inline constexpr std::size_t problems_shown = 20;

}  // namespace msync::limits
