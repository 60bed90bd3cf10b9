// Is this request from my bridge, unchanged, and of now? As the Standard Webhooks specification says it; its libraries
// (npm: standardwebhooks) do the same.
import crypto from 'node:crypto';

const toleranceS = 5 * 60; // of clocks, and of who replays an old request

/** The HMAC key of a secret file: `whsec_` and base64, or the file's bytes without the last newline. */
export function keyOf(fileBytes) {
  const text = fileBytes.toString('latin1').replace(/\r?\n$/, '');
  return text.startsWith('whsec_') ? Buffer.from(text.slice(6), 'base64') : Buffer.from(text, 'latin1');
}

/** Nothing if all is well, else why not. `body` is the bytes as they came, before any parsing. */
export function fault(headers, body, key, nowS = Date.now() / 1000) {
  const id = headers['webhook-id'] ?? '';
  const timestamp = headers['webhook-timestamp'] ?? '';
  if (!/^\d+$/.test(timestamp)) return 'no timestamp';
  if (Math.abs(nowS - Number(timestamp)) > toleranceS) return 'too old, or from the future';
  const expected = crypto.createHmac('sha256', key).update(`${id}.${timestamp}.`).update(body).digest();
  const signatures = (headers['webhook-signature'] ?? '').split(' '); // one for each key while keys change
  const good = signatures.some((signature) => {
    const [version, base64] = signature.split(',');
    const given = Buffer.from(base64 ?? '', 'base64');
    return version === 'v1' && given.length === expected.length && crypto.timingSafeEqual(given, expected);
  });
  return good ? undefined : 'wrong signature';
}
