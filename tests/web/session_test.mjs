// The demo app's tokens and tabs: what ends, what is taken over, what is taken away.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { eventually, PATIENCE_MS, Person, World } from './world.mjs';

let world;
before(async () => (world = await World.start(['plugin_opt_leeway_s 1'])));
after(() => world?.stop());

const places = (name) => ({ rooms: [name], lists: [name] });

/** How many connections a tab has opened. */
function connections(page) {
  const all = [];
  page.on('websocket', (socket) => all.push(socket.url()));
  return all;
}

test('a token ends while somebody writes, and a new one brings it all over', async () => {
  const alice = await world.person('alice', places('ends'));
  const bob = await world.person('bob', places('ends'));
  await alice.says('before');
  await bob.message('before').waitFor();
  await alice.page.goto(world.address(alice.newToken({ ttl: 12 })));
  await alice.page.getByText('Your sign-in has ended').waitFor();
  await alice.page.locator('.sync[data-state=error]').waitFor();
  await alice.says('between');
  await alice.pending(1);
  await alice.picture('signed-out');
  await alice.page.reload();
  await alice.message('between').waitFor();
  await alice.signsInAgain();
  await alice.synced();
  await bob.message('between').waitFor();
  assert.deepEqual((await bob.sees()).messages, ['before', 'between']);
  assert.equal(await alice.page.getByText('Your sign-in').count(), 0);
});

test('a token that is renewed in time keeps its connection', async () => {
  const alice = await world.person('alice', places('renewed'));
  await alice.synced();
  const opened = connections(alice.page);
  const end = Date.now() + 30_000;
  await alice.page.goto(world.address(alice.newToken({ ttl: 30 })));
  await alice.page.getByText('ends in less than a minute').waitFor();
  await alice.signsInAgain();
  await alice.page.getByText('Your sign-in').waitFor({ state: 'detached' });
  await eventually(() => Date.now() > end + 5_000, 'time stands still', PATIENCE_MS);
  await alice.says('still here');
  await alice.synced();
  assert.deepEqual(opened, [], 'no new connection was needed');
});

test('a token that the server refuses is offered once', async () => {
  const alice = await world.person('alice', places('refused'));
  await alice.synced();
  const wrong = alice.newToken().slice(0, -4) + 'AAAA';
  await alice.goes(false);
  await alice.page.goto(world.address(wrong));
  await alice.page.waitForURL(/\/demo$/); // the token is not left in the address
  const opened = connections(alice.page);
  await alice.page.getByRole('switch', { name: 'Online' }).click();
  await alice.page.getByText('The server has refused your sign-in').waitFor();
  await alice.says('kept');
  const later = Date.now() + 5_000; // time for another try, or two
  await eventually(() => Date.now() > later, 'time stands still', PATIENCE_MS);
  assert.equal(opened.length, 1);
  await alice.signsInAgain();
  await alice.synced();
});

test('an address whose token has ended changes nothing', async () => {
  const alice = await world.person('alice', places('old'));
  await alice.synced();
  await alice.page.goto(world.address(alice.newToken({ ttl: -10 })));
  await alice.page.getByText('This token has ended').waitFor();
  await alice.says('still here');
  await alice.synced();
});

test('two tabs are one; the one that leads closes, and the other goes on', async () => {
  const alice = await world.person('alice', places('tabs'));
  const bob = await world.person('bob', places('tabs'));
  await alice.synced();
  const second = await alice.context.newPage();
  const opened = connections(second);
  await second.goto(world.address(alice.token));
  await alice.synced(second);
  await alice.says('from the second', second);
  await alice.message('from the second').waitFor();
  await bob.message('from the second').waitFor();
  assert.deepEqual(opened, [], 'they share a connection');

  await second.getByRole('switch', { name: 'Online' }).click();
  await alice.page.locator('.sync.offline').waitFor();
  await alice.says('unsent', second);
  await alice.message('unsent').waitFor();
  await alice.page.close();
  await alice.says('of the survivor', second);
  assert.equal(await bob.message('unsent').count(), 0);
  await second.getByRole('switch', { name: 'Online' }).click();
  await alice.synced(second);
  await bob.message('of the survivor').waitFor();
  await bob.page.locator('.chat .peers', { hasText: 'alice' }).waitFor({ state: 'attached' });
  const texts = ['from the second', 'unsent', 'of the survivor'];
  assert.deepEqual((await bob.sees()).messages, texts);
  assert.deepEqual((await alice.sees(second)).messages, texts);
});

