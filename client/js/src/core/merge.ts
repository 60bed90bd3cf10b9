/**
 * What a patch makes of a document: JSON Merge Patch (RFC 7396), and the operators of docs/conflicts.md at the top
 * level. Pure; neither argument is changed. What is wrong (an operator on a value that it does not fit) leaves the
 * value as it was: the server says so later.
 */
import type { Json, JsonObject } from './protocol.js';

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

// `__proto__` is a member like any other.
export function setMember(target: JsonObject, key: string, value: Json): void {
  if (key === '__proto__') {
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  } else {
    target[key] = value;
  }
}

export function hasMember(target: object, key: string): boolean {
  return Object.prototype.hasOwnProperty.call(target, key);
}

export function mergePatch(target: Json | undefined, patch: Json): Json {
  if (!isObject(patch)) return patch;
  const result: JsonObject = {};
  if (isObject(target)) for (const [key, value] of Object.entries(target)) setMember(result, key, value);
  for (const [key, value] of Object.entries(patch)) {
    if (value === null) delete result[key];
    else setMember(result, key, mergePatch(hasMember(result, key) ? result[key] : undefined, value));
  }
  return result;
}

const OPERATORS = new Set(['$inc', '$add', '$remove', '$max', '$min']);

/** `{"$inc":1}` and the like. */
export function isOperator(value: Json | undefined): value is JsonObject {
  if (!isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length > 0 && keys.every((key) => OPERATORS.has(key));
}

export function equalJson(a: Json | undefined, b: Json | undefined): boolean {
  if (a === b) return true;
  if (Array.isArray(a) && Array.isArray(b)) {
    return a.length === b.length && a.every((item, i) => equalJson(item, b[i]));
  }
  if (!isObject(a) || !isObject(b)) return false;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => hasMember(b, key) && equalJson(a[key], b[key]))
  );
}

function without(list: Json[], gone: Json[]): Json[] {
  return list.filter((item) => !gone.some((other) => equalJson(item, other)));
}

function operate(old: Json | undefined, operator: JsonObject): Json | undefined {
  let value = old;
  if (typeof operator.$inc === 'number') {
    if (value !== undefined && typeof value !== 'number') return old;
    value = ((value as number | undefined) ?? 0) + operator.$inc;
  }
  if (Array.isArray(operator.$remove) || Array.isArray(operator.$add)) {
    if (value !== undefined && !Array.isArray(value)) return old;
    let list = without((value as Json[] | undefined) ?? [], (operator.$remove as Json[] | undefined) ?? []);
    for (const item of (operator.$add as Json[] | undefined) ?? []) {
      if (!list.some((other) => equalJson(item, other))) list = [...list, item];
    }
    value = list;
  }
  for (const key of ['$max', '$min'] as const) {
    const other = operator[key];
    if (typeof other !== 'number' && typeof other !== 'string') continue;
    if (value === undefined) value = other;
    else if (typeof value === typeof other && (key === '$max' ? other > value! : other < value!))
      value = other;
  }
  return value;
}

/** A patch with operators, on a document. */
export function applyPatch(document: JsonObject, patch: JsonObject): JsonObject {
  const plain: JsonObject = {};
  const operators: [string, JsonObject][] = [];
  for (const [key, value] of Object.entries(patch)) {
    if (isOperator(value)) operators.push([key, value]);
    else setMember(plain, key, value);
  }
  const result = mergePatch(document, plain) as JsonObject;
  for (const [key, operator] of operators) {
    const value = operate(hasMember(result, key) ? result[key] : undefined, operator);
    if (value !== undefined) setMember(result, key, value);
  }
  return result;
}
