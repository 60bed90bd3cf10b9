/** The frame: who and how at the top, rooms beside, chat and list in the middle, what needs a decision above them. */
import { useEffect, useState } from 'react';
import type { Sessions } from '../session';
import { useStore } from '../store';
import type { World } from '../world';
import { Attention } from './attention';
import { Chat } from './chat';
import { Header } from './header';
import { Icon } from './icons';
import { Navigation, useUnreadTotal, type Place } from './navigation';
import { RenewDialog } from './sign_in';
import { TodoList } from './todo_list';

const WELCOMES = {
  'ends soon': 'Your sign-in ends in less than a minute.',
  ended: 'Your sign-in has ended. You can go on writing; it is sent when you have signed in again.',
  refused:
    'The server has refused your sign-in. You can go on writing; it is sent when you have signed in again.',
} as const;

function WelcomeBar({ world, sessions }: { world: World; sessions: Sessions }) {
  const welcome = useStore(world.welcome);
  const [asking, setAsking] = useState(false);
  return (
    <>
      {welcome !== 'good' && (
        <div className="bar" role="alert">
          <Icon name="lock" />
          <p>{WELCOMES[welcome]}</p>
          <button type="button" className="button" onClick={() => setAsking(true)}>
            Sign in again
          </button>
        </div>
      )}
      {asking && <RenewDialog sessions={sessions} onClose={() => setAsking(false)} />}
    </>
  );
}

function Notes({ world }: { world: World }) {
  const notes = useStore(world.notes);
  return (
    <div className="notes" role="status">
      {notes.map(({ id, text }) => (
        <p key={id}>{text}</p>
      ))}
    </div>
  );
}

/** Where the user is, or the nearest that is still there. */
function present(place: Place, rooms: readonly string[], lists: readonly string[]): Place {
  return {
    pane: place.pane,
    room: rooms.includes(place.room ?? '') ? place.room : rooms[0],
    list: lists.includes(place.list ?? '') ? place.list : lists[0],
  };
}

export function App({ world, sessions }: { world: World; sessions: Sessions }) {
  const [chosen, go] = useState<Place>({ pane: 'chat', room: undefined, list: undefined });
  const place = present(chosen, useStore(world.rooms), useStore(world.lists));
  const unread = useUnreadTotal(world);
  useEffect(() => {
    document.title = `${unread > 0 ? `(${unread}) ` : ''}mosquitto-sync demo`;
  }, [unread]);
  return (
    <div className="app" data-pane={place.pane}>
      <Header world={world} />
      <Navigation world={world} place={place} go={go} />
      <main>
        <WelcomeBar world={world} sessions={sessions} />
        <Attention world={world} />
        <div className="panes">
          {place.room !== undefined ? (
            <Chat key={place.room} world={world} room={place.room} />
          ) : (
            <section className="pane chat empty">
              <p>You are in no room.</p>
            </section>
          )}
          {place.list !== undefined && <TodoList key={place.list} world={world} list={place.list} />}
        </div>
      </main>
      <Notes world={world} />
    </div>
  );
}
