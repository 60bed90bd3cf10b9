/** A message's bytes as text. Pages may come as zlib where the runtime can unpack it. */
import { PAGE_BYTES } from './core/limits.js';

const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** Formats for a pull's `accept`. */
export const ACCEPT: string[] = typeof DecompressionStream === 'undefined' ? [] : ['zlib'];

async function inflate(bytes: Uint8Array): Promise<Uint8Array> {
  const stream = new Blob([bytes as BlobPart]).stream().pipeThrough(new DecompressionStream('deflate'));
  const reader = stream.getReader();
  const chunks: Uint8Array[] = [];
  let size = 0;
  for (;;) {
    const { done, value } = await reader.read();
    if (done) break;
    size += value.length;
    if (size > PAGE_BYTES) {
      await reader.cancel();
      throw new RangeError(`a page of more than ${PAGE_BYTES} bytes`);
    }
    chunks.push(value);
  }
  const whole = new Uint8Array(size);
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Rejects for what is neither zlib nor UTF-8. */
export async function unpack(payload: Uint8Array): Promise<string> {
  return decoder.decode(payload[0] === 0x78 ? await inflate(payload) : payload);
}
