/** Taking a token by hand: at first, and when the last one has ended. */
import { useEffect, useId, useRef, useState } from 'react';
import type { Sessions } from '../session';
import { Icon, Mark } from './icons';

function TokenForm({ sessions, onTaken }: { sessions: Sessions; onTaken?: () => void }) {
  const [text, setText] = useState('');
  const [fault, setFault] = useState('');
  const id = useId();
  const take = () => {
    try {
      sessions.give(text);
      onTaken?.();
    } catch (error) {
      setFault((error as Error).message);
    }
  };
  return (
    <form
      className="token-form"
      onSubmit={(event) => {
        event.preventDefault();
        take();
      }}
    >
      <label htmlFor={id}>Token, or the whole address</label>
      <textarea
        id={id}
        rows={4}
        required
        autoComplete="off"
        autoCapitalize="off"
        spellCheck={false}
        value={text}
        aria-invalid={fault !== ''}
        aria-describedby={`${id}-fault`}
        onChange={(event) => setText(event.target.value)}
      />
      <p id={`${id}-fault`} className="fault" role="alert">
        {fault}
      </p>
      <button type="submit" className="button primary">
        Sign in
      </button>
    </form>
  );
}

export function SignIn({ sessions }: { sessions: Sessions }) {
  return (
    <main className="sign-in">
      <div className="card">
        <Mark />
        <h1>Works offline. Ends the same everywhere.</h1>
        <p>
          A chat and a shared to-do list on mosquitto-sync. <code>./dev run</code> prints an address for Alice
          and one for Bob: open each in a window of its own, and switch one of them offline.
        </p>
        <TokenForm sessions={sessions} />
        <p className="quiet">
          The token stays in this tab. It is kept out of the address and out of every log.
        </p>
      </div>
    </main>
  );
}

/** Over the app, which goes on meanwhile. */
export function RenewDialog({ sessions, onClose }: { sessions: Sessions; onClose: () => void }) {
  const dialog = useRef<HTMLDialogElement>(null);
  useEffect(() => dialog.current?.showModal(), []);
  return (
    <dialog ref={dialog} className="card" aria-labelledby="renew-title" onClose={onClose}>
      <button
        type="button"
        className="ghost corner"
        aria-label="Close"
        onClick={() => dialog.current?.close()}
      >
        <Icon name="cross" />
      </button>
      <h2 id="renew-title">Sign in again</h2>
      <p>
        Your token has ended, or is about to. Nothing is lost: what you write waits on this device. Start{' '}
        <code>./dev run</code> anew for a new address.
      </p>
      <TokenForm sessions={sessions} onTaken={() => dialog.current?.close()} />
    </dialog>
  );
}
