// PouchDB under measurement, doing the same. Bundled for the page; in Node it is asked for its adapter in memory.
import PouchDB from 'pouchdb';
import { document, id, range } from './documents.mjs';

async function timed(run) {
  const began = performance.now();
  await run();
  return performance.now() - began;
}

const pulled = (local, { couch, batch }) => local.replicate.from(`${couch}/full`, { batch_size: batch });

export async function puts({ couch, puts, batch, plugin }) {
  PouchDB.plugin(plugin);
  const local = new PouchDB('puts', { adapter: 'memory' });
  await local.info();
  const puts_local_ms = await timed(async () => {
    for (const i of range(0, puts)) await local.put({ _id: id(i), ...document(i) });
  });
  const sync_ms = await timed(async () => {
    const { docs_written } = await local.replicate.to(`${couch}/written`, { batch_size: batch });
    if (docs_written !== puts) throw new Error(`${docs_written} documents were written`);
  });
  return { puts_local_ms, puts_synced_ms: puts_local_ms + sync_ms };
}

export async function firstSync(options) {
  const local = new PouchDB(options.name);
  const first_sync_ms = await timed(() => pulled(local, options));
  const { doc_count } = await local.info();
  if (doc_count !== options.entities) throw new Error(`${doc_count} documents instead of ${options.entities}`);
  const reconnect_ms = await timed(() => pulled(local, options));
  await local.close();
  return { first_sync_ms, reconnect_ms };
}

/** All documents at hand, as a list for the app, and nothing new. */
export async function reopen(options) {
  let local;
  const reopen_ms = await timed(async () => {
    local = new PouchDB(options.name);
    const { rows } = await local.allDocs({ include_docs: true });
    if (rows.length !== options.entities) throw new Error('documents are missing');
    await pulled(local, options);
  });
  await local.close();
  return { reopen_ms };
}
