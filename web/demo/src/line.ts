/** The switch that takes the app off the network, in all tabs of a user: the library's transport with a plug. */
import { mqttTransport, type Connection, type Transport } from 'mosquitto-sync';
import { Store } from './store';

/** True: plugged in. Kept over reloads. */
export class Line extends Store<boolean> {
  constructor(private readonly key: string) {
    super(localStorage.getItem(key) === null);
    addEventListener('storage', (event) => {
      if (event.key === key) super.set(event.newValue === null);
    });
  }

  override set(on: boolean): void {
    if (on) localStorage.removeItem(this.key);
    else localStorage.setItem(this.key, 'off');
    super.set(on);
  }
}

export function pluggable(line: Line): Transport {
  // The page's policy allows no workers made of text, which MQTT.js would keep time with.
  const inner = mqttTransport({ timerVariant: 'native' });
  const cuts = new Set<() => void>();
  line.subscribe(() => {
    if (line.get()) dispatchEvent(new Event('online'));
    else for (const cut of [...cuts]) cut();
  });
  return {
    open(options, events): Connection {
      if (!line.get()) throw new Error('the app is switched offline');
      const cut = () => {
        cuts.delete(cut);
        connection.close(false);
        events.closed({ refused: false, message: 'the app was switched offline' });
      };
      const connection = inner.open(options, {
        ...events,
        closed: (why) => {
          if (cuts.delete(cut)) events.closed(why);
        },
      });
      cuts.add(cut);
      const close = connection.close.bind(connection);
      connection.close = (politely) => {
        cuts.delete(cut);
        close(politely);
      };
      return connection;
    },
  };
}
