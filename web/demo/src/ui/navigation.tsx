/** The rooms, with what is unread in them, and the lists. */
import { useMemo, useSyncExternalStore } from 'react';
import { useDocs } from 'mosquitto-sync/react';
import { byTime, originOf, titleOf } from '../names';
import { SeenMessages } from '../seen';
import { Store, useStore } from '../store';
import type { World } from '../world';
import { Icon } from './icons';

export interface Place {
  /** What a phone shows; wider screens show both. */
  pane: 'chat' | 'list';
  room: string | undefined;
  list: string | undefined;
}

function countUnread(world: World, room: string): number {
  const seen = world.seen.get().get(room);
  const messages = SeenMessages.newest([...world.room(room).getSnapshot()].sort(byTime));
  return messages.filter((doc) => originOf(doc).by !== world.user && !seen?.has(doc.id)).length;
}

function useUnread(world: World, room: string): number {
  useDocs(world.room(room));
  useStore(world.seen);
  return countUnread(world, room);
}

/** Of all rooms. */
export function useUnreadTotal(world: World): number {
  const rooms = useStore(world.rooms);
  const total = useMemo(() => new Store(0), []);
  const subscribe = useMemo(
    () => (listener: () => void) => {
      const add = () => total.set(rooms.reduce((sum, room) => sum + countUnread(world, room), 0));
      const ends = [total.subscribe(listener), world.seen.subscribe(add)];
      for (const room of rooms) ends.push(world.room(room).subscribe(add));
      add();
      return () => ends.forEach((end) => end());
    },
    [world, rooms, total],
  );
  return useSyncExternalStore(subscribe, total.get);
}

function RoomEntry({
  world,
  room,
  current,
  go,
}: {
  world: World;
  room: string;
  current: boolean;
  go: () => void;
}) {
  const unread = useUnread(world, room);
  return (
    <li>
      <button type="button" className="place" aria-current={current ? 'page' : undefined} onClick={go}>
        <Icon name="hash" />
        <span className="name">{titleOf(room)}</span>
        {unread > 0 && (
          <span className="count">
            {unread > 99 ? '99+' : unread}
            <span className="hidden"> unread</span>
          </span>
        )}
      </button>
    </li>
  );
}

function ListEntry({
  world,
  list,
  current,
  go,
}: {
  world: World;
  list: string;
  current: boolean;
  go: () => void;
}) {
  const open = useDocs(world.list(list), (doc) => !doc.data.done);
  return (
    <li className="of-list">
      <button type="button" className="place" aria-current={current ? 'page' : undefined} onClick={go}>
        <Icon name="list" />
        <span className="name">{titleOf(list)}</span>
        <span className="open-count">
          {open.length}
          <span className="hidden"> open</span>
        </span>
      </button>
    </li>
  );
}

interface NavigationProps {
  world: World;
  place: Place;
  go: (place: Place) => void;
}

export function Navigation({ world, place, go }: NavigationProps) {
  const [rooms, lists] = [useStore(world.rooms), useStore(world.lists)];
  return (
    <nav aria-label="Rooms and lists">
      <h2>Rooms</h2>
      <ul>
        {rooms.map((room) => (
          <RoomEntry
            key={room}
            world={world}
            room={room}
            current={room === place.room && place.pane === 'chat'}
            go={() => go({ ...place, pane: 'chat', room })}
          />
        ))}
      </ul>
      {lists.length > 0 && <h2>Lists</h2>}
      <ul>
        {lists.map((list) => (
          <ListEntry
            key={list}
            world={world}
            list={list}
            current={list === place.list && place.pane === 'list'}
            go={() => go({ ...place, pane: 'list', list })}
          />
        ))}
      </ul>
    </nav>
  );
}
