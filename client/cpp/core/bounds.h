// Every bound and wait of the client library, with its reason. What clients must keep of the server's is in
// core/limits.h or comes with sync/status.
#pragma once

#include <cstddef>
#include <cstdint>

namespace msync::client::bounds {

/// docs/protocol.md: no ack for 10 s: again.
inline constexpr std::int64_t ack_wait_ms = 10'000;
/// A held scope whose head does not come in 10 s pulls.
inline constexpr std::int64_t head_wait_ms = 10'000;
/// An answer to a pull that takes longer was lost. Pages of a big snapshot restart it.
inline constexpr std::int64_t pull_wait_ms = 10'000;
inline constexpr std::int64_t backoff_min_ms = 1'000;
inline constexpr std::int64_t backoff_max_ms = 60'000;
/// Heads that a broker lost show up at the next subscription.
inline constexpr std::int64_t resubscribe_ms = 15 * 60'000;
inline constexpr std::int64_t seen_every_ms = 60'000;
/// A gap is answered for each message that follows it: one resend is enough for all of them.
inline constexpr std::int64_t gap_pause_ms = 1'000;
/// An ack's head that the log does not reach in so long is asked for.
inline constexpr std::int64_t log_wait_ms = 3'000;
/// How long the log may be ahead of an ack before a write counts as simply applied.
inline constexpr std::int64_t outcome_wait_ms = 3'000;
/// Under way without an ack, if the server allows so many: while it works on some, the next are on their way.
inline constexpr std::size_t unacked = 1'000;
/// And no more than that: it is what is sent again after a loss.
inline constexpr std::size_t unacked_bytes = 262'144;
/// Of them in a message, so that acks come while the rest is under way.
inline constexpr std::size_t batch = 250;
/// Left free in a message for epoch, src, n and brackets.
inline constexpr std::size_t envelope_bytes = 512;
/// Acknowledged writes whose content is kept, to be handed back if the server loses them.
inline constexpr std::size_t remembered = 200;
/// Deleted ids that are remembered, so that recreating one names its version.
inline constexpr std::size_t tombstones = 2'000;
/// Above that many lost numbers a new name is cheaper than noops.
inline constexpr std::uint64_t fill_max = 10'000;

// ---- The shell ------------------------------------------------------------------------------------------

/// How often time passes for the core.
inline constexpr std::int64_t tick_ms = 500;
/// Steps committed in one local transaction: more would make the first of them wait.
inline constexpr std::size_t steps = 200;
/// Steps that wait for the library's thread; who asks for more waits himself.
inline constexpr std::size_t queued_steps = 10'000;
/// A notice `token` that follows a renewal so soon is its answer.
inline constexpr std::int64_t renewal_ms = 8'000;
/// A token that does not come is a connection that cannot be made.
inline constexpr std::int64_t token_wait_ms = 30'000;
/// A connect that takes longer has failed.
inline constexpr std::int64_t connect_wait_ms = 15'000;
/// A connection that lasted so long was a good one: the next attempt comes soon.
inline constexpr std::int64_t good_connection_ms = 10'000;
/// How long the broker keeps what it has for a client that is away. What is older, a pull brings.
inline constexpr std::uint32_t session_expiry_s = 3'600;
/// Messages on their way to the socket. What comes on top is dropped: the core sends again what matters.
inline constexpr std::size_t queued_messages = 10'000;
/// Publishes without the broker's acknowledgement; the broker may allow fewer.
inline constexpr std::size_t publish_window = 100;
/// How long a goodbye may take.
inline constexpr int goodbye_ms = 1'000;
/// Presence is said again so often; who has not been heard for twice that long is gone.
inline constexpr std::int64_t announce_ms = 20'000;
/// Peers held of one scope: presence is anybody's word.
inline constexpr std::size_t peers = 10'000;
/// Outcomes kept for whoever asks by key.
inline constexpr std::size_t outcomes = 20'000;
/// The clock's correction is stored when it moved so far.
inline constexpr std::int64_t correction_ms = 1'000;
/// Between attempts to read the database again after a failure.
inline constexpr std::int64_t reread_min_ms = 100;
inline constexpr std::int64_t reread_max_ms = 30'000;

}  // namespace msync::client::bounds
