// Opens a WebSocket, sends one frame, prints the code with which it was closed.
// usage: node ws_probe.mjs URL text|large

import WebSocket from 'ws';

const [url, what] = process.argv.slice(2);
const socket = new WebSocket(url, ['mqtt']);
setTimeout(() => process.exit(2), 20_000).unref();
socket.on('open', () => socket.send(what === 'text' ? 'hello' : Buffer.alloc(400_000)));
socket.on('close', (code) => {
  console.log(code);
  process.exit(0);
});
socket.on('error', () => {});
