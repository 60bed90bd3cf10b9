// The documents that everybody is measured with: a chat's messages of some 100 bytes.
export const SCOPE = 'chat/1/messages';

export const id = (i) => `m${String(i).padStart(6, '0')}`;
export const document = (i) => ({ text: `message ${i}, as long as most of them are`, likes: i % 7, tags: ['a', 'b'] });

/** i from `begin` up to, and without, `end`. */
export const range = (begin, end) => Array.from({ length: end - begin }, (_, i) => begin + i);
