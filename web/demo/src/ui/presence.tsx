/** Who else is in a room or a list, and who types. */
import { useEffect, useRef, useSyncExternalStore } from 'react';
import { useStatus } from 'mosquitto-sync/react';
import { userOf } from '../names';
import type { World } from '../world';
import { Avatar } from './icons';

/** A pause of that length ends typing. */
const TYPING_MS = 4_000;

/** While shown, this user is there; the answer is called at each keystroke, and with false when it is sent. */
export function usePresence(world: World, scope: string): (typing: boolean) => void {
  const state = useRef<{ typing: boolean; timer?: ReturnType<typeof setTimeout> }>({ typing: false });
  useEffect(() => {
    const live = world.live(scope);
    const say = (state: { typing: boolean } | undefined) => void live.set(state).catch(() => {});
    say({ typing: false });
    return () => {
      clearTimeout(state.current.timer);
      say(undefined);
    };
  }, [world, scope]);
  return (typing) => {
    const now = state.current;
    const tell = (is: boolean) => {
      if (is !== now.typing)
        void world
          .live(scope)
          .set({ typing: is })
          .catch(() => {});
      now.typing = is;
    };
    clearTimeout(now.timer);
    tell(typing);
    if (typing) now.timer = setTimeout(() => tell(false), TYPING_MS);
  };
}

/** Users, once each, without this one; true: types. Without a connection nobody is known to be there. */
export function usePeers(world: World, scope: string): ReadonlyMap<string, boolean> {
  const live = world.live(scope);
  const peers = useSyncExternalStore(live.subscribe, live.getSnapshot);
  const { state } = useStatus(world.sync);
  const users = new Map<string, boolean>();
  if (state !== 'idle' && state !== 'syncing') return users;
  for (const { client, state: said } of peers) {
    const user = userOf(client);
    if (user !== world.user) users.set(user, users.get(user) === true || said?.typing === true);
  }
  return users;
}

export function Peers({ users }: { users: ReadonlyMap<string, boolean> }) {
  const names = [...users.keys()];
  if (names.length === 0) return null;
  return (
    <p className="peers">
      <span className="hidden">Here now: {names.join(', ')}</span>
      {names.slice(0, 5).map((user) => (
        <span key={user} title={`${user} is here`}>
          <Avatar user={user} />
        </span>
      ))}
    </p>
  );
}

export function Typing({ users }: { users: ReadonlyMap<string, boolean> }) {
  const names = [...users].filter(([, types]) => types).map(([user]) => user);
  return (
    <p className="typing" aria-live="polite">
      {names.length > 0 && (
        <>
          <span className="dots" aria-hidden="true">
            <i />
            <i />
            <i />
          </span>
          {names.length === 1 ? `${names[0]} is typing` : `${names.slice(0, 2).join(' and ')} are typing`}
        </>
      )}
    </p>
  );
}
