/**
 * MQTT.js: version 5, or 3.1.1 where the broker knows no better. A message is acknowledged only when the library is done
 * with it: MQTT.js acknowledges when `handleMessage` calls back, not when a listener returns.
 */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import type { Connection, ConnectionEvents, ConnectOptions, Transport } from './transport.js';

/** How long the broker keeps what it has for a client that is away, s. What is older, a pull brings. */
const SESSION_S = 3600;
const CONNECT_TIMEOUT_MS = 15_000;
const KEEP_ALIVE_S = 30;

interface Refusal {
  code?: number;
  message: string;
}

// CONNACK: 3.1.1 has 1 to 5, version 5 has 0x80 and above.
const NO_SUCH_VERSION = [1, 0x84];
const REFUSED = [2, 4, 5, 0x85, 0x86, 0x87, 0x8c];

class MqttConnection implements Connection {
  private ended = false;

  constructor(
    private readonly client: MqttClient,
    events: ConnectionEvents,
    onVersion: () => void,
  ) {
    let refusal: Refusal | undefined;
    client.handleMessage = (packet, callback) => {
      if (this.ended) return; // not acknowledged
      const payload = packet.payload as Uint8Array;
      events.message(packet.topic.toString(), payload, () => callback());
    };
    client.on('connect', () => events.connected());
    client.on('error', (error) => {
      refusal ??= error as Refusal;
      if (NO_SUCH_VERSION.includes(refusal.code ?? 0)) onVersion();
    });
    client.on('disconnect', (packet) => {
      refusal ??= { message: `the broker ended the connection, reason ${packet.reasonCode}` };
    });
    client.on('close', () => {
      if (this.ended) return;
      this.ended = true;
      client.end(true);
      const refused = REFUSED.includes(refusal?.code ?? 0);
      events.closed({ refused, message: refusal?.message ?? 'the connection was lost' });
    });
  }

  publish(topic: string, payload: string, qos: 0 | 1): void {
    if (!this.ended) this.client.publish(topic, payload, { qos }, () => {});
  }

  subscribe(filters: string[]): void {
    if (!this.ended && filters.length > 0) this.client.subscribe(filters, { qos: 1 }, () => {});
  }

  unsubscribe(filters: string[]): void {
    if (!this.ended && filters.length > 0) this.client.unsubscribe(filters, () => {});
  }

  close(politely: boolean): void {
    if (this.ended) return;
    this.ended = true;
    if (politely) this.client.end(false);
    else this.client.stream?.destroy?.();
    this.client.end(!politely);
  }
}

/** `options`: more for MQTT.js, such as headers or a certificate; `protocolVersion: 4` to begin with 3.1.1. */
export function mqttTransport(options: IClientOptions = {}): Transport {
  let protocolVersion: 4 | 5 = options.protocolVersion === 4 ? 4 : 5;
  return {
    open({ url, clientId, username, token, will }: ConnectOptions, events: ConnectionEvents): Connection {
      const more: IClientOptions = will
        ? { will: { topic: will.topic, payload: will.payload as never, qos: 0, retain: false } }
        : {};
      if (protocolVersion === 5) more.properties = { sessionExpiryInterval: SESSION_S };
      const client = mqtt.connect(url, {
        keepalive: KEEP_ALIVE_S,
        connectTimeout: CONNECT_TIMEOUT_MS,
        ...options,
        ...more,
        protocolVersion,
        clientId,
        username,
        password: token,
        clean: false,
        reconnectPeriod: 0, // a new token for every connection: the library connects again
        resubscribe: false,
        queueQoSZero: false,
      });
      return new MqttConnection(client, events, () => (protocolVersion = 4));
    },
  };
}
