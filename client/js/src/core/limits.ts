/** Every bound and wait of the client, with its reason. Times are milliseconds. */

/** docs/protocol.md: no ack for 10 s: again. */
export const ACK_WAIT_MS = 10_000;
/** A held scope whose head does not come in 10 s pulls. */
export const HEAD_WAIT_MS = 10_000;
/** An answer to a pull that takes longer was lost. Pages of a big snapshot restart it. */
export const PULL_WAIT_MS = 10_000;
export const BACKOFF_MIN_MS = 1_000;
export const BACKOFF_MAX_MS = 60_000;
/** Heads that a broker lost show up at the next subscription. */
export const RESUBSCRIBE_MS = 15 * 60_000;
export const SEEN_EVERY_MS = 60_000;
/** A gap is answered for each message that follows it: one resend is enough for all of them. */
export const GAP_PAUSE_MS = 1_000;
/** An ack's head that the log does not reach in so long is asked for. */
export const LOG_WAIT_MS = 3_000;
/** How long the log may be ahead of an ack before a write counts as simply applied. */
export const OUTCOME_WAIT_MS = 3_000;
/** Under way without an ack, if the server allows so many: while it works on some, the next are on their way. */
export const UNACKED = 1000;
/** And no more than that: it is what is sent again after a loss. */
export const UNACKED_BYTES = 262_144;
/** Of them in a message, so that acks come while the rest is under way. */
export const BATCH = 250;
/** Left free in a message for epoch, src, n and brackets. */
export const ENVELOPE_BYTES = 512;
/** Acknowledged writes whose content is kept, to be handed back if the server loses them. */
export const REMEMBERED = 200;
/** Deleted ids that are remembered, so that recreating one names its version. */
export const TOMBSTONES = 2_000;
/** Above that many lost numbers a new name is cheaper than noops. */
export const FILL_MAX = 10_000;
/** docs/protocol.md: pages do not unpack to more. */
export const PAGE_BYTES = 1_048_576;
/** Asked for a page; the server's own bound is 500. */
export const PAGE_ENTITIES = 500;
