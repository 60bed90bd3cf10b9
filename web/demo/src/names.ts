/** Scopes, and ids that sort by time and name who made them. */
import type { Doc } from 'mosquitto-sync';

export interface Message {
  text: string;
  likes?: number;
  tags?: string[];
}

export interface Todo {
  title: string;
  done?: boolean;
  notes?: string;
  stars?: number;
  labels?: string[];
}

/** What is said of oneself in a room or a list. */
export interface Presence {
  typing: boolean;
}

export const roomScope = (room: string) => `chat/${room}/messages`;
export const listScope = (list: string) => `lists/${list}/todos`;

/** `42` is a room without a name. */
export const titleOf = (name: string) =>
  /^\d+$/.test(name) ? `Room ${name}` : name.charAt(0).toUpperCase() + name.slice(1).replace(/[-_]/g, ' ');

/** Milliseconds in base 36, nine digits until the year 5188, something random, and the user. */
export function newId(user: string): string {
  const chance = crypto.getRandomValues(new Uint32Array(1))[0]!.toString(36).padStart(7, '0');
  return `${Date.now().toString(36).padStart(9, '0')}${chance}~${user}`;
}

const OURS = /^([0-9a-z]{9})[0-9a-z]{7}~(.+)$/s;
/** Of documents that others made, with ids of their own: who and when, as first seen. */
const firstSeen = new Map<string, { by: string; at: number }>();

export function originOf(doc: Doc<unknown>): { by: string; at: number } {
  const [, time, by] = OURS.exec(doc.id) ?? [];
  if (time && by) return { by, at: parseInt(time, 36) };
  const known = firstSeen.get(doc.id) ?? { by: doc.by, at: doc.ts };
  firstSeen.set(doc.id, known);
  return known;
}

export function byTime(a: Doc<unknown>, b: Doc<unknown>): number {
  return originOf(a).at - originOf(b).at || (a.id < b.id ? -1 : 1);
}

export const userOf = (client: string) => client.slice(0, client.lastIndexOf(':'));
