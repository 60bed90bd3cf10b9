// What was measured, for people.
const seconds = (ms) => (ms === undefined ? '' : ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`);

/** How many times as fast as PouchDB it must be. */
const GOAL = 5;

export function print({ puts, entities, batch, ours, pouchdb, cpp }) {
  const rows = [
    [`${puts} puts, durable here`, 'puts_local_ms'],
    [`${puts} puts and their full sync`, 'puts_synced_ms'],
    [`first sync of ${entities} documents`, 'first_sync_ms'],
    ['a reconnect with nothing new', 'reconnect_ms'],
    ['the app is opened again: all at hand, nothing new', 'reopen_ms'],
  ];
  const lines = [['', 'TypeScript', 'PouchDB', 'ratio', ...(cpp ? ['C++'] : [])]];
  let behind = 0;
  for (const [name, key] of rows) {
    const ratio = pouchdb[key] / ours[key];
    const goal = key !== 'reopen_ms';
    if (goal && ratio < GOAL) ++behind;
    const shown = `${ratio.toFixed(1)}×${goal && ratio < GOAL ? ' !' : ''}`;
    lines.push([name, seconds(ours[key]), seconds(pouchdb[key]), shown, ...(cpp ? [seconds(cpp[key])] : [])]);
  }
  const widths = lines[0].map((_, column) => Math.max(...lines.map((line) => line[column].length)));
  for (const line of lines) {
    console.log(line.map((cell, i) => (i === 0 ? cell.padEnd(widths[i]) : cell.padStart(widths[i]))).join('  '));
  }
  console.log(`puts: Node, databases in memory, written offline one after the other. The rest: Chromium, IndexedDB.`);
  console.log(`PouchDB: batch_size ${batch}, against express-pouchdb in memory; ours against broker, bridge and SQLite.`);
  if (cpp) console.log('C++: SQLite in a file; the puts are asked for at once.');
  console.log(behind === 0 ? `At least ${GOAL}× in all that has a goal.` : `! ${behind} below the goal of ${GOAL}×.`);
}
