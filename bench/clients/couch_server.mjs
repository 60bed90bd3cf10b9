// A server of CouchDB's protocol on loopback: express-pouchdb over databases in memory. Arguments: how many documents its
// database `full` holds. Says {"port"} once it is ready, and ends with its stdin.
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import express from 'express';
import expressPouchdb from 'express-pouchdb';
import PouchDB from 'pouchdb';
import memory from 'pouchdb-adapter-memory';
import { document, id, range } from './documents.mjs';

const entities = Number(process.argv[2]);
PouchDB.plugin(memory);
const Databases = PouchDB.defaults({ adapter: 'memory' });
const full = new Databases('full');
for (let i = 0; i < entities; i += 1000) {
  const batch = range(i, Math.min(i + 1000, entities));
  await full.bulkDocs(batch.map((each) => ({ _id: id(each), ...document(each) })));
}

const app = express();
app.use((request, response, next) => {
  response.set({
    'access-control-allow-origin': request.headers.origin ?? '*',
    'access-control-allow-credentials': 'true',
    'access-control-allow-headers': 'content-type, accept',
    'access-control-allow-methods': 'GET, PUT, POST, DELETE, HEAD, OPTIONS',
    'access-control-max-age': '3600',
  });
  if (request.method === 'OPTIONS') response.status(204).end();
  else next();
});
const logPath = join(tmpdir(), `msync-couch-${process.pid}.log`);
app.use('/', expressPouchdb(Databases, { mode: 'minimumForPouchDB', inMemoryConfig: true, logPath }));
const server = app.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ port: server.address().port })));
process.stdin.on('end', () => process.exit(0)).resume();
