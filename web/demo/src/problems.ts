/** What did not come to what was meant, in words. */
import type { Json, Operation, ProblemRecord } from 'mosquitto-sync';
import { titleOf } from './names';

/** A field and its value. */
export interface Line {
  label: string;
  value: string;
}

const LABELS: { [field: string]: string } = {
  text: 'Message',
  title: 'Title',
  done: 'State',
  notes: 'Notes',
  stars: 'Stars',
  likes: 'Likes',
  labels: 'Labels',
};

function say(field: string, value: Json | undefined): string {
  if (value === undefined || value === null) return 'nothing';
  if (field === 'done') return value ? 'done' : 'open';
  if (Array.isArray(value)) return value.join(', ') || 'none';
  if (typeof value !== 'object') return String(value);
  const parts = Object.entries(value).map(([operator, amount]) => {
    if (operator === '$inc') return `${Number(amount) < 0 ? '' : '+'}${String(amount)}`;
    const list = Array.isArray(amount) ? amount.join(', ') : String(amount);
    return operator === '$remove' ? `without ${list}` : `with ${list}`;
  });
  return parts.join(', ');
}

const fieldsOf = (op: Operation) => Object.keys(op.data ?? {});

export function describeMeant({ meant }: ProblemRecord): Line[] {
  return meant.flatMap((op) => {
    if (op.op === 'delete') return [{ label: '', value: 'deleted' }];
    return fieldsOf(op).map((field) => ({
      label: LABELS[field] ?? field,
      value: say(field, op.data![field]),
    }));
  });
}

/** The same fields as they are now; all of them, where this user has deleted. */
export function describeStands({ meant, stands }: ProblemRecord): Line[] {
  return meant.flatMap((op) => {
    const doc = stands.find(({ id }) => id === op.id);
    if (!doc) return [{ label: '', value: 'deleted' }];
    const fields = op.op === 'delete' ? Object.keys(doc.data) : fieldsOf(op);
    return fields.map((field) => ({ label: LABELS[field] ?? field, value: say(field, doc.data[field]) }));
  });
}

/** Of the document, short. */
export function nameOf({ meant, stands }: ProblemRecord): string {
  const data = stands[0]?.data ?? meant.find((op) => op.data)?.data ?? {};
  const name = String(data.title ?? data.text ?? 'something');
  return name.length > 48 ? `${name.slice(0, 47)}…` : name;
}

/** Somebody has deleted it, and only a whole document could bring it back. */
export function isDeleted({ meant, stands }: ProblemRecord): boolean {
  return stands.length === 0 && !meant.some((op) => op.op === 'put');
}

export function theirName({ stands }: ProblemRecord): string {
  return stands[0]?.by || 'somebody';
}

export function placeOf({ scope }: ProblemRecord): string {
  return titleOf(scope.split('/')[1] ?? scope);
}
