/**
 * Who is here. A token comes in the address's fragment, which browsers send to nobody, or is pasted; it is taken out of
 * the address at once, kept for this tab only, and told to the user's other tabs.
 */
import { Store } from './store';

export interface Session {
  token: string;
  user: string;
  rooms: string[];
  lists: string[];
  /** ms */
  endsAt: number;
}

const KEPT = 'mosquitto-sync-demo token';

function textsOf(claim: unknown): string[] {
  const list = Array.isArray(claim) ? claim : [claim];
  return list.filter((one): one is string => typeof one === 'string');
}

/** What a token says of itself; whether it is true the broker finds out. Throws an Error that a person can read. */
export function readToken(text: string): Session {
  const token = text.trim().replace(/^.*#token=/s, '');
  const [, body] = token.split('.');
  let claims: { [name: string]: unknown };
  try {
    const bytes = Uint8Array.from(atob(body!.replace(/-/g, '+').replace(/_/g, '/')), (c) => c.charCodeAt(0));
    claims = JSON.parse(new TextDecoder().decode(bytes)) as typeof claims;
  } catch {
    throw new Error('This is no token. Copy all of it, or the whole address that ./dev run prints.');
  }
  const { sub: user, exp } = claims;
  if (typeof user !== 'string' || typeof exp !== 'number')
    throw new Error('This token names no user, or no end.');
  return { token, user, rooms: textsOf(claims.rooms), lists: textsOf(claims.lists), endsAt: exp * 1000 };
}

/** The session of this tab. `undefined`: nobody has signed in. */
export class Sessions {
  readonly current = new Store<Session | undefined>(undefined);
  /** An address was opened whose token is of no use; the one before stays. */
  onFault: (text: string) => void = () => {};
  #channel: BroadcastChannel | undefined;

  constructor() {
    const given = this.#takeFromAddress();
    const kept = sessionStorage.getItem(KEPT);
    try {
      if (given ?? kept) this.#become(readToken((given ?? kept)!));
    } catch {
      sessionStorage.removeItem(KEPT);
    }
    addEventListener('hashchange', () => {
      const later = this.#takeFromAddress();
      try {
        if (later) this.give(later);
      } catch (error) {
        this.onFault((error as Error).message);
      }
    });
  }

  /** A new token, of the same user or of another. Throws an Error that a person can read. */
  give(text: string): void {
    const session = readToken(text);
    if (session.endsAt <= Date.now()) throw new Error('This token has ended. Get a new one.');
    const before = this.current.get();
    if (before && before.user !== session.user) {
      sessionStorage.setItem(KEPT, session.token);
      location.reload();
      return;
    }
    this.#become(session);
    this.#channel?.postMessage(session.token);
  }

  /** In all tabs of this user. */
  forget(): void {
    this.#channel?.postMessage('');
    this.#leave();
  }

  #leave(): void {
    sessionStorage.removeItem(KEPT);
    location.reload();
  }

  #become(session: Session): void {
    sessionStorage.setItem(KEPT, session.token);
    if (!this.#channel) {
      this.#channel = new BroadcastChannel(`${KEPT} ${session.user}`);
      this.#channel.onmessage = ({ data }) =>
        data === '' ? this.#leave() : this.#become(readToken(String(data)));
    }
    this.current.set(session);
  }

  #takeFromAddress(): string | undefined {
    const found = /^#token=([\w.-]+)$/.exec(location.hash)?.[1];
    if (location.hash) history.replaceState(null, '', location.pathname);
    return found;
  }
}
