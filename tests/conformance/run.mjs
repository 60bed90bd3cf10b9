// Runs the scenarios of this folder against a client library: README.md.
//   node run.mjs [--driver COMMAND] [--build DIR] [SCENARIO…]
import { spawn } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { mismatch } from './match.mjs';
import { eventually, makeToken, Stack } from './stack.mjs';

const here = dirname(fileURLToPath(import.meta.url));
const root = join(here, '../..');
const options = { driver: `node ${join(root, 'client/js/tools/driver.mjs')}`, build: join(root, 'build/release') };
const wanted = [];
for (let args = process.argv.slice(2); args.length > 0; ) {
  const word = args.shift();
  if (word.startsWith('--')) options[word.slice(2)] = args.shift();
  else wanted.push(word);
}

/** A process of the driver. It takes one client after the other: starting one costs most of a scenario's time. */
class Process {
  static idle = [];

  constructor() {
    const [command, ...args] = options.driver.split(' ');
    this.asked = 0;
    this.answers = new Map();
    this.child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.why = 'the driver has ended';
    this.ended = new Promise((done) => this.child.on('close', done));
    this.child.on('error', ({ message }) => (this.why = message)); // it cannot be started; 'close' follows
    this.child.stdin.on('error', () => {});
    void this.ended.then(() => {
      this.dead = true;
      for (const answer of this.answers.values()) answer({ error: { code: 'dead', message: this.why } });
    });
    createInterface({ input: this.child.stdout }).on('line', (line) => this.hear(line));
  }

  /** Rejects where there is no such program. */
  async started() {
    await new Promise((done) => this.child.once('spawn', done).once('error', done));
    if (this.child.pid === undefined) throw new Error(`the driver: ${this.why}`);
  }

  hear(line) {
    try {
      const { id, ...answer } = JSON.parse(line);
      this.answers.get(id)?.(answer);
      this.answers.delete(id);
    } catch {
      this.why = `the driver says no JSON: ${line}`;
      this.child.kill('SIGKILL');
    }
  }

  async ask(what, more = {}) {
    if (this.dead) throw new Error(`${what}: ${this.why}`);
    const id = ++this.asked;
    const answer = new Promise((resolve) => this.answers.set(id, resolve));
    this.child.stdin.write(`${JSON.stringify({ id, do: what, ...more })}\n`);
    const late = setTimeout(() => this.answers.get(id)?.({ error: { code: 'late', message: 'no answer' } }), 30_000);
    const { ok, error } = await answer;
    clearTimeout(late);
    if (error) throw Object.assign(new Error(`${what}: ${error.code}: ${error.message}`), error);
    return ok;
  }

  async end() {
    this.child.stdin.end();
    const timer = setTimeout(() => this.child.kill('SIGKILL'), 5000);
    await this.ended;
    clearTimeout(timer);
  }
}

/** One client, and the database that outlives its process. */
class Driver {
  constructor(name, stack, user, claims, clock_ms) {
    Object.assign(this, { name, stack, user, claims, clock_ms, device: name });
    this.store = join(stack.folder, `${user}-${name}.store`);
  }

  get clientId() {
    return `${this.user}:${this.device}`;
  }

  async start(user = this.user) {
    this.process ??= Process.idle.pop() ?? new Process();
    const { device, store, clock_ms } = this;
    await this.ask('start', { url: this.stack.url, user, device, store, clock_ms, token: makeToken(user, this.claims) });
  }

  ask(what, more) {
    return this.process.ask(what, more);
  }

  async kill() {
    this.process.child.kill('SIGKILL');
    await this.process.ended;
    this.process = undefined;
  }

  /** The database's file, and what its engine keeps beside it. */
  files(store) {
    return ['', '-wal', '-shm'].map((suffix) => store + suffix);
  }

  /** The device's backup is made, or put back, while the app does not run. */
  async copy(from, to) {
    await this.kill();
    for (const file of this.files(to)) rmSync(file, { recursive: true, force: true });
    for (const [i, file] of this.files(from).entries()) {
      if (existsSync(file)) cpSync(file, this.files(to)[i], { recursive: true });
    }
    await this.start();
  }

  async stop() {
    const { process } = this;
    this.process = undefined;
    if (process) {
      await process.ask('close').then(
        () => Process.idle.push(process),
        () => process.end(),
      );
    }
    for (const store of [this.store, `${this.store}.backup`]) {
      for (const file of this.files(store)) rmSync(file, { recursive: true, force: true });
    }
  }
}

/** $room and the like, in keys and values. */
function fill(value, variables) {
  if (typeof value === 'string') {
    const whole = variables[value.slice(1)];
    if (value.startsWith('$') && whole !== undefined && typeof whole !== 'string') return whole;
    return value.replace(/\$([a-z]+[a-z0-9_]*)/gi, (text, name) => variables[name] ?? text);
  }
  if (Array.isArray(value)) return value.map((each) => fill(each, variables));
  if (value?.$times) {
    const all = Array.from({ length: value.$times }, (_, i) => fill(value.of, { ...variables, i: String(i) }));
    return Array.isArray(value.of) ? all.flat() : all;
  }
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [fill(key, variables), fill(each, variables)]));
}

