/** A shared list: what is to be done first, then what is done. */
import { useState } from 'react';
import type { Doc } from 'mosquitto-sync';
import { useDocs } from 'mosquitto-sync/react';
import { byTime, listScope, newId, titleOf, type Todo } from '../names';
import type { World } from '../world';
import { Empty } from './empty';
import { Icon } from './icons';
import { Peers, usePeers, usePresence } from './presence';
import { TodoItem } from './todo_item';

function AddForm({ onAdd }: { onAdd: (title: string) => Promise<unknown> }) {
  const [title, setTitle] = useState('');
  return (
    <form
      className="adder"
      onSubmit={(event) => {
        event.preventDefault();
        if (title.trim() === '') return;
        setTitle('');
        onAdd(title.trim()).catch((error: unknown) => {
          setTitle((now) => now || title); // it is nowhere else
          throw error;
        });
      }}
    >
      <input
        aria-label="New to-do"
        placeholder="Add a to-do"
        value={title}
        autoComplete="off"
        onChange={(event) => setTitle(event.target.value)}
      />
      <button type="submit" className="round" aria-label="Add" disabled={title.trim() === ''}>
        <Icon name="plus" />
      </button>
    </form>
  );
}

export function TodoList({ world, list }: { world: World; list: string }) {
  const todos = world.list(list);
  const all = [...useDocs(todos)].sort(byTime);
  const peers = usePeers(world, listScope(list));
  usePresence(world, listScope(list));
  const [open, done] = [all.filter((doc) => !doc.data.done), all.filter((doc) => doc.data.done)];
  const items = (docs: readonly Doc<Todo>[]) =>
    docs.map((doc) => <TodoItem key={doc.id} todos={todos} doc={doc} />);
  return (
    <section className="pane list" aria-labelledby="list-title">
      <div className="pane-head">
        <h2 id="list-title">{titleOf(list)}</h2>
        <p className="quiet">
          {done.length} of {all.length} done
        </p>
        <Peers users={peers} />
      </div>
      <AddForm onAdd={(title) => todos.put(newId(world.user), { title })} />
      <div className="scroller" tabIndex={0} role="group" aria-label="To-dos">
        {all.length === 0 && <Empty of={todos}>Nothing to do. Add something for all of you.</Empty>}
        <ul className="todos" aria-label="To do">
          {items(open)}
        </ul>
        {done.length > 0 && (
          <>
            <h3>Done</h3>
            <ul className="todos" aria-label="Done">
              {items(done)}
            </ul>
          </>
        )}
      </div>
    </section>
  );
}
