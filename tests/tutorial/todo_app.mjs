// The to-do app of docs/clients.md, from the document's own text: two devices of alice's, over the real thing.
//   node todo_app.mjs [--build DIR]
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { build as bundle } from 'esbuild';
import { chromium } from 'playwright-core';
import { makeToken, Stack } from '../conformance/stack.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const { values: options } = parseArgs({ options: { build: { type: 'string', default: `${root}build/release` } } });

/** Its files, by name: code blocks are marked with language and name. */
function filesOfTheText() {
  const page = readFileSync(`${root}docs/clients.md`, 'utf8');
  const section = /^### A to-do app in 60 lines$([^]*?)^### /m.exec(page)[1];
  const blocks = [...section.matchAll(/^```\w+ (\S+)\n([^]*?)^```$/gm)];
  const files = Object.fromEntries(blocks.map(([, name, text]) => [name, text]));
  assert.deepEqual(Object.keys(files), ['index.html', 'app.js']);
  const lines = Object.values(files).join('').split('\n').length - 1;
  assert.ok(lines <= 60, `${lines} lines`);
  return files;
}

/** As a bundler leaves it, talking to this bridge instead of the one in the text. */
async function bundled(text, bridge) {
  assert.ok(text.includes('ws://127.0.0.1:8080/mqtt'));
  const { outputFiles } = await bundle({
    stdin: { contents: text.replace('ws://127.0.0.1:8080/mqtt', bridge), resolveDir: root },
    alias: { 'mosquitto-sync': `${root}client/js/src/index.ts` },
    bundle: true,
    format: 'esm',
    target: 'es2022',
    define: { global: 'globalThis' },
    write: false,
    logLevel: 'error',
  });
  return outputFiles[0].text;
}

const files = filesOfTheText();
const served = new Map([['/', ['text/html', files['index.html']]]]);
const server = createServer(({ url }, response) => {
  const [type, text] = served.get(url) ?? ['text/plain', makeToken('alice')];
  response.setHeader('content-type', type);
  response.end(text);
});
await new Promise((ready) => server.listen(0, '127.0.0.1', ready));
const origin = `http://127.0.0.1:${server.address().port}`;
const stack = new Stack({ build: options.build, schemas: `${root}schemas`, origin });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const faults = [];

async function device() {
  const page = await (await browser.newContext()).newPage();
  page.setDefaultTimeout(60_000);
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('dialog', (dialog) => {
    faults.push(dialog.message());
    void dialog.dismiss();
  });
  await page.goto(origin);
  return page;
}

const todo = (page, text) => page.getByRole('listitem').filter({ hasText: text });
const says = (page, text) => page.getByRole('status').filter({ hasText: text }).waitFor();
async function add(page, text) {
  await page.getByLabel('What is to be done').fill(text);
  await page.getByRole('button', { name: 'Add' }).click();
  await todo(page, text).waitFor();
}

let status = 1;
try {
  await stack.start();
  served.set('/app.js', ['text/javascript', await bundled(files['app.js'], stack.websocketUrl)]);
  const phone = await device();
  const laptop = await device();
  await add(phone, 'buy milk');
  await todo(laptop, 'buy milk').getByRole('checkbox').check();
  await todo(phone, 'buy milk').getByRole('checkbox', { checked: true }).waitFor();
  await says(phone, 'idle, 0 not sent yet');

  await stack.stopBridge();
  await says(phone, 'offline');
  await add(phone, 'call mother');
  await todo(phone, 'call mother …').waitFor(); // not sent yet
  await phone.reload();
  await todo(phone, 'call mother …').waitFor();
  await todo(laptop, 'buy milk').getByRole('button', { name: 'Delete' }).click();
  await todo(laptop, 'buy milk').waitFor({ state: 'detached' });

  await stack.startBridge();
  await todo(laptop, 'call mother').waitFor();
  await todo(phone, 'buy milk').waitFor({ state: 'detached' });
  await todo(phone, '…').waitFor({ state: 'detached' });
  await says(phone, 'idle, 0 not sent yet');
  await says(laptop, 'idle, 0 not sent yet');
  assert.deepEqual(faults, []);
  console.log('the to-do app of docs/clients.md does what it says');
  status = 0;
} catch (error) {
  console.error(`${error.stack}\n${faults.join('\n')}\n${stack.logs()}`);
} finally {
  await browser.close();
  server.close();
  await stack.stop();
}
process.exit(status);
