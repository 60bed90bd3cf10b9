// How the demo app looks and reads: axe in light and dark, on a desk and on a phone; by keyboard alone; and pictures.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { after, before, test } from 'node:test';
import { sideBySide } from './side_by_side.mjs';
import { eventually, PATIENCE_MS, pictures, World } from './world.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const DESK = { width: 1280, height: 800 };
const PHONE = { width: 360, height: 740 };

let world;
before(async () => (world = await World.start()));
after(() => world?.stop());

/** What axe calls serious or critical; nothing may be out of sight to the side. */
async function inspect(page, what) {
  const found = await page.evaluate(`${axe}; axe.run(document, { resultTypes: ['violations'] })`);
  const serious = found.violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
  const said = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join('\n    ')}`);
  assert.deepEqual(said, [], what);
  const beyond = await page.evaluate(
    () => document.documentElement.scrollWidth - document.documentElement.clientWidth,
  );
  assert.ok(beyond <= 0, `${what}: ${beyond} px are out of sight`);
}

/** A room with everything in it: messages of both, one unsent, a conflict, a refusal, somebody who types. */
async function everything(options) {
  const places = { rooms: ['general', 'weekend'], lists: ['home'], ...options };
  const alice = await world.person('alice', places);
  const bob = await world.person('bob', places);
  await alice.synced();
  await bob.says('Shall we take the early train on Saturday?');
  await bob.says('It is quieter, and there is a table.');
  await bob.page.getByRole('button', { name: /^Weekend/ }).click();
  await bob.says('Rain in the afternoon, sun on Sunday.');
  await bob.page.getByRole('button', { name: /^General/ }).click();
  return { alice, bob };
}

for (const colorScheme of ['light', 'dark']) {
  for (const [name, viewport] of [
    ['desk', DESK],
    ['phone', PHONE],
  ]) {
    const what = `${name}-${colorScheme}`;
    test(`axe finds nothing serious: ${what}`, async () => {
      const room = what.replace('-', '');
      const places = { rooms: [room, 'weekend'], lists: [room] };
      const alice = await world.person('alice', { ...places, viewport, colorScheme });
      const bob = await world.person('bob', places);
      const { page } = alice;
      const shows = async (pane) => {
        if (name !== 'phone') return;
        const word = new RegExp(`^${room}`, 'i');
        await page
          .getByRole('button', { name: word })
          .nth(pane === 'chat' ? 0 : 1)
          .click();
      };
      await bob.says('Shall we take the early train on Saturday? It is quieter, and there is a table.');
      await alice.says('Yes. I bring the map, you bring the bread');
      await bob.adds('Rye bread');
      await bob.adds('Map of the hills');
      await bob.todo('Rye bread').getByRole('checkbox').check();
      await bob.page.getByRole('button', { name: /^Star Map/ }).click();
      await shows('list');
      await page.getByRole('button', { name: 'Edit Map of the hills' }).click();
      await page.getByRole('textbox', { name: /^New label/ }).fill('hiking');
      await page.keyboard.press('Enter');
      await inspect(page, `${what}, editing`);
      await alice.picture(`${what}-editing`);
      await page.keyboard.press('Escape');
      await alice.synced();

      await alice.goes(false);
      await alice.renames('Map of the hills', 'Paper map');
      await bob.renames('Map of the hills', 'Map and compass');
      await bob.synced();
      await inspect(page, `${what}, list`);
      await alice.picture(`${what}-list`);
      await shows('chat');
      await alice.says('On the train, no network here');
      await inspect(page, `${what}, offline`);
      await alice.picture(`${what}-offline`);
      await alice.goes(true);
      await page.locator('.problem.conflict').waitFor();
      await shows('list');
      await page.getByRole('textbox', { name: 'New to-do' }).fill('too long, '.repeat(13));
      await page.keyboard.press('Enter');
      await page.locator('.problem.rejected').waitFor();
      await inspect(page, `${what}, problems`);
      await alice.picture(`${what}-problems`);
      await page.getByRole('button', { name: 'Discard' }).click();
      await page.getByRole('button', { name: 'Keep theirs' }).click();
      await shows('chat');
      // He goes on until it is seen: a pause would end it.
      const types = async () => {
        await bob.page.getByRole('textbox', { name: /^Write to/ }).pressSequentially('And ');
        return page.getByText('bob is typing').isVisible();
      };
      await eventually(types, 'nobody types', PATIENCE_MS);
      await page.getByRole('button', { name: 'Signed in as alice' }).click();
      await inspect(page, `${what}, menu`);
      await alice.picture(`${what}-menu`);
      await page.keyboard.press('Escape');
      await alice.picture(`${what}-chat`);
      await page.evaluate(() => sessionStorage.clear());
      await page.reload();
      await page.getByRole('heading', { name: 'Works offline' }).waitFor();
      await inspect(page, `${what}, signing in`);
      await alice.picture(`${what}-sign-in`);
    });
  }
}

test('everything can be done by keyboard', async () => {
  const alice = await world.person('alice', { rooms: ['keys', 'other'], lists: ['keys'] });
  const bob = await world.person('bob', { rooms: ['keys', 'other'], lists: ['keys'] });
  const { page } = alice;
  await alice.synced();
  /** Tab until something of this name has the focus. */
  const reach = async (name) => {
    for (let i = 0; i < 60; ++i) {
      const focus = await page.evaluate(() => {
        const { activeElement: at } = document;
        return at?.getAttribute('aria-label') ?? at?.textContent ?? '';
      });
      if (focus.startsWith(name)) return;
      await page.keyboard.press('Tab');
    }
    assert.fail(`Tab does not reach ${name}`);
  };
  await reach('Online');
  await page.keyboard.press('Space');
  await page.locator('.sync.offline').waitFor();
  await page.keyboard.press('Space');
  await alice.synced();
  await reach('Other');
  await page.keyboard.press('Enter');
  await reach('Write to Other');
  await page.keyboard.type('by keys');
  await page.keyboard.press('Shift+Enter');
  await page.keyboard.type('in two lines');
  await page.keyboard.press('Enter');
  await reach('New to-do');
  await page.keyboard.type('Ring the bell');
  await page.keyboard.press('Enter');
  await reach('Ring the bell');
  await page.keyboard.press('Space');
  await bob.todo('Ring the bell').getByRole('checkbox', { checked: true }).waitFor();
  await reach('Edit Ring the bell');
  await page.keyboard.press('Enter');
  await page.keyboard.type('Ring twice');
  await page.keyboard.press('Enter');
  await bob.todo('Ring twice').waitFor();
  const back = () => page.evaluate(() => document.activeElement?.getAttribute('aria-label'));
  await eventually(async () => (await back()) === 'Edit Ring twice', 'the focus went astray');
  await bob.page.getByRole('button', { name: /^Other/ }).click();
  await bob.page.getByText('by keys\nin two lines').waitFor();
});

test('rooms say what is unread, until it has been in sight', async () => {
  const { alice, bob } = await everything();
  const entry = alice.page.getByRole('button', { name: /^Weekend/ });
  await entry.getByText('1').waitFor();
  await alice.page.waitForFunction(() => document.title.startsWith('(1)'));
  await entry.click();
  await alice.message('Rain in the afternoon, sun on Sunday.').waitFor();
  await alice.page.waitForFunction(() => document.title === 'mosquitto-sync demo');
  await alice.page.reload();
  await alice.synced();
  assert.equal(await entry.locator('.count').count(), 0, 'also after a reload');
  assert.equal(await bob.page.locator('.count').count(), 0, 'what one has written oneself is no news');
});

test('two windows side by side: the picture of the product', () => sideBySide(pictures));

test('nobody had anything to complain about', () => assert.deepEqual(world.faults, []));
