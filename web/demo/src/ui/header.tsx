/** The product, how the connection is, the offline switch, and who is here. */
import { useEffect, useRef, useState } from 'react';
import type { Status } from 'mosquitto-sync';
import { useStatus } from 'mosquitto-sync/react';
import { useStore } from '../store';
import type { World } from '../world';
import { Avatar, Icon, Mark } from './icons';

const count = (n: number) => `${n} ${n === 1 ? 'change' : 'changes'}`;

/** One word for the colour, and what is to be read. */
function describe({ state, pending, lastError }: Status, plugged: boolean): [string, string] {
  const waiting = pending > 0 ? ` · ${count(pending)} waiting` : '';
  if (!plugged) return ['offline', `Offline${waiting}`];
  if (state === 'idle' && pending === 0) return ['idle', 'Everything is synced'];
  if (state === 'idle' || state === 'syncing')
    return ['syncing', pending > 0 ? `Sending ${count(pending)}` : 'Syncing'];
  if (state === 'error') {
    const token = lastError?.code === 'token' || lastError?.code === 'token_refused';
    return ['error', `${token ? 'Signed out' : (lastError?.message ?? 'Something is wrong')}${waiting}`];
  }
  return ['offline', `${state === 'connecting' ? 'Connecting' : 'Looking for the server'}${waiting}`];
}

function SyncStatus({ world }: { world: World }) {
  const status = useStatus(world.sync);
  const [kind, text] = describe(status, useStore(world.line));
  return (
    <p className={`sync ${kind}`} role="status" data-state={status.state} data-pending={status.pending}>
      <span className="dot" aria-hidden="true" />
      <span>{text}</span>
    </p>
  );
}

function OfflineSwitch({ world }: { world: World }) {
  const on = useStore(world.line);
  return (
    <button
      type="button"
      role="switch"
      aria-checked={on}
      aria-label="Online"
      title={on ? 'Take this app off the network' : 'Put this app back on the network'}
      className="switch"
      onClick={() => world.line.set(!on)}
    >
      <span className="track" aria-hidden="true" />
      <span className="word" aria-hidden="true">
        {on ? 'Online' : 'Offline'}
      </span>
    </button>
  );
}

function UserMenu({ world }: { world: World }) {
  const [isOpen, setOpen] = useState(false);
  const [unsent, setUnsent] = useState(false);
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (!isOpen) return;
    const close = (event: Event) => {
      if (
        event instanceof KeyboardEvent ? event.key === 'Escape' : !box.current?.contains(event.target as Node)
      )
        setOpen(false);
    };
    addEventListener('pointerdown', close);
    addEventListener('keydown', close);
    return () => {
      removeEventListener('pointerdown', close);
      removeEventListener('keydown', close);
    };
  }, [isOpen]);
  return (
    <div className="user" ref={box}>
      <button
        type="button"
        className="ghost"
        aria-expanded={isOpen}
        aria-label={`Signed in as ${world.user}`}
        onClick={() => {
          setUnsent(false);
          setOpen(!isOpen);
        }}
      >
        <Avatar user={world.user} />
      </button>
      {isOpen && (
        <div className="menu card">
          <p>
            Signed in as <strong>{world.user}</strong>
          </p>
          {unsent && <p className="fault">Some of what you wrote is not sent yet, and would be lost.</p>}
          <button
            type="button"
            className={unsent ? 'button danger' : 'button'}
            onClick={() => void world.signOut(unsent).catch(() => setUnsent(true))}
          >
            <Icon name="door" />
            {unsent ? 'Sign out all the same' : 'Sign out'}
          </button>
          <p className="quiet">Signing out removes everything from this browser.</p>
        </div>
      )}
    </div>
  );
}

export function Header({ world }: { world: World }) {
  return (
    <header>
      <h1>
        <Mark />
        <span>mosquitto-sync</span>
      </h1>
      <SyncStatus world={world} />
      <OfflineSwitch world={world} />
      <UserMenu world={world} />
    </header>
  );
}
