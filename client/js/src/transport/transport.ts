/** How the library reaches a broker. `mqtt.ts` is the one that is used; tests have one in memory. */

export interface ConnectOptions {
  url: string;
  clientId: string;
  username: string;
  token: string;
  /** Published by the broker when the connection breaks. */
  will?: { topic: string; payload: string };
}

export interface ConnectionEvents {
  connected(): void;
  /**
   * Once, when it has ended or could not be made, except after `close`. `refused`: the broker did not take the token,
   * or the client id.
   */
  closed(reason: { refused: boolean; message: string }): void;
  /** `done` acknowledges it to the broker; without it the broker sends it again. One at a time. */
  message(topic: string, payload: Uint8Array, done: () => void): void;
}

export interface Connection {
  /** Lost with its connection. */
  publish(topic: string, payload: string, qos: 0 | 1): void;
  subscribe(filters: string[]): void;
  unsubscribe(filters: string[]): void;
  /** Says goodbye if `politely`; then the will is not published. Nothing comes of it any more. */
  close(politely: boolean): void;
}

export interface Transport {
  /** Returns at once; what becomes of it, `events` tell. */
  open(options: ConnectOptions, events: ConnectionEvents): Connection;
}
