// The puts of one contender in a process of its own. Arguments: ours MODULE OPTIONS, or pouchdb OPTIONS; prints a line of
// JSON.
const [who, ...more] = process.argv.slice(2);
const options = JSON.parse(more.pop());
let result;
if (who === 'pouchdb') {
  const { default: plugin } = await import('pouchdb-adapter-memory');
  const { puts } = await import('./pouchdb.mjs');
  result = await puts({ ...options, plugin });
} else {
  // Node has no events of its own for the network: the library listens to these.
  const target = new EventTarget();
  for (const name of ['addEventListener', 'removeEventListener', 'dispatchEvent']) {
    globalThis[name] = target[name].bind(target);
  }
  const { puts } = await import(more[0]);
  result = await puts(options);
}
console.log(JSON.stringify(result));
process.exit(0);
