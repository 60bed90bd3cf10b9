// Client libraries under measurement: what an app waits for, beside PouchDB doing the same with the same documents, in one
// run. Everything is on this machine: broker, plugin and bridge with SQLite for ours; a CouchDB-protocol server in memory
// for PouchDB.
//   node run.mjs [--puts N] [--entities N] [--batch N] [--build DIR] [--json]
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { makeToken, Stack } from '../../tests/conformance/stack.mjs';
import { Browser, bundle } from './browser.mjs';
import { document, id, range, SCOPE } from './documents.mjs';
import { print } from './table.mjs';

const here = fileURLToPath(new URL('.', import.meta.url));
const root = join(here, '../..');
const { values: options } = parseArgs({
  options: {
    puts: { type: 'string', default: '10000' },
    entities: { type: 'string', default: '100000' },
    batch: { type: 'string', default: '100' },
    build: { type: 'string', default: join(root, 'build/release') },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
if (options.help) {
  console.log(`./dev bench client: the client libraries beside PouchDB
  --puts N      writes, one after the other, and their full sync (10000)
  --entities N  documents of a first sync (100000)
  --batch N     PouchDB's batch_size (100, its own default)
  --json        the numbers instead of the table
  --build DIR   broker plugin and bridge of another build than build/release`);
  process.exit(0);
}
const puts = Number(options.puts);
const entities = Number(options.entities);
const batch = Number(options.batch);
const folder = mkdtempSync(join(tmpdir(), 'msync-bench-'));
const say = (text) => process.stderr.write(`${text}\n`);
const mine = new Set();

/** A program's last line, as JSON. */
async function run(command, args) {
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  mine.add(child);
  let last = '';
  for await (const line of createInterface({ input: child.stdout })) last = line;
  const code = child.exitCode ?? (await new Promise((ended) => child.once('close', ended)));
  mine.delete(child);
  if (code !== 0) throw new Error(`${command} ${args[0]} ended with ${code}`);
  return last === '' ? {} : JSON.parse(last);
}

async function startCouch() {
  const child = spawn(process.execPath, [join(here, 'couch_server.mjs'), String(entities)], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  mine.add(child);
  for await (const line of createInterface({ input: child.stdout })) return `http://127.0.0.1:${JSON.parse(line).port}`;
  throw new Error('the server for PouchDB did not start');
}

/** So many documents into a scope, as any client would write them. */
async function fill(stack, tokenFile) {
  const file = join(folder, 'documents.jsonl');
  const lines = range(0, entities).map((i) => JSON.stringify({ id: id(i), data: document(i) }));
  writeFileSync(file, `${lines.join('\n')}\n`);
  await stack.command('import', '--broker', stack.url, '--token-file', tokenFile, '--scope', SCOPE, file);
}

/** The C++ library's numbers, where its program was built. */
async function measureCpp(stack, tokenFile) {
  const program = join(resolve(options.build), 'bench/client_bench');
  if (!existsSync(program)) return undefined;
  const one = (phase, scope, more) =>
    run(program, ['--url', stack.url, '--token-file', tokenFile, '--scope', scope, '--phase', phase, ...more]);
  const found = {
    ...(await one('puts', 'chat/3/messages', ['--puts', String(puts), '--store', join(folder, 'cpp-puts.db')])),
    ...(await one('first-sync', SCOPE, ['--store', join(folder, 'cpp.db')])),
    ...(await one('reconnect', SCOPE, ['--store', join(folder, 'cpp.db')])),
  };
  if (found.documents !== entities) throw new Error(`C++ found ${found.documents} documents instead of ${entities}`);
  return found;
}

const browser = new Browser(join(folder, 'profile'));
let stack;
let status = 1;
try {
  await browser.start({ ours: 'ours.mjs', pouchdb: 'pouchdb.mjs' });
  stack = new Stack({ build: options.build, schemas: join(root, 'tests/conformance/schemas'), origin: browser.origin });
  await stack.start();
  const token = makeToken('alice', { rooms: ['1', '2', '3'] });
  const tokenFile = join(folder, 'token');
  writeFileSync(tokenFile, token, { mode: 0o600 });
  const module = join(folder, 'ours.mjs');
  writeFileSync(module, await bundle('ours.mjs', 'node'));
  say(`filling both servers with ${entities} documents`);
  await fill(stack, tokenFile);
  const couch = await startCouch();

  const connect = { url: stack.url, token, user: 'alice' };
  say(`${puts} puts and their sync, in Node`);
  const ours = await run(process.execPath, [
    ...[join(here, 'node_puts.mjs'), 'ours', module],
    JSON.stringify({ ...connect, scope: 'chat/2/messages', puts }),
  ]);
  const pouchdb = await run(process.execPath, [
    ...[join(here, 'node_puts.mjs'), 'pouchdb'],
    JSON.stringify({ couch, puts, batch }),
  ]);
  say(`first sync of ${entities} documents, in Chromium`);
  const page = { ...connect, url: stack.websocketUrl, entities, name: 'bench' };
  Object.assign(ours, await browser.run('ours', 'firstSync', page), await browser.run('ours', 'reopen', page));
  const other = { couch, entities, batch, name: 'bench-pouchdb' };
  Object.assign(pouchdb, await browser.run('pouchdb', 'firstSync', other), await browser.run('pouchdb', 'reopen', other));
  const cpp = await measureCpp(stack, tokenFile);
  if (options.json) console.log(JSON.stringify({ puts, entities, batch, ours, pouchdb, cpp }));
  else print({ puts, entities, batch, ours, pouchdb, cpp });
  status = 0;
} catch (error) {
  console.error(`${error.stack}\n${stack?.logs() ?? ''}`);
} finally {
  await browser.stop();
  for (const child of mine) child.kill();
  await stack?.stop();
  rmSync(folder, { recursive: true, force: true });
}
process.exit(status);
