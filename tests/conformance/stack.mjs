// Broker with plugin, and bridge, in a folder of their own, on ports that are free. Ends what it started. `demo`: with HTTP
// and the demo app; `plugin`: more lines for the broker.
import { spawn, execFile } from 'node:child_process';
import { createHmac } from 'node:crypto';
import { appendFileSync, copyFileSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import mqtt from 'mqtt';

const run = promisify(execFile);
const SECRET = '0123456789abcdef0123456789abcdef';

export async function eventually(condition, what, ms = 20_000) {
  const end = Date.now() + ms;
  for (;;) {
    const found = await condition();
    if (found) return found;
    if (Date.now() > end) throw new Error(`${typeof what === 'function' ? what() : what} (waited ${ms} ms)`);
    await new Promise((go) => setTimeout(go, 20));
  }
}

function freePort() {
  return new Promise((found, failed) => {
    const server = createServer().once('error', failed);
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address();
      server.close(() => found(port));
    });
  });
}

const base64url = (text) => Buffer.from(text).toString('base64url');

/** A token of this user, signed with the stack's secret. */
export function makeToken(user, claims = {}) {
  const body = { sub: user, exp: Math.floor(Date.now() / 1000) + 3600, ...claims };
  const signed = `${base64url('{"alg":"HS256","typ":"JWT"}')}.${base64url(JSON.stringify(body))}`;
  return `${signed}.${createHmac('sha256', SECRET).update(signed).digest('base64url')}`;
}

export class Stack {
  /** `origin`: of other pages that may connect by `websocketUrl`. It is there with `origin` or `demo`. */
  constructor({ build, schemas, origin, demo = false, plugin = [] }) {
    this.origin = origin;
    this.demo = demo;
    this.plugin = plugin;
    this.build = resolve(build);
    this.schemas = resolve(schemas);
    this.folder = mkdtempSync(join(tmpdir(), 'msync-conformance-'));
    this.store = `sqlite:${this.folder}/sync.db`;
    this.status = undefined;
    this.statuses = 0;
    this.seen = new Map();
  }

  get url() {
    return `mqtt://127.0.0.1:${this.port}`;
  }

  get websocketUrl() {
    return `ws://127.0.0.1:${this.httpPort}/mqtt`;
  }

  async start() {
    this.port = await freePort();
    if (this.origin || this.demo) this.httpPort = await freePort();
    writeFileSync(join(this.folder, 'secret'), `${SECRET}\n`, { mode: 0o600 });
    const lines = [
      'per_listener_settings false',
      `user ${userInfo().username}`,
      `listener ${this.port} 127.0.0.1`,
      'allow_anonymous false',
      'set_tcp_nodelay true',
      'max_queued_messages 100000',
      `plugin ${this.build}/mosquitto_sync.so`,
      `plugin_opt_schemas ${this.schemas}`,
      `plugin_opt_jwt_secret_file ${this.folder}/secret`,
      ...this.plugin,
    ];
    writeFileSync(join(this.folder, 'mosquitto.conf'), `${lines.join('\n')}\n`);
    this.startBroker();
    await this.connect();
    await this.startBridge();
  }

  launch(name, command, args) {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn(command, args, { stdio: ['ignore', log, log] });
    child.on('error', (error) => appendFileSync(join(this.folder, `${name}.log`), `${error.message}\n`));
    child.ended = new Promise((done) => child.on('close', done));
    return child;
  }

  startBroker() {
    this.broker = this.launch('broker', '/usr/sbin/mosquitto', ['-c', join(this.folder, 'mosquitto.conf')]);
  }

  /** The runner's own eyes and hands: whatever the bridge may say, it may say. */
  async connect() {
    const clientId = 'mosquitto-sync:conformance';
    const password = makeToken('mosquitto-sync', { roles: ['bridge'] });
    const options = { protocolVersion: 5, clientId, username: 'mosquitto-sync', password, reconnectPeriod: 100 };
    this.client = mqtt.connect(this.url, options);
    this.client.on('error', () => {});
    this.client.on('message', (topic, payload) => {
      let message;
      try {
        message = JSON.parse(payload.toString());
      } catch {
        message = payload; // empty, or CBOR
      }
      this.seen.set(topic, message);
      // The bridge's own, not what a scenario said in its name.
      if (topic !== 'sync/status' || message.protocol !== 1 || message.planted) return;
      this.status = message;
      ++this.statuses;
    });
    this.client.on('connect', () => this.client.subscribe('sync/status', { qos: 1 }));
    await eventually(() => this.client.connected, () => `the broker did not start:\n${this.logs()}`);
  }

