// A receiver of webhooks, as an example: checks who it is from, takes it in, answers quickly; the work comes afterwards.
//
//   node receiver.mjs PORT SECRET_FILE
//
// Node 18 or later, nothing else. Deltas are applied to a copy in memory; for replicas that are behind and away it shows
// where a push service would be called. A line on stdout for each thing done.
import fs from 'node:fs';
import http from 'node:http';
import { fault, keyOf } from './verify.mjs';

const [port, secretFile] = process.argv.slice(2);
const key = keyOf(fs.readFileSync(secretFile));
const maxBytes = 1024 * 1024; // a delta has 256 KiB, unless one document is larger

const copies = new Map(); // by scope: how far, and its documents. A real receiver keeps both in one database, and
                          // writes them in one transaction: after a crash it then knows what it has.

/** In order per scope, but perhaps twice: the numbers tell what is known. */
function apply(delta) {
  let copy = copies.get(delta.scope);
  if (!copy || copy.epoch !== delta.epoch) {
    // Another epoch: the server was restored from a backup. What it lost must go here, too.
    copy = { epoch: delta.epoch, seq: 0, documents: new Map() };
    copies.set(delta.scope, copy);
  }
  if (delta.from > copy.seq) console.log(JSON.stringify({ gap: delta.scope, have: copy.seq, from: delta.from }));
  for (const change of delta.changes) {
    if (change.seq <= copy.seq) continue;
    if (change.deleted) copy.documents.delete(change.id);
    else copy.documents.set(change.id, change.data);
    console.log(JSON.stringify({ scope: delta.scope, seq: change.seq, id: change.id, deleted: change.deleted }));
  }
  copy.seq = Math.max(copy.seq, delta.to);
}

/** Here a push service is called (FCM, APNs, Web Push), with the tokens that the app has registered for this user and
 *  replica. Send no content: the phone wakes, syncs, and reads what it may. Use the scope as collapse key. */
function push(replica, scope) {
  console.log(JSON.stringify({ push: replica.user, src: replica.src, scope }));
}

function work(event) {
  if (event.type === 'delta') apply(event.delta);
  if (event.type === 'offline') for (const replica of event.replicas) push(replica, event.scope);
}

function bodyOf(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    let bytes = 0;
    request.on('data', (part) => {
      bytes += part.length;
      if (bytes <= maxBytes) parts.push(part);
    });
    request.on('end', () => resolve(bytes <= maxBytes ? Buffer.concat(parts) : undefined));
    request.on('error', reject);
  });
}

async function receive(request, response) {
  if (request.method !== 'POST') return response.writeHead(405).end();
  const body = await bodyOf(request);
  if (!body) return response.writeHead(413).end();
  const why = fault(request.headers, body, key);
  if (why) {
    console.error(`refused: ${why}`);
    return response.writeHead(401).end();
  }
  // 2xx says "it is mine now, do not send it again": so it is kept first, then answered. What takes long, such as a call
  // of a push service, belongs into a queue of one's own.
  work(JSON.parse(body));
  response.writeHead(204).end();
}

const server = http.createServer((request, response) => {
  receive(request, response).catch((error) => {
    console.error(error.message);
    response.writeHead(500).end(); // it comes again
  });
});
server.listen(Number(port), '127.0.0.1', () => console.error(`listening on ${port}`));