test('a tab that leaves a room does not take the other tab out of it', async () => {
  const both = { rooms: ['here', 'there'], lists: [] };
  const alice = await world.person('alice', both);
  const bob = await world.person('bob', both);
  const enter = (page, name) => page.getByRole('button', { name: new RegExp(`^${name}`) }).click();
  const peer = bob.page.locator('.chat .peers', { hasText: 'alice' });
  await enter(alice.page, 'Here');
  await enter(bob.page, 'Here');
  const second = await alice.open();
  await enter(second, 'Here');
  await alice.synced(second);
  await peer.waitFor({ state: 'attached' });
  await enter(second, 'There');
  await alice.says('over here', second);
  await bob.page
    .getByRole('button', { name: /^There/ })
    .getByText('1')
    .waitFor(); // and so bob knows what came before
  assert.equal(await peer.count(), 1, 'the first tab is still there');
  await second.close();
  await enter(alice.page, 'There');
  await peer.waitFor({ state: 'detached' });
});

test('two people in one browser are two', async () => {
  const alice = await world.person('alice', places('both'));
  await alice.goes(false);
  const bob = new Person(world, alice.context, 'bob');
  bob.claims = places('both');
  bob.token = bob.newToken();
  await bob.open();
  await bob.synced();
  await bob.says('I am online');
  await alice.says('I am not');
  await bob.synced();
  assert.equal(await bob.message('I am not').count(), 0);
  await alice.goes(true);
  await bob.message('I am not').waitFor();
  assert.match(await bob.message('I am online').getAttribute('class'), /mine/);
  assert.doesNotMatch(await alice.message('I am online').getAttribute('class'), /mine/);
});

/** Everything that this browser has stored. */
const stored = (page) =>
  page.evaluate(async () => {
    const rows = [];
    for (const { name } of await indexedDB.databases()) {
      const database = await new Promise((done, failed) => {
        const opening = indexedDB.open(name);
        opening.onsuccess = () => done(opening.result);
        opening.onerror = () => failed(opening.error);
      });
      for (const store of database.objectStoreNames) {
        const asked = database.transaction(store).objectStore(store).getAll();
        rows.push(await new Promise((done) => (asked.onsuccess = () => done(asked.result))));
      }
      database.close();
    }
    return JSON.stringify(rows);
  });

test('a room that is taken away disappears, with what was stored of it', async () => {
  const rooms = ['open', 'secret'];
  const alice = await world.person('alice', { rooms, lists: [] });
  const bob = await world.person('bob', { rooms, lists: [] });
  const room = (person, name) => person.page.getByRole('button', { name: new RegExp(`^${name}`) });
  await room(bob, 'Secret').click();
  await bob.says('the code is 7301');
  await room(alice, 'Secret').getByText('1').waitFor();
  await room(alice, 'Secret').click();
  await alice.message('the code is 7301').waitFor();
  assert.match(await stored(alice.page), /7301/);

  await alice.page.goto(world.address(alice.newToken({ rooms: ['open'] })));
  await room(alice, 'Secret').waitFor({ state: 'detached' });
  await alice.page.getByText('You may no longer read “Secret”').waitFor();
  await alice.page.getByRole('heading', { name: 'Open', exact: true }).waitFor();
  assert.doesNotMatch(await stored(alice.page), /7301/);
  await alice.picture('revoked');
  await alice.page.reload();
  await alice.synced();
  assert.equal(await room(alice, 'Secret').count(), 0);
});

test('what was unsent when a room was taken away is handed back', async () => {
  const alice = await world.person('alice', { rooms: ['a', 'b'], lists: [] });
  await alice.synced();
  await alice.goes(false);
  await alice.page.getByRole('button', { name: /^B/ }).click();
  await alice.says('too late');
  await alice.page.goto(world.address(alice.newToken({ rooms: ['a'] })));
  await alice.page.getByRole('switch', { name: 'Online' }).click();
  const card = alice.page.locator('.problem.rejected', { hasText: 'too late' });
  await card.getByRole('button', { name: 'Discard' }).click();
  await card.waitFor({ state: 'detached' });
  await alice.page.getByRole('button', { name: /^B/ }).waitFor({ state: 'detached' });
});

test('signing out leaves nothing, and unsent writes are asked about', async () => {
  const alice = await world.person('alice', places('leaves'));
  await alice.says('sent');
  await alice.synced();
  await alice.goes(false);
  await alice.says('unsent');
  const second = await alice.open();
  await alice.page.getByRole('button', { name: 'Signed in as alice' }).click();
  await alice.page.getByRole('button', { name: 'Sign out' }).click();
  await alice.page.getByText('not sent yet, and would be lost').waitFor();
  await alice.page.getByRole('button', { name: 'Sign out all the same' }).click();
  await alice.page.getByRole('heading', { name: 'Works offline' }).waitFor();
  await second.getByRole('heading', { name: 'Works offline' }).waitFor();
  assert.equal(await stored(alice.page), '[]');
  assert.equal(await alice.page.evaluate(() => localStorage.length + sessionStorage.length), 0);
});

test('nobody had anything to complain about', () => assert.deepEqual(world.faults, []));