  async startBridge() {
    const before = this.statuses;
    const args = ['bridge', '--broker', this.url, '--schemas', this.schemas, '--store', this.store];
    this.bridge = this.launch('bridge', join(this.build, 'mosquitto-sync'), [
      ...args,
      '--secret-file',
      join(this.folder, 'secret'),
      ...(this.httpPort ? ['--http', `127.0.0.1:${this.httpPort}`] : []),
      ...(this.origin ? ['--http-origins', this.origin] : []),
      ...(this.demo ? ['--demo'] : []),
    ]);
    const up = () => this.statuses > before && this.status?.state === 'online';
    await eventually(up, () => `the bridge did not come online:\n${this.logs()}`);
  }

  async stopBridge() {
    this.bridge.kill('SIGTERM');
    await this.bridge.ended;
    await eventually(() => this.status?.state === 'offline', 'the status did not turn to offline');
  }

  /** At once, as a crash: nobody is told but by the broker. */
  async killBridge() {
    this.bridge.kill('SIGKILL');
    await this.bridge.ended;
  }

  async restartBroker() {
    this.broker.kill('SIGKILL');
    await this.broker.ended;
    this.startBroker();
    const before = this.statuses;
    await eventually(() => this.statuses > before && this.status.state === 'online', 'the bridge did not return');
  }

  async command(...args) {
    return run(join(this.build, 'mosquitto-sync'), args);
  }

  async backup() {
    rmSync(join(this.folder, 'backup.db'), { force: true });
    await this.command('backup', '--store', this.store, join(this.folder, 'backup.db'));
  }

  /** As an operator does: the bridge ends, the backup takes the store's place, and another epoch begins. */
  async restore() {
    await this.stopBridge();
    await this.command('restore', '--store', this.store, join(this.folder, 'backup.db'));
    await this.startBridge();
  }

  /** By hand, over the store, as no operator should: the newest changes are gone, and the epoch is the same. */
  async rewind() {
    await this.stopBridge();
    for (const suffix of ['-wal', '-shm']) rmSync(join(this.folder, `sync.db${suffix}`), { force: true });
    copyFileSync(join(this.folder, 'backup.db'), join(this.folder, 'sync.db'));
    await this.startBridge();
  }

  /** Until the scope's deleted entities are forgotten: the bridge looks when it starts. */
  async purge(scope) {
    await eventually(async () => {
      await this.stopBridge();
      await this.startBridge();
      // It sweeps soon after it has started, and then not for a minute.
      return eventually(() => this.forgotten(scope), '', 1500).catch(() => false);
    }, () => `tombstones are still there:\n${this.logs()}`);
  }

  async forgotten(scope) {
    const { stdout } = await this.command('export', '--store', this.store, '--scope', scope, '--tombstones');
    return !stdout.includes('"deleted":true');
  }

  /** Hears a topic from now on. */
  async listen(topic) {
    this.seen.delete(topic);
    await this.client.subscribeAsync(topic, { qos: 1 });
  }

  /** Nothing was said on it since. */
  quiet(topic) {
    if (this.seen.has(topic)) throw new Error(`${topic} said ${JSON.stringify(this.seen.get(topic))}`);
  }

  /** The newest message on a topic of the bridge, once it is as wanted. */
  async retained(topic, fits) {
    await this.client.subscribeAsync(topic, { qos: 1 });
    return eventually(
      () => this.seen.has(topic) && fits(this.seen.get(topic)) && this.seen.get(topic),
      () => `${topic} says ${JSON.stringify(this.seen.get(topic))}`,
    );
  }

  publish(topic, message) {
    const payload = typeof message === 'string' ? message : JSON.stringify(message);
    return this.client.publishAsync(topic, payload, { qos: 1 });
  }

  logs() {
    const tail = (name) => {
      try {
        return readFileSync(join(this.folder, `${name}.log`), 'utf8').split('\n').slice(-30).join('\n');
      } catch {
        return '';
      }
    };
    return `-- broker\n${tail('broker')}\n-- bridge\n${tail('bridge')}`;
  }

  async stop() {
    this.client?.end(true);
    for (const child of [this.bridge, this.broker]) {
      if (!child || child.exitCode !== null) continue;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), 5000);
      await child.ended;
      clearTimeout(timer);
    }
    rmSync(this.folder, { recursive: true, force: true });
  }
}
