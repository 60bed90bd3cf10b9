// The TypeScript library under measurement, in Node and in a page. Bundled together with it.
import { createSync, memoryStorage, mqttTransport } from 'mosquitto-sync';
import { document, id, range, SCOPE } from './documents.mjs';

/** MQTT.js with a plug, which says when the broker's word on a log has been dealt with. */
function pluggable(plugged) {
  const inner = mqttTransport();
  const state = { heads: 0, plug };
  let cut;
  function plug(on) {
    plugged = on;
    if (on) globalThis.dispatchEvent(new Event('online'));
    else cut?.();
  }
  function open(options, events) {
    if (!plugged) {
      setTimeout(() => events.closed({ refused: false, message: 'unplugged' }));
      return { publish() {}, subscribe() {}, unsubscribe() {}, close() {} };
    }
    const message = (topic, payload, done) =>
      events.message(topic, payload, () => {
        if (topic.endsWith('/log')) ++state.heads;
        done();
      });
    const connection = inner.open(options, { ...events, message });
    cut = () => {
      connection.close(false);
      events.closed({ refused: false, message: 'unplugged' });
    };
    return connection;
  }
  return { ...state, open, state };
}

function until(target, holds) {
  return new Promise((resolve) => {
    const look = () => {
      if (!holds()) return;
      stop();
      clearInterval(timer);
      resolve();
    };
    const stop = target.subscribe(look);
    const timer = setInterval(look, 2);
    look();
  });
}

async function timed(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

function begin({ url, token, user, name }, plugged, storage) {
  const transport = pluggable(plugged);
  const onError = (error) => {
    if (error.message !== 'unplugged') console.error(JSON.stringify(error));
  };
  const sync = createSync({
    ...{ url, user, transport, onError, getToken: () => token },
    ...(storage ? { storage } : { name, tabs: false }),
  });
  return { sync, transport };
}

/** Written offline, one after the other; then the network comes. */
export async function puts(options) {
  const { sync, transport } = begin(options, false, memoryStorage());
  const messages = sync.collection(options.scope);
  await messages.ready;
  const synced = [];
  const puts_local_ms = await timed(async () => {
    for (const i of range(0, options.puts)) synced.push((await messages.put(id(i), document(i))).synced);
  });
  await until(sync, () => sync.status.state === 'offline'); // the attempt without a network has come to its end
  const sync_ms = await timed(async () => {
    transport.plug(true);
    const results = await Promise.all(synced);
    await until(sync, () => sync.status.state === 'idle');
    if (results.some(({ status }) => status !== 'applied')) throw new Error('a write was not applied');
  });
  await sync.close();
  return { puts_local_ms, puts_synced_ms: puts_local_ms + sync_ms };
}

/** Everything, into a database that is new; then a break of the network with nothing new. */
export async function firstSync(options) {
  const { sync, transport } = begin(options, true);
  const messages = sync.collection(SCOPE);
  const first_sync_ms = await timed(() => until(messages, () => messages.progress.state === 'ready'));
  const found = messages.getSnapshot().length;
  if (found !== options.entities) throw new Error(`${found} documents instead of ${options.entities}`);
  await until(sync, () => sync.status.state === 'idle');
  await new Promise((go) => setTimeout(go, 500)); // what came last is acknowledged to the broker
  transport.plug(false);
  await until(sync, () => sync.status.state === 'offline');
  const { heads } = transport.state;
  const reconnect_ms = await timed(async () => {
    transport.plug(true);
    await until(sync, () => sync.status.state === 'idle' && transport.state.heads > heads);
  });
  await sync.close();
  return { first_sync_ms, reconnect_ms };
}

/** The page was closed and is opened again: from nothing to all documents at hand, and nothing new. */
export async function reopen(options) {
  let sync;
  const reopen_ms = await timed(async () => {
    const begun = begin(options, true);
    sync = begun.sync;
    const messages = sync.collection(SCOPE);
    await messages.ready;
    await until(sync, () => sync.status.state === 'idle' && begun.transport.state.heads > 0);
    if (messages.getSnapshot().length !== options.entities) throw new Error('documents are missing');
  });
  await sync.close();
  return { reopen_ms };
}
