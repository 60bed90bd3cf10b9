// A real broker, plugin and bridge, and a browser whose pages are people. Every wait is for a condition and has time for a
// busy machine.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import { eventually, makeToken, Stack } from '../conformance/stack.mjs';

export { eventually };
export const build = process.env.MSYNC_BUILD ?? new URL('../../build/release', import.meta.url).pathname;
export const pictures = process.env.MSYNC_PICTURES ?? join(build, 'pictures');
export const PATIENCE_MS = 60_000;

export class World {
  faults = [];

  /** `plugin`: more lines for the broker. */
  static async start(plugin = []) {
    const world = new World();
    mkdirSync(pictures, { recursive: true });
    world.stack = new Stack({
      build,
      schemas: new URL('../../schemas', import.meta.url).pathname,
      demo: true,
      plugin,
    });
    try {
      await world.stack.start();
      world.browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
    } catch (error) {
      await world.stop();
      throw error;
    }
    return world;
  }

  async stop() {
    await this.browser?.close();
    await this.stack.stop();
  }

  address(token) {
    return `http://127.0.0.1:${this.stack.httpPort}/demo#token=${token}`;
  }

  /** A browser of this user's own, so that nothing is shared with other people's or other tests'. */
  async person(user, { rooms = ['general'], lists = ['home'], ttl = 3600, ...options } = {}) {
    const context = await this.browser.newContext({ viewport: { width: 1200, height: 800 }, ...options });
    context.setDefaultTimeout(PATIENCE_MS);
    const person = new Person(this, context, user);
    person.claims = { rooms, lists };
    person.token = makeToken(user, { rooms, lists, exp: Math.floor(Date.now() / 1000) + ttl });
    await person.open();
    return person;
  }
}

export class Person {
  constructor(world, context, user) {
    this.world = world;
    this.context = context;
    this.user = user;
  }

  /** Another tab; the first one is `page`. */
  async open() {
    const page = await this.context.newPage();
    page.on('pageerror', (error) => this.world.faults.push(`${this.user}: ${error.message}`));
    page.on('console', (message) => {
      // A bridge that is away is no fault of the page's.
      const text = message.text();
      if (message.type() === 'error' && !/WebSocket|ERR_CONNECTION/.test(text))
        this.world.faults.push(`${this.user}: ${text}`);
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(`http://127.0.0.1:${this.world.stack.httpPort}/`))
        this.world.faults.push(`asks ${request.url()}`);
    });
    await page.goto(this.world.address(this.token));
    await page.getByRole('switch', { name: 'Online' }).waitFor();
    this.page ??= page;
    return page;
  }

  newToken({ ttl = 3600, ...claims } = {}) {
    return makeToken(this.user, { ...this.claims, ...claims, exp: Math.floor(Date.now() / 1000) + ttl });
  }

  /** By the dialog, as a person does. */
  async signsInAgain(token = this.newToken()) {
    await this.page.getByRole('button', { name: 'Sign in again' }).click();
    const dialog = this.page.getByRole('dialog');
    await dialog.getByRole('textbox').fill(token);
    await dialog.getByRole('button', { name: 'Sign in' }).click();
    await dialog.waitFor({ state: 'detached' });
  }

  async goes(online) {
    const plug = this.page.getByRole('switch', { name: 'Online' });
    if ((await plug.getAttribute('aria-checked')) !== String(online)) await plug.click();
    if (online) await this.synced();
    else await this.page.locator('.sync.offline').waitFor();
  }

  synced(page = this.page) {
    return page.locator('.sync[data-state=idle][data-pending="0"]').waitFor();
  }

  pending(n) {
    return this.page.locator(`.sync[data-pending="${n}"]`).waitFor();
  }

  async says(text, page = this.page) {
    await page.getByRole('textbox', { name: /^Write to/ }).fill(text);
    await page.keyboard.press('Enter');
    await this.message(text, page).waitFor();
  }

  message(text, page = this.page) {
    return page.locator('.message').filter({ has: page.getByText(text, { exact: true }) });
  }

  async adds(title) {
    await this.page.getByRole('textbox', { name: 'New to-do' }).fill(title);
    await this.page.keyboard.press('Enter');
    await this.todo(title).waitFor();
  }

  todo(title) {
    return this.page
      .locator('.todo')
      .filter({ has: this.page.getByRole('button', { name: `Edit ${title}`, exact: true }) });
  }

  async renames(title, next) {
    await this.page.getByRole('button', { name: `Edit ${title}`, exact: true }).click();
    await this.page.getByRole('textbox', { name: 'Title' }).fill(next);
    await this.page.keyboard.press('Enter');
    await this.todo(next).waitFor();
  }

  /** What is on the page: texts in order, nothing of what only this user sees. */
  async sees(page = this.page) {
    return page.evaluate(() => {
      const texts = (selector) =>
        [...document.querySelectorAll(selector)].map((each) => each.innerText.trim());
      return {
        messages: texts('.message .text'),
        likes: [...document.querySelectorAll('.message .act:first-child')].map((each) =>
          each.innerText.trim(),
        ),
        open: texts('ul[aria-label="To do"] .todo .body'),
        done: texts('ul[aria-label="Done"] .todo .body'),
        stars: texts('.todo > .act'),
      };
    });
  }

  picture(name, page = this.page) {
    return page.screenshot({ path: join(pictures, `${name}.png`), animations: 'disabled' });
  }
}
