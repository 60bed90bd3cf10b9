/** Line icons on a grid of 24; what they mean is said in words beside them. */
const PATHS = {
  hash: 'M9 4 7 20M17 4l-2 16M4.500 9h16M3.500 15h16',
  list: 'M9 6h11M9 12h11M9 18h11M4 6l.8.8L6.500 5M4 12l.8.8 1.700-1.800M4 18l.8.8 1.700-1.800',
  clock: 'M12 7v5l3 2M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0',
  check: 'm5 12.500 4.500 4.500L19 7.500',
  heart:
    'M12 20s-7.500-4.600-7.500-10A4.200 4.200 0 0 1 12 7.300 4.200 4.200 0 0 1 19.500 10c0 5.400-7.500 10-7.500 10Z',
  star: 'm12 4 2.500 5 5.500.8-4 3.900.9 5.500-4.900-2.600-4.900 2.600.9-5.500-4-3.900 5.500-.8Z',
  plus: 'M12 5v14M5 12h14',
  cross: 'M6 6l12 12M18 6 6 18',
  send: 'M5 12h13M12.500 5.500 19 12l-6.500 6.500',
  bin: 'M5 7h14M10 7V5h4v2M7 7l.8 12h8.400L17 7M10.500 11v5M13.500 11v5',
  fork: 'M12 20v-7L6 7M12 13l6-6M6 11.500V7h4.500M18 11.500V7h-4.500',
  stop: 'M12 8v5M12 16.500v.1M21 12a9 9 0 1 1-18 0 9 9 0 0 1 18 0',
  door: 'M14 4h5v16h-5M10 8l-4 4 4 4M6 12h9',
  lock: 'M6 11h12v9H6zM8.500 11V8a3.500 3.500 0 0 1 7 0v3',
} as const;

export function Icon({ name, filled = false }: { name: keyof typeof PATHS; filled?: boolean }) {
  return (
    <svg className={filled ? 'icon filled' : 'icon'} viewBox="0 0 24 24" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

export function Mark() {
  return (
    <svg className="mark" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="9" />
      <path d="M9 13.500A7.500 7.500 0 0 1 22.600 11M23 18.500a7.500 7.500 0 0 1-13.600 2.500" />
      <path d="M23.400 6.800v4.700h-4.700M8.600 25.200v-4.700h4.700" />
    </svg>
  );
}

/** One of six colours, the same for a name everywhere. */
export function Avatar({ user }: { user: string }) {
  let sum = 0;
  for (const letter of user) sum = (sum * 31 + letter.codePointAt(0)!) % 997;
  return (
    <span className={`avatar hue-${sum % 6}`} aria-hidden="true">
      {[...user][0]?.toUpperCase()}
    </span>
  );
}