class Scenario {
  constructor(file, stack, number) {
    this.stack = stack;
    const text = readFileSync(file, 'utf8');
    this.variables = { room: `r${number}`, alice: `alice${number}`, bob: `bob${number}` };
    this.plan = JSON.parse(text);
    this.drivers = new Map();
    this.keys = {};
  }

  async run() {
    try {
      for (const [name, { user, claims, clock_ms }] of Object.entries(fill(this.plan.clients, this.variables))) {
        const driver = new Driver(name, this.stack, user, { rooms: [this.variables.room], ...claims }, clock_ms);
        this.drivers.set(name, driver);
        this.variables[`client_${name}`] = driver.clientId;
        await driver.start();
      }
      for (const [i, step] of this.steps().entries()) {
        const began = Date.now();
        try {
          await this.step(fill(step, { ...this.variables, ...this.keys, epoch: this.stack.status?.epoch }));
          if (process.env.MSYNC_VERBOSE) console.log(`    ${Date.now() - began} ms  ${JSON.stringify(step)}`);
        } catch (error) {
          error.message = `step ${i + 1} ${JSON.stringify(step)}\n    ${error.message}`;
          throw error;
        }
      }
    } finally {
      await Promise.all([...this.drivers.values()].map((driver) => driver.stop()));
    }
  }

  /** Those with `repeat` so many times, $k counting from 0. */
  steps() {
    return this.plan.steps.flatMap(({ repeat = 1, ...step }) =>
      Array.from({ length: repeat }, (_, i) => (repeat === 1 ? step : fill(step, { k: String(i) }))),
    );
  }

  async step({ on, do: what, expect, server, as, fails, is, save, ...more }) {
    if (server) return this.server(server, { ...more, is, save });
    const driver = this.drivers.get(on);
    if (!driver) throw new Error(`no such client: ${on}`);
    if (expect) return this.expect(driver, expect, is, more, save);
    if (what === 'kill') return driver.kill();
    if (what === 'restart' && !fails) return driver.start();
    if (what === 'backup') return driver.copy(driver.store, `${driver.store}.backup`);
    if (what === 'restore') return driver.copy(`${driver.store}.backup`, driver.store);
    if (what === 'token' && more.claims) more.token = makeToken(driver.user, more.claims);
    const asked = what === 'restart' ? driver.start(more.user) : driver.ask(what, more);
    const found = await asked.then(
      (ok) => ({ ok }),
      (error) => ({ error }),
    );
    if (fails !== undefined) {
      const fault = mismatch(found.error && { code: found.error.code, message: found.error.message }, fails);
      if (fault) throw new Error(fault);
    } else if (found.error) throw found.error;
    if (as) this.keys[as] = found.ok;
  }

  /** Waited for. */
  async expect(driver, what, is, more, save) {
    let fault = '';
    let found;
    await eventually(
      async () => {
        found = await driver.ask(what, more);
        fault = mismatch(found, is);
        return fault === undefined;
      },
      () => fault,
    );
    if (save) for (const [name, path] of Object.entries(save)) this.keys[name] = pick(found, path);
  }

  async server(what, { topic, scope, message, count = 1, is, save }) {
    if (what === 'publish') for (let i = 0; i < count; ++i) await this.stack.publish(topic, message);
    else if (what === 'expect') {
      const found = await this.stack.retained(topic, (each) => mismatch(each, is ?? {}) === undefined);
      for (const [name, path] of Object.entries(save ?? {})) this.keys[name] = pick(found, path);
    } else if (what === 'listen') await this.stack.listen(topic);
    else if (what === 'quiet') this.stack.quiet(topic);
    else if (what === 'status') await this.stack.publish('sync/status', this.stack.status);
    else if (what === 'backup') await this.stack.backup();
    else if (what === 'restore') await this.stack.restore();
    else if (what === 'rewind') await this.stack.rewind();
    else if (what === 'purge') await this.stack.purge(scope);
    else if (what === 'stop_bridge') await this.stack.stopBridge();
    else if (what === 'start_bridge') await this.stack.startBridge();
    else if (what === 'restart_broker') await this.stack.restartBroker();
    else throw new Error(`no such step of the server: ${what}`);
  }
}

const pick = (value, path) => path.split('/').slice(1).reduce((at, key) => at?.[key], value);

const folder = join(here, 'scenarios');
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json'))
  .map((name) => name.slice(0, -5))
  .filter((name) => wanted.length === 0 || wanted.includes(name))
  .sort();
const stack = new Stack({ build: options.build, schemas: join(here, 'schemas') });
let failed = 0;
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, () => void stack.stop().then(() => process.exit(1)));
try {
  Process.idle.push(new Process());
  await Process.idle[0].started();
  await stack.start();
  for (const [i, name] of names.entries()) {
    const began = Date.now();
    try {
      await new Scenario(join(folder, `${name}.json`), stack, i + 1).run();
      console.log(`ok      ${name} (${Date.now() - began} ms)`);
    } catch (error) {
      ++failed;
      console.log(`FAILED  ${name} (${Date.now() - began} ms)\n  ${error.message}\n${stack.logs()}`);
    }
  }
  console.log(failed === 0 ? `${names.length} scenarios hold` : `${failed} of ${names.length} scenarios failed`);
} finally {
  await Promise.all(Process.idle.map((each) => each.end()));
  await stack.stop();
}
process.exit(failed === 0 && names.length > 0 ? 0 : 1);
