/** One to-do. Each field is written by itself, so that two people may change different ones at once. */
import { useLayoutEffect, useRef, useState } from 'react';
import type { Collection, Doc } from 'mosquitto-sync';
import type { Todo } from '../names';
import { Icon } from './icons';

interface ItemProps {
  todos: Collection<Todo>;
  doc: Doc<Todo>;
}

function Labels({ todos, doc, editing }: ItemProps & { editing: boolean }) {
  const [text, setText] = useState('');
  const labels = doc.data.labels ?? [];
  const add = () => {
    const label = text.trim().toLowerCase();
    if (label !== '' && !labels.includes(label)) void todos.addToSet(doc.id, 'labels', label);
    setText('');
  };
  if (labels.length === 0 && !editing) return null;
  return (
    <div className="labels">
      {labels.map((label) =>
        editing ? (
          <button
            key={label}
            type="button"
            className="label"
            aria-label={`Remove the label ${label}`}
            onClick={() => void todos.removeFromSet(doc.id, 'labels', label)}
          >
            {label}
            <Icon name="cross" />
          </button>
        ) : (
          <span key={label} className="label">
            {label}
          </span>
        ),
      )}
      {editing && (
        <input
          className="label-input"
          aria-label={`New label for ${doc.data.title}`}
          placeholder="Add a label"
          value={text}
          autoComplete="off"
          onChange={(event) => setText(event.target.value)}
          onBlur={add}
          onKeyDown={(event) => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            add();
          }}
        />
      )}
    </div>
  );
}

function Editor({ todos, doc, onClose }: ItemProps & { onClose: () => void }) {
  const [title, setTitle] = useState(doc.data.title);
  const [notes, setNotes] = useState(doc.data.notes ?? '');
  const input = useRef<HTMLInputElement>(null);
  // At once: who types goes on typing.
  useLayoutEffect(() => input.current?.select(), []);
  const save = () => {
    const patch: { title?: string; notes?: string | null } = {};
    if (title.trim() !== '' && title.trim() !== doc.data.title) patch.title = title.trim();
    if (notes.trim() !== (doc.data.notes ?? '')) patch.notes = notes.trim() || null;
    if (Object.keys(patch).length > 0) void todos.patch(doc.id, patch);
    onClose();
  };
  return (
    <form
      className="editor"
      onSubmit={(event) => {
        event.preventDefault();
        save();
      }}
      onKeyDown={(event) => {
        if (event.key === 'Escape') onClose();
      }}
    >
      <input
        ref={input}
        aria-label="Title"
        value={title}
        onChange={(event) => setTitle(event.target.value)}
      />
      <textarea
        aria-label="Notes"
        placeholder="Notes"
        rows={2}
        value={notes}
        onChange={(event) => setNotes(event.target.value)}
      />
      <Labels todos={todos} doc={doc} editing />
      <div className="row">
        <button type="submit" className="button primary">
          Save
        </button>
        <button type="button" className="button" onClick={onClose}>
          Cancel
        </button>
        <button
          type="button"
          className="button danger last"
          onClick={() => {
            onClose();
            void todos.delete(doc.id);
          }}
        >
          <Icon name="bin" />
          Delete
        </button>
      </div>
    </form>
  );
}

export function TodoItem({ todos, doc }: ItemProps) {
  const [editing, setEditing] = useState(false);
  const opener = useRef<HTMLButtonElement>(null);
  const { title, done = false, stars = 0, notes } = doc.data;
  const wasEditing = useRef(false);
  useLayoutEffect(() => {
    if (wasEditing.current && !editing) opener.current?.focus();
    wasEditing.current = editing;
  }, [editing]);
  const close = () => setEditing(false);
  if (editing) {
    return (
      <li className="todo open">
        <Editor todos={todos} doc={doc} onClose={close} />
      </li>
    );
  }
  return (
    <li className={done ? 'todo done' : 'todo'} data-pending={doc.pending}>
      <input
        type="checkbox"
        aria-label={title}
        checked={done}
        onChange={(event) => void todos.patch(doc.id, { done: event.target.checked })}
      />
      <div className="body">
        <button
          ref={opener}
          type="button"
          className="title"
          aria-label={`Edit ${title}`}
          onClick={() => setEditing(true)}
        >
          {title}
        </button>
        {notes && <p className="quiet notes-text">{notes}</p>}
        <Labels todos={todos} doc={doc} editing={false} />
      </div>
      {doc.pending && (
        <span className="mark-pending" title="Not sent yet">
          <Icon name="clock" />
          <span className="hidden">not sent yet</span>
        </span>
      )}
      <button
        type="button"
        className={stars > 0 ? 'act starred' : 'act'}
        aria-label={`Star ${title}, ${stars} so far`}
        onClick={() => void todos.increment(doc.id, 'stars')}
      >
        <Icon name="star" filled={stars > 0} />
        {stars > 0 && <span aria-hidden="true">{stars}</span>}
      </button>
    </li>
  );
}
