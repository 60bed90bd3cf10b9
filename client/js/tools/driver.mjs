// Lets tests/conformance/run.mjs drive this library: one JSON command a line, one answer a line. tests/conformance/README.md
// lists the commands.
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  rmSync,
  writeSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { createSync, mqttTransport } from '../dist/index.js';

/** All rows in one file, which is replaced whole: slow, and never half. */
function fileStorage(path) {
  let rows = new Map();
  return {
    async open() {
      if (existsSync(path)) rows = new Map(JSON.parse(readFileSync(path, 'utf8')));
    },
    async read(prefix) {
      return [...rows]
        .filter(([key]) => key.startsWith(prefix))
        .map(([key, text]) => [key, JSON.parse(text)]);
    },
    async commit(changed) {
      for (const [key, value] of changed) {
        if (value === undefined) rows.delete(key);
        else rows.set(key, JSON.stringify(value));
      }
      const file = openSync(`${path}.new`, 'w');
      writeSync(file, JSON.stringify([...rows]));
      fsyncSync(file);
      closeSync(file);
      renameSync(`${path}.new`, path);
    },
    async close() {},
    async destroy() {
      rmSync(path, { force: true });
    },
  };
}

/** MQTT.js, with a plug to pull. */
function pluggable() {
  const inner = mqttTransport(process.env.MSYNC_MQTT === '3.1.1' ? { protocolVersion: 4 } : {});
  const live = new Set();
  let online = true;
  return {
    open(options, events) {
      let ended = false;
      const closed = (reason) => {
        if (ended) return;
        ended = true;
        live.delete(cut);
        events.closed(reason);
      };
      const spy = process.env.MSYNC_TRACE
        ? (text) => process.stderr.write(`${options.clientId} ${text.slice(0, 400)}\n`)
        : () => {};
      const message = (topic, payload, done) => {
        spy(`<- ${topic} ${Buffer.from(payload).toString('latin1')}`);
        events.message(topic, payload, done);
      };
      const connection = online
        ? inner.open(options, { ...events, closed, message })
        : { publish() {}, subscribe() {}, unsubscribe() {}, close() {} };
      const cut = () => {
        connection.close(false);
        closed({ refused: false, message: 'unplugged' });
      };
      const { publish } = connection;
      connection.publish = (topic, payload, qos) => {
        spy(`-> ${topic} ${payload}`);
        publish.call(connection, topic, payload, qos);
      };
      live.add(cut);
      if (!online) setTimeout(cut, 5);
      return connection;
    },
    plug(on) {
      online = on;
      if (!on) for (const cut of [...live]) cut();
    },
  };
}

let transport;
let outcomes;
let events;
let sync;
let token;
let offset = 0;

async function written(promise) {
  const { key, synced } = await promise;
  const mine = outcomes;
  void synced.then((result) => mine.set(key, result));
  return key;
}

const collection = ({ scope }) => sync.collection(scope);
const problem = (key) => sync.problems.find((each) => each.key === key);

const commands = {
  async start({ url, user, device, store, token: first, clock_ms = 0 }) {
    transport = pluggable();
    outcomes = new Map();
    events = [];
    token = first;
    offset = clock_ms;
    const told = (kind) => (record) => events.push({ event: kind, status: record.status, key: record.key });
    sync = createSync({
      url,
      user,
      device,
      storage: fileStorage(store),
      transport,
      getToken: () => token,
      clock: () => Date.now() + offset,
      onConflict: told('conflict'),
      onRejected: told('rejected'),
      onRevoked: (scope) => events.push({ event: 'revoked', scope }),
      onError: ({ code, message }) => events.push({ event: 'error', code, message }),
    });
    await sync.ready;
  },
  open: async ({ scope, reads = true }) => sync.collection(scope, { reads }).ready,
  put: (c) => written(collection(c).put(c.entity, c.data)),
  patch: (c) => written(collection(c).patch(c.entity, c.data)),
  delete: (c) => written(collection(c).delete(c.entity)),
  increment: (c) => written(collection(c).increment(c.entity, c.property, c.by)),
  add: (c) => written(collection(c).addToSet(c.entity, c.property, ...c.elements)),
  remove: (c) => written(collection(c).removeFromSet(c.entity, c.property, ...c.elements)),
  transaction: (c) =>
    written(
      collection(c).transaction((tx) => {
        for (const { op, entity, data } of c.operations) tx[op](entity, data);
      }),
    ),
  result: ({ key }) => outcomes.get(key) ?? null,
  docs: (c) => {
    const docs = collection(c).getSnapshot();
    return Object.fromEntries(docs.map(({ id, data, version, pending }) => [id, { data, version, pending }]));
  },
  progress: (c) => collection(c).progress,
  status: () => sync.status,
  problems: () =>
    sync.problems.map(({ key, scope, status, error, meant, stands }) => ({
      ...{ key, scope, status, error, meant },
      stands: stands.map(({ id, data }) => ({ id, data })),
    })),
  events: () => events,
  retry: ({ key }) => problem(key).retry(),
  discard: ({ key }) => problem(key).discard(),
  offline: () => transport.plug(false),
  online() {
    transport.plug(true);
    return sync.reconnect();
  },
  token: ({ token: next }) => void (token = next),
  renew: () => sync.renewToken(),
  clock: ({ clock_ms }) => void (offset = clock_ms),
  close: () => sync.close(),
  wipe: ({ if_pending }) => sync.wipe({ ifPending: if_pending }),
  live_set: ({ scope, state }) => sync.live(scope).set(state ?? undefined),
  live_watch: ({ scope }) => void sync.live(scope).subscribe(() => {}),
  live_peers: ({ scope }) => sync.live(scope).getSnapshot(),
};

const lines = createInterface({ input: process.stdin });
lines.on('line', async (line) => {
  const { id, do: what, ...more } = JSON.parse(line);
  let answer;
  try {
    answer = { id, ok: (await commands[what](more)) ?? null };
  } catch (error) {
    answer = { id, error: { code: error.code ?? 'error', message: String(error?.message ?? error) } };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
});
lines.on('close', async () => {
  await sync?.close();
  process.exit(0);
});
