// The MQTT transport against a broker made of bytes: what it does with versions, refusals and acknowledgements.
import { createServer, type Server, type Socket } from 'node:net';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, it } from 'vitest';
import { mqttTransport } from '../src/transport/mqtt.js';
import type { Connection, ConnectionEvents } from '../src/transport/transport.js';
import { eventually } from './eventually.js';

const CONNECT = 0x10;
const PUBACK = 0x40;

let server: Server;
const sockets: Socket[] = [];
let connection: Connection | undefined;

/** `answer`: to each packet of a connection, by its first byte. */
async function broker(answer: (socket: Socket, packet: Buffer) => void): Promise<string> {
  server = createServer((socket) => {
    sockets.push(socket);
    socket.on('data', (packet) => answer(socket, packet));
    socket.on('error', () => {});
  });
  await new Promise<void>((up) => server.listen(0, '127.0.0.1', up));
  return `mqtt://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

afterEach(async () => {
  connection?.close(false);
  for (const socket of sockets.splice(0)) socket.destroy();
  await new Promise((down) => server.close(down));
});

// CONNECT: fixed header, two bytes of length at most, "MQTT", level.
const level = (packet: Buffer) => packet[packet.indexOf('MQTT') + 4];
const connack = (version: number | undefined, code: number) =>
  Buffer.from(version === 5 ? [0x20, 3, 0, code, 0] : [0x20, 2, 0, code]);

function listen(url: string, transport = mqttTransport()) {
  const heard: string[] = [];
  const events: ConnectionEvents = {
    connected: () => heard.push('connected'),
    closed: ({ refused }) => heard.push(refused ? 'refused' : 'closed'),
    message: () => {},
  };
  const options = { url, clientId: 'alice:a', username: 'alice', token: 'token' };
  connection = transport.open(options, events);
  return { heard, events, options };
}

it('asks for version 5, and for 3.1.1 where there is none', async () => {
  const levels: (number | undefined)[] = [];
  const url = await broker((socket, packet) => {
    if ((packet[0]! & 0xf0) !== CONNECT) return;
    levels.push(level(packet));
    socket.write(connack(4, level(packet) === 5 ? 1 : 0));
    if (level(packet) === 5) socket.end();
  });
  const transport = mqttTransport();
  const first = listen(url, transport);
  await eventually(() => first.heard.length > 0);
  expect(first.heard).toEqual(['closed']);
  const second = listen(url, transport);
  await eventually(() => second.heard.length > 0);
  expect(second.heard).toEqual(['connected']);
  expect(levels).toEqual([5, 4]);
});

it('tells a refusal from a loss', async () => {
  const url = await broker((socket, packet) => {
    if ((packet[0]! & 0xf0) === CONNECT) socket.end(connack(5, 0x87));
  });
  const { heard } = listen(url);
  await eventually(() => heard.length > 0);
  expect(heard).toEqual(['refused']);
});

it('acknowledges a message only when it is done with', async () => {
  let acks = 0;
  const url = await broker((socket, packet) => {
    const type = packet[0]! & 0xf0;
    if (type === PUBACK) ++acks;
    if (type !== CONNECT) return;
    socket.write(connack(5, 0));
    // PUBLISH, QoS 1, topic "t/log", packet 7, no properties, payload "x"
    socket.write(Buffer.from([0x32, 11, 0, 5, ...Buffer.from('t/log'), 0, 7, 0, 0x78]));
  });
  const { events } = listen(url);
  let finish: (() => void) | undefined;
  const said: string[] = [];
  events.message = (topic, payload, done) => {
    said.push(`${topic} ${Buffer.from(payload).toString()}`);
    finish = done;
  };
  await eventually(() => finish !== undefined);
  expect(said).toEqual(['t/log x']);
  await new Promise((go) => setTimeout(go, 50)); // it would have come by now
  expect(acks).toBe(0);
  finish!();
  await eventually(() => acks === 1);
});
