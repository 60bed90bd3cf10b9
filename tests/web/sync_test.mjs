// The demo app, as two people use it: apart, together again, and with what is between them failing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, PATIENCE_MS, World } from './world.mjs';

let world;
before(async () => (world = await World.start()));
after(() => world?.stop());

/** Two in a room and a list of their own. */
async function two(name) {
  const options = { rooms: [name], lists: [name] };
  const people = [await world.person('alice', options), await world.person('bob', options)];
  for (const person of people) await person.synced();
  return people;
}

async function see_the_same(...people) {
  for (const person of people) await person.synced();
  const differ = async () => {
    const [first, ...others] = await Promise.all(people.map((person) => person.sees()));
    return others.every((other) => JSON.stringify(other) === JSON.stringify(first));
  };
  const all = () => Promise.all(people.map((person) => person.sees()));
  await eventually(differ, 'they do not see the same', PATIENCE_MS).catch(async (error) => {
    throw new Error(`${error.message}: ${JSON.stringify(await all(), null, 1)}`);
  });
  return people[0].sees();
}

test('one goes offline, both write, it returns, and both see the same', async () => {
  const [alice, bob] = await two('apart');
  await alice.says('Who brings the bread?');
  await alice.adds('Bread');
  await bob.message('Who brings the bread?').waitFor();
  await bob.todo('Bread').waitFor();
  await bob.goes(false);

  await bob.says('I do');
  await bob.todo('Bread').getByRole('checkbox').check();
  await bob.page.getByRole('button', { name: /^Star Bread/ }).click();
  await bob.adds('Cheese');
  await bob.pending(4);
  assert.equal(await bob.page.locator('.message[data-pending=true]').count(), 1);
  await alice.says('<b>Bob?</b>');
  await alice.renames('Bread', 'Rye bread');
  await alice.page.getByRole('button', { name: /^Star Rye bread/ }).click();
  await alice.synced();
  assert.equal(await alice.message('I do').count(), 0);

  await bob.goes(true);
  const seen = await see_the_same(alice, bob);
  assert.deepEqual(seen.messages, ['Who brings the bread?', 'I do', '<b>Bob?</b>']);
  assert.deepEqual(seen.open, ['Cheese']);
  assert.deepEqual(seen.done, ['Rye bread'], 'both fields changed, by one each');
  assert.deepEqual(seen.stars, ['', '2'], 'each counted');
  assert.equal(await bob.page.locator('.problem').count(), 0);
});

test('two who changed the same see both side by side, and one decides', async () => {
  const [alice, bob] = await two('conflict');
  await alice.adds('Tent');
  await alice.adds('Map');
  await bob.todo('Map').waitFor();
  await alice.goes(false);
  await alice.renames('Tent', 'Small tent');
  await alice.renames('Map', 'Paper map');
  await bob.renames('Tent', 'Large tent');
  await bob.renames('Map', 'Phone');
  await bob.synced();
  await alice.goes(true);

  const card = (title) => alice.page.locator('.problem').filter({ hasText: title });
  await card('Small tent').getByText('Large tent').last().waitFor();
  await card('Paper map').getByText('Phone').last().waitFor();
  await alice.picture('conflict');
  await card('Small tent').getByRole('button', { name: 'Keep mine' }).click();
  await card('Paper map').getByRole('button', { name: 'Keep theirs' }).click();
  await alice.page.locator('.problem').first().waitFor({ state: 'detached' });
  const seen = await see_the_same(alice, bob);
  assert.deepEqual(seen.open, ['Small tent', 'Phone']);
});

test('what was deleted meanwhile is said, not brought back', async () => {
  const [alice, bob] = await two('deleted');
  await alice.says('wrong room');
  await bob.message('wrong room').waitFor();
  await bob.goes(false);
  await bob.page.getByRole('button', { name: /^Like “wrong room/ }).click();
  await bob.pending(1);
  await alice.page.getByRole('button', { name: /^Delete “wrong room/ }).click();
  await alice.synced();
  await bob.goes(true);
  const card = bob.page.locator('.problem', { hasText: 'deleted meanwhile' });
  await card.getByRole('button', { name: 'Discard' }).click();
  await card.waitFor({ state: 'detached' });
  assert.deepEqual((await see_the_same(alice, bob)).messages, []);
});

test('what the server refuses is said, and can be discarded', async () => {
  const [alice, bob] = await two('refused');
  const long = 'x'.repeat(121);
  await alice.page.getByRole('textbox', { name: 'New to-do' }).fill(long);
  await alice.page.keyboard.press('Enter');
  const card = alice.page.locator('.problem.rejected');
  await card.getByText('/title').waitFor();
  await alice.picture('rejected');
  // Refused again within a moment: the page itself must say that the card was gone.
  const gone = card.evaluate(
    (article) =>
      new Promise((done) => {
        const look = () => !article.isConnected && done();
        new MutationObserver(look).observe(document.body, { childList: true, subtree: true });
      }),
  );
  await card.getByRole('button', { name: 'Try again' }).click();
  await gone;
  await card.waitFor();
  await card.getByRole('button', { name: 'Discard' }).click();
  await card.waitFor({ state: 'detached' });
  const seen = await see_the_same(alice, bob);
  assert.deepEqual(seen.open, []);
});

test('a reload in the middle of an outbox loses and doubles nothing', async () => {
  const [alice, bob] = await two('reload');
  await alice.goes(false);
  const texts = ['one', 'two', 'three', 'four', 'five'];
  for (const text of texts) await alice.says(text);
  await alice.pending(5);
  await alice.page.reload();
  await alice.message('five').waitFor();
  await alice.pending(5);
  assert.equal(await alice.page.locator('.message[data-pending=true]').count(), 5);
  // Plugged in, and reloaded while it is being sent.
  await alice.page.getByRole('switch', { name: 'Online' }).click();
  await bob.message('one').waitFor();
  await alice.page.reload();
  const seen = await see_the_same(alice, bob);
  assert.deepEqual(seen.messages, texts);
});

test('the bridge is killed and started again while somebody types', async () => {
  const [alice, bob] = await two('crash');
  await alice.page.evaluate(() => navigator.serviceWorker.ready.then(() => {}));
  const texts = Array.from({ length: 24 }, (_, i) => `line ${i}`);
  const types = (async () => {
    for (const text of texts) await alice.says(text);
  })();
  await bob.message('line 3').waitFor();
  await world.stack.killBridge();
  await types;
  await alice.page.locator('.sync:not([data-pending="0"])').waitFor();
  await alice.picture('bridge-away');
  await alice.page.reload();
  await alice.message('line 23').waitFor();
  await world.stack.startBridge();
  const seen = await see_the_same(alice, bob);
  assert.deepEqual(seen.messages, texts);
});

test('nobody had anything to complain about', () => assert.deepEqual(world.faults, []));
