// Does a value fit what a scenario expects? Objects by the members that are named, everything else wholly.
//   null: absent. {"$above": n}, {"$length": n}, {"$has": [patterns]} (a list with an item for each), {"$only": {…}}
//   (an object without other members).

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** undefined: it fits; else where it does not. */
export function mismatch(value, pattern, path = '') {
  const differs = () => `${path || '/'}: ${JSON.stringify(value)} instead of ${JSON.stringify(pattern)}`;
  if (pattern === null) return value === undefined || value === null ? undefined : differs();
  if (Array.isArray(pattern)) {
    if (!Array.isArray(value) || value.length !== pattern.length) return differs();
    return first(pattern.map((each, i) => () => mismatch(value[i], each, `${path}/${i}`)));
  }
  if (!isObject(pattern)) return value === pattern ? undefined : differs();
  if ('$above' in pattern) return value > pattern.$above ? undefined : differs();
  if ('$length' in pattern) return value?.length === pattern.$length ? undefined : differs();
  if ('$has' in pattern) {
    const fits = (each) => (value ?? []).some((item) => mismatch(item, each) === undefined);
    return pattern.$has.every(fits) ? undefined : differs();
  }
  if ('$only' in pattern) {
    const others = Object.keys(value ?? {}).filter((key) => !(key in pattern.$only));
    return others.length > 0 ? differs() : mismatch(value, pattern.$only, path);
  }
  if (!isObject(value)) return differs();
  return first(Object.entries(pattern).map(([key, each]) => () => mismatch(value[key], each, `${path}/${key}`)));
}

function first(checks) {
  for (const check of checks) {
    const found = check();
    if (found !== undefined) return found;
  }
  return undefined;
}
