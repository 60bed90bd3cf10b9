/** One room: its messages by time, who is there, and a box to write in. */
import { Fragment, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'react';
import type { Doc } from 'mosquitto-sync';
import { useDocs } from 'mosquitto-sync/react';
import { byTime, newId, originOf, roomScope, titleOf, type Message } from '../names';
import type { World } from '../world';
import { Empty } from './empty';
import { Avatar, Icon } from './icons';
import { Peers, Typing, usePeers, usePresence } from './presence';

/** Messages of one author so close together stand under one name. */
const TOGETHER_MS = 5 * 60_000;
/** How many are drawn. */
const SHOWN = 200;

const time = new Intl.DateTimeFormat(undefined, { hour: 'numeric', minute: '2-digit' });
const day = new Intl.DateTimeFormat(undefined, { weekday: 'long', day: 'numeric', month: 'long' });

function dayOf(at: number): string {
  return day.format(at) === day.format(Date.now()) ? 'Today' : day.format(at);
}

interface BubbleProps {
  world: World;
  room: string;
  doc: Doc<Message>;
  /** Its author is named above it. */
  follows: boolean;
}

function Bubble({ world, room, doc, follows }: BubbleProps) {
  const { by, at } = originOf(doc);
  const mine = by === world.user;
  const likes = doc.data.likes ?? 0;
  const messages = world.room(room);
  return (
    <li className={`message${mine ? ' mine' : ''}${follows ? ' follows' : ''}`} data-pending={doc.pending}>
      {!mine && <Avatar user={by} />}
      <div className="bubble">
        {!follows && !mine && <p className="author">{by}</p>}
        <p className="text">{doc.data.text}</p>
        <p className="meta">
          <time dateTime={new Date(at).toISOString()}>{time.format(at)}</time>
          {doc.pending ? (
            <span className="mark-pending" title="Not sent yet">
              <Icon name="clock" />
              <span className="hidden">not sent yet</span>
            </span>
          ) : (
            mine && (
              <span className="mark-done" title="Stored by the server">
                <Icon name="check" />
                <span className="hidden">sent</span>
              </span>
            )
          )}
        </p>
      </div>
      <div className="acts">
        <button
          type="button"
          className={likes > 0 ? 'act liked' : 'act'}
          aria-label={`Like “${doc.data.text.slice(0, 40)}”, ${likes} so far`}
          onClick={() => void messages.increment(doc.id, 'likes')}
        >
          <Icon name="heart" filled={likes > 0} />
          {likes > 0 && <span aria-hidden="true">{likes}</span>}
        </button>
        {mine && (
          <button
            type="button"
            className="act quietly"
            aria-label={`Delete “${doc.data.text.slice(0, 40)}”`}
            onClick={() => void messages.delete(doc.id)}
          >
            <Icon name="bin" />
          </button>
        )}
      </div>
    </li>
  );
}

function Messages({ world, room, docs }: { world: World; room: string; docs: readonly Doc<Message>[] }) {
  return (
    <ol className="messages" aria-label={`Messages in ${titleOf(room)}`}>
      {docs.map((doc, i) => {
        const [here, before] = [originOf(doc), i > 0 ? originOf(docs[i - 1]!) : undefined];
        const newDay = !before || dayOf(before.at) !== dayOf(here.at);
        const follows = !newDay && before.by === here.by && here.at - before.at < TOGETHER_MS;
        return (
          <Fragment key={doc.id}>
            {newDay && <li className="day">{dayOf(here.at)}</li>}
            <Bubble world={world} room={room} doc={doc} follows={follows} />
          </Fragment>
        );
      })}
    </ol>
  );
}

function Composer({
  room,
  onType,
  onSend,
}: {
  room: string;
  onType: (typing: boolean) => void;
  onSend: (text: string) => Promise<unknown>;
}) {
  const [text, setText] = useState('');
  const box = useRef<HTMLTextAreaElement>(null);
  useLayoutEffect(() => {
    const area = box.current!;
    area.style.height = 'auto';
    area.style.height = `${Math.min(area.scrollHeight, 140)}px`;
  }, [text]);
  const send = () => {
    if (text.trim() === '') return;
    onType(false);
    setText('');
    onSend(text.trim()).catch((error: unknown) => {
      setText((now) => now || text); // it is nowhere else
      throw error;
    });
  };
  return (
    <form
      className="composer"
      onSubmit={(event) => {
        event.preventDefault();
        send();
      }}
    >
      <textarea
        ref={box}
        rows={1}
        aria-label={`Write to ${titleOf(room)}`}
        placeholder={`Write to ${titleOf(room)}`}
        value={text}
        onChange={(event) => {
          setText(event.target.value);
          onType(event.target.value !== '');
        }}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || event.shiftKey || event.nativeEvent.isComposing) return;
          event.preventDefault();
          send();
        }}
      />
      <button type="submit" className="round" aria-label="Send" disabled={text.trim() === ''}>
        <Icon name="send" />
      </button>
    </form>
  );
}

/** What is in sight counts as seen. */
function useSeen(world: World, room: string, docs: readonly Doc<Message>[]): void {
  useEffect(() => {
    const look = () => {
      const area = document.querySelector('.pane.chat');
      const inSight = document.visibilityState === 'visible' && area?.checkVisibility?.() !== false;
      if (inSight)
        world.seen.saw(
          room,
          docs.map((doc) => doc.id),
        );
    };
    look();
    document.addEventListener('visibilitychange', look);
    addEventListener('resize', look);
    return () => {
      document.removeEventListener('visibilitychange', look);
      removeEventListener('resize', look);
    };
  });
}

export function Chat({ world, room }: { world: World; room: string }) {
  const all = useDocs(world.room(room));
  const docs = useMemo(() => [...all].sort(byTime).slice(-SHOWN), [all]);
  const peers = usePeers(world, roomScope(room));
  const type = usePresence(world, roomScope(room));
  const scroller = useRef<HTMLDivElement>(null);
  const atEnd = useRef(true);
  useSeen(world, room, docs);
  useLayoutEffect(() => {
    const area = scroller.current!;
    if (atEnd.current) area.scrollTop = area.scrollHeight;
  });
  const send = (text: string) => {
    atEnd.current = true;
    return world.room(room).put(newId(world.user), { text });
  };
  return (
    <section className="pane chat" aria-labelledby="chat-title">
      <div className="pane-head">
        <h2 id="chat-title">{titleOf(room)}</h2>
        <Peers users={peers} />
      </div>
      <div
        className="scroller"
        ref={scroller}
        tabIndex={0}
        role="log"
        aria-label="Conversation"
        onScroll={({ currentTarget: area }) => {
          atEnd.current = area.scrollHeight - area.scrollTop - area.clientHeight < 40;
        }}
      >
        {docs.length === 0 && <Empty of={world.room(room)}>Nothing here yet. Say hello.</Empty>}
        <Messages world={world} room={room} docs={docs} />
      </div>
      <Typing users={peers} />
      <Composer room={room} onType={type} onSend={send} />
    </section>
  );
}
