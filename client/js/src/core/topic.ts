/**
 * Topics: what may be a scope or an id, and the leaves and inbox of docs/protocol.md, "Topics".
 */

const encoder = new TextEncoder();

// eslint-disable-next-line no-control-regex
const ASCII = /^[\0-\x7f]*$/;

/** Bytes of a text as UTF-8. */
export function utf8Length(text: string): number {
  return ASCII.test(text) ? text.length : encoder.encode(text).length;
}

// C0, DEL, C1, and what separates levels or is a wildcard.
// eslint-disable-next-line no-control-regex
const FORBIDDEN = /[\u0000-\u001f\u007f-\u009f/+#]/;
const LONE_SURROGATE = /[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/;

function hasNoncharacter(text: string): boolean {
  for (const character of text) {
    const code = character.codePointAt(0)!;
    if ((code & 0xfffe) === 0xfffe || (code >= 0xfdd0 && code <= 0xfdef)) return true;
  }
  return false;
}

export function isWellFormed(text: string): boolean {
  return !LONE_SURROGATE.test(text);
}

/** True for what may be an entity's id or a variable of a scope. */
export function isLevel(text: string): boolean {
  return (
    text.length > 0 &&
    !text.startsWith('$') &&
    !FORBIDDEN.test(text) &&
    isWellFormed(text) &&
    !hasNoncharacter(text) &&
    utf8Length(text) <= 128
  );
}

/** True for what may be a scope: 1 to 16 levels, the first not `sync`. */
export function isScope(text: string): boolean {
  const levels = text.split('/');
  return levels.length <= 16 && levels[0] !== 'sync' && levels.every(isLevel);
}

export type Inbound =
  | { kind: 'status' }
  | { kind: 'notice' }
  | { kind: 'ack' | 'delta' | 'log'; scope: string }
  | { kind: 'live'; scope: string; client: string };

/** What a topic that arrived means to this client; undefined: nothing. */
export function parseTopic(topic: string, clientId: string): Inbound | undefined {
  if (topic === 'sync/status') return { kind: 'status' };
  const inbox = `sync/${clientId}/`;
  if (topic.startsWith(inbox)) {
    const rest = topic.slice(inbox.length);
    if (rest === 'notice') return { kind: 'notice' };
    if (rest.startsWith('ack/')) return { kind: 'ack', scope: rest.slice(4) };
    if (rest.startsWith('delta/')) return { kind: 'delta', scope: rest.slice(6) };
    return undefined;
  }
  if (topic.endsWith('/log')) return { kind: 'log', scope: topic.slice(0, -4) };
  const live = /^(.+)\/live\/([^/]+)$/.exec(topic);
  return live ? { kind: 'live', scope: live[1]!, client: live[2]! } : undefined;
}

/** The scope of a topic that a notice names, cut to 256 bytes as it may be; `leaf` such as `pull`. */
export function namesLeaf(named: string, scope: string, leaf: string): boolean {
  const topic = `${scope}/${leaf}`;
  return named === topic || (named.length >= 64 && utf8Length(topic) > 256 && topic.startsWith(named));
}
