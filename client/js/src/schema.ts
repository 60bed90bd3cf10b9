/**
 * A validator made of a collection's file: what of its JSON Schema (draft 7) is cheap to check on a device. Keywords that
 * it does not know are left to the server, which checks all of them; so it may let through what the server rejects, and
 * never refuses what the server takes.
 */
import { equalJson, hasMember, isObject } from './core/merge.js';
import type { Json, JsonObject } from './core/protocol.js';
import type { Validator } from './collection.js';

interface Fault {
  message: string;
  path: string;
}

type Schema = Json | undefined;

const escape = (key: string) => key.replace(/~/g, '~0').replace(/\//g, '~1');

function typeFits(type: string, value: Json): boolean {
  switch (type) {
    case 'integer':
      return Number.isInteger(value);
    case 'number':
    case 'string':
    case 'boolean':
      return typeof value === type;
    case 'array':
      return Array.isArray(value);
    case 'null':
      return value === null;
    default:
      return isObject(value);
  }
}

const numberOf = (schema: JsonObject, key: string) =>
  typeof schema[key] === 'number' ? (schema[key] as number) : undefined;

function bounds(schema: JsonObject, size: number, min: string, max: string): string | undefined {
  const [least, most] = [numberOf(schema, min), numberOf(schema, max)];
  if (least !== undefined && size < least) return `${min} is ${least}`;
  if (most !== undefined && size > most) return `${max} is ${most}`;
  return undefined;
}

function scalar(schema: JsonObject, value: Json): string | undefined {
  const types = typeof schema.type === 'string' ? [schema.type] : schema.type;
  if (Array.isArray(types) && !types.some((type) => typeFits(String(type), value)))
    return `type is ${types.join(', ')}`;
  if (Array.isArray(schema.enum) && !schema.enum.some((each) => equalJson(each, value))) return 'not in enum';
  if (hasMember(schema, 'const') && !equalJson(schema.const, value)) return 'not the const';
  if (typeof value === 'string') return bounds(schema, [...value].length, 'minLength', 'maxLength');
  if (typeof value === 'number') {
    const [above, below] = [numberOf(schema, 'exclusiveMinimum'), numberOf(schema, 'exclusiveMaximum')];
    if (above !== undefined && value <= above) return `exclusiveMinimum is ${above}`;
    if (below !== undefined && value >= below) return `exclusiveMaximum is ${below}`;
    return bounds(schema, value, 'minimum', 'maximum');
  }
  return undefined;
}

function check(schema: Schema, value: Json, path: string): Fault | undefined {
  if (schema === false) return { message: 'not allowed', path };
  // Beside a $ref draft 7 ignores every other keyword.
  if (!isObject(schema) || hasMember(schema, '$ref')) return undefined;
  const message = scalar(schema, value);
  if (message) return { message, path };
  if (Array.isArray(value)) return checkList(schema, value, path);
  return isObject(value) ? checkObject(schema, value, path) : undefined;
}

function checkList(schema: JsonObject, value: Json[], path: string): Fault | undefined {
  const message = bounds(schema, value.length, 'minItems', 'maxItems');
  if (message) return { message, path };
  if (!isObject(schema.items)) return undefined;
  for (const [i, item] of value.entries()) {
    const fault = check(schema.items, item, `${path}/${i}`);
    if (fault) return fault;
  }
  return undefined;
}

function checkObject(schema: JsonObject, value: JsonObject, path: string): Fault | undefined {
  const message = bounds(schema, Object.keys(value).length, 'minProperties', 'maxProperties');
  if (message) return { message, path };
  for (const key of Array.isArray(schema.required) ? schema.required : []) {
    if (!hasMember(value, String(key))) return { message: `${String(key)} is required`, path };
  }
  const properties = isObject(schema.properties) ? schema.properties : {};
  for (const [key, member] of Object.entries(value)) {
    const known = hasMember(properties, key);
    if (!known && schema.additionalProperties === false) return { message: `${key} is not allowed`, path };
    const fault = check(
      known ? properties[key] : schema.additionalProperties,
      member,
      `${path}/${escape(key)}`,
    );
    if (fault) return fault;
  }
  return undefined;
}

/** For `collection(scope, { validate: schemaValidator(schema) })`; `schema` as in the server's `schemas/NAME.json`. */
export function schemaValidator(schema: object): Validator {
  return (data) => check(schema as Json, data, '');
}
