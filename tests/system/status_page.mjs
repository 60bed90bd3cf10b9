// Opens the bridge's status page as a person does. Arguments: the page's address, a folder for pictures (may be missing).
// Writes "open" once it shows what is there, waits until a conflict and a rejection appear by themselves, searches, and
// looks at the page in the dark and on a phone. Exits with 0 if all of that happened and the browser had nothing to say.
import { chromium } from 'playwright-core';

const [address, pictures] = process.argv.slice(2);
const patience = { timeout: 180_000 };
const faults = [];

const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
const page = await browser.newPage({ viewport: { width: 1200, height: 900 } });
page.setDefaultTimeout(patience.timeout);
page.on('console', (message) => { if (['error', 'warning'].includes(message.type())) faults.push(message.text()); });
page.on('pageerror', (error) => faults.push(error.message));
page.on('dialog', (dialog) => { faults.push('a script of a user ran'); dialog.dismiss(); });
page.on('request', (request) => { if (!request.url().startsWith(address)) faults.push(`asks ${request.url()}`); });

const picture = (name) => (pictures ? page.screenshot({ path: `${pictures}/${name}.png`, fullPage: true }) : undefined);
const row = (table, text) => page.locator(`#${table} tbody tr`).filter({ hasText: text });
const within = async (what) => {
  const width = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (width > 0) faults.push(`${what}: ${width} px are out of sight`);
};

await page.goto(address);
await page.getByText('Broker connected').waitFor();
await page.locator('#feed', { hasText: 'live' }).waitFor();
console.log('open');

await row('conflicts', 'bob').filter({ hasText: 'alice' }).waitFor();
await row('rejections', 'invalid').filter({ hasText: '/text' }).waitFor();
await row('scopes', 'chat/42/messages').waitFor();
await row('replicas', 'alice').first().waitFor();
await page.locator('.uplot canvas').first().waitFor();

await page.getByLabel('Search by topic').fill('no such');
await page.getByText('Nothing found.').waitFor();
await page.getByLabel('Search by topic').fill('42/mess');
await row('scopes', 'chat/42/messages').waitFor();
await page.getByLabel('Search by topic').fill('');
await picture('status');
await page.emulateMedia({ colorScheme: 'dark' });
await picture('status-dark');
await page.setViewportSize({ width: 360, height: 740 });
await within('on a phone');
await picture('status-phone');

await browser.close();
for (const fault of faults) console.error(fault);
process.exit(faults.length === 0 ? 0 : 1);
