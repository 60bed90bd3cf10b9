// The picture of docs/images/demo.png: two windows of two people, one of them offline. `node side_by_side.mjs FOLDER` makes
// it.
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { World } from './world.mjs';

const WINDOW = { width: 740, height: 620 };

/** A conversation, and a list with a bit of everything. */
async function scene(alice, bob) {
  await bob.says('Morning! Is the cabin still free next weekend?');
  await alice.says('It is. I have asked them to keep it for us');
  await bob.page.getByRole('button', { name: /^Like “It is/ }).click();
  await bob.says('Great. Who takes the early train?');
  for (const title of ['Map of the hills', 'Rye bread', 'Head torches', 'Coffee, a lot of it'])
    await alice.adds(title);
  await alice.page.getByRole('button', { name: 'Edit Head torches' }).click();
  for (const label of ['borrow', 'for two']) {
    await alice.page.getByRole('textbox', { name: /^New label/ }).fill(label);
    await alice.page.keyboard.press('Enter');
    await alice.page.getByRole('button', { name: `Remove the label ${label}` }).waitFor();
  }
  await alice.page.keyboard.press('Escape');
  await alice.todo('Rye bread').getByRole('checkbox').check();
  await bob.page.getByRole('button', { name: /^Star Coffee/ }).click();
  await alice.page.getByRole('button', { name: /^Star Coffee/ }).click();
  await bob.page.getByRole('button', { name: /^Weekend/ }).click();
  await bob.says('Rain on Saturday, sun on Sunday');
  await bob.page.getByRole('button', { name: /^General/ }).click();
  await alice.page
    .getByRole('button', { name: /^Weekend/ })
    .getByText('1')
    .waitFor();
  await alice.goes(false);
  await alice.says('I do. In a tunnel just now, you will get this later');
  await alice.page.getByRole('checkbox', { name: 'Map of the hills' }).check();
  await bob.page.getByRole('button', { name: 'Edit Map of the hills' }).click();
  await bob.page.getByRole('textbox', { name: 'Title' }).fill('Map and compass');
  await bob.page.keyboard.press('Enter');
  await bob.page.getByRole('textbox', { name: /^Write to/ }).fill('Are you on the train alr');
  await bob.synced();
  for (const { page } of [alice, bob]) await page.mouse.move(0, 0);
}

const page = (left, right) => `<!doctype html><style>
  body { margin: 0; padding: 34px; display: flex; gap: 28px; background: linear-gradient(135deg, #cfe3df, #e9e3d6); }
  figure { margin: 0; border-radius: 14px; overflow: hidden; box-shadow: 0 18px 50px rgb(20 40 40 / 28%); }
  figcaption { display: flex; gap: 7px; padding: 11px 14px; background: #fff; }
  .dark figcaption { background: #23292a; }
  i { width: 11px; height: 11px; border-radius: 50%; background: #c9cdcb; }
  .dark i { background: #4b5455; }
  img { display: block; width: ${WINDOW.width}px; }
</style><figure><figcaption><i></i><i></i><i></i></figcaption><img src="${left}"></figure>
<figure class="dark"><figcaption><i></i><i></i><i></i></figcaption><img src="${right}"></figure>`;

const shot = async ({ page: of }) => {
  const bytes = await of.screenshot({ animations: 'disabled' });
  return `data:image/png;base64,${bytes.toString('base64')}`;
};

async function picture(world, folder) {
  const places = { rooms: ['general', 'weekend'], lists: ['cabin'], viewport: WINDOW };
  const alice = await world.person('alice', places);
  const bob = await world.person('bob', { ...places, colorScheme: 'dark' });
  await alice.synced();
  await scene(alice, bob);
  const frame = await world.browser.newPage({ viewport: { width: 2 * WINDOW.width + 96, height: 100 } });
  await frame.setContent(page(await shot(alice), await shot(bob)));
  await frame.screenshot({ path: join(folder, 'demo.png'), fullPage: true });
}

export async function sideBySide(folder) {
  const world = await World.start();
  try {
    await picture(world, folder);
  } finally {
    await world.stop();
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) await sideBySide(process.argv[2] ?? '.');
