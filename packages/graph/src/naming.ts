import type { CallSite } from './location.ts';
import type { StateVariable } from './state.ts';

/** The user's name for what the call sites made: the variable that holds it. */
export type RootName = (callSites: readonly CallSite[]) => string | undefined;

const unknown: RootName = () => undefined;
let inSource: RootName = unknown;

/** Runs `body`, in which names of variables are known. */
export function withRootNames<T>(rootName: RootName, body: () => T): T {
  const before = inSource;
  inSource = rootName;
  try {
    return body();
  } finally {
    inSource = before;
  }
}

/**
 * A state's name while its program is traced: as `nameStates` gives it, but without the number that tells equal names
 * apart. Without a compiler the variable is not known, and the name begins with the first key.
 */
export function nameInSource(state: StateVariable): string {
  const { naming } = state;
  const names = new Map(
    naming.form === 'derived' ? [[naming.of, nameInSource(naming.of)] as const] : [],
  );
  return baseName(state, names, inSource);
}

/**
 * A name for every state: the variable that holds its outermost module, then the keys of the containers inside; slots of
 * optimizers after the parameter's name. Equal names get `.1`, `.2`, in the order of creation. The order of `states`
 * does not matter.
 */
export function nameStates(
  states: Iterable<StateVariable>,
  rootName: RootName,
): ReadonlyMap<StateVariable, string> {
  const names = new Map<StateVariable, string>();
  const taken = new Set<string>();
  for (const state of inNamingOrder(states)) {
    const name = unused(baseName(state, names, rootName), taken);
    taken.add(name);
    names.set(state, name);
  }
  return names;
}

// With what they derive from, and after it.
function inNamingOrder(states: Iterable<StateVariable>): readonly StateVariable[] {
  const all = new Set<StateVariable>();
  const add = (state: StateVariable): void => {
    all.add(state);
    if (state.naming.form === 'derived') add(state.naming.of);
  };
  for (const state of states) add(state);
  return [...all].sort((a, b) => a.sequence - b.sequence);
}

function baseName(
  state: StateVariable,
  names: ReadonlyMap<StateVariable, string>,
  rootName: RootName,
): string {
  const { naming } = state;
  switch (naming.form) {
    case 'absolute':
      return naming.name;
    case 'derived':
      return `${naming.prefix}.${names.get(naming.of)}`;
    case 'placed': {
      const root = rootName(naming.place.root().callSites);
      const path = naming.place.path() || naming.local;
      return join(root, path) || state.kind;
    }
    default:
      return naming satisfies never;
  }
}

// `const scale = parameter(…, { name: 'scale' })` is scale, not scale.scale.
function join(root = '', path = ''): string {
  if (path === '' || root === path || root.endsWith(`.${path}`)) return root;
  return root === '' ? path : `${root}.${path}`;
}

function unused(name: string, taken: ReadonlySet<string>): string {
  if (!taken.has(name)) return name;
  let count = 1;
  while (taken.has(`${name}.${count}`)) count++;
  return `${name}.${count}`;
}

/** FNV-1a, 32 bits, of the UTF-8 bytes. */
export function fnv1a32(text: string): number {
  let hash = 0x811c9dc5;
  for (const byte of new TextEncoder().encode(text)) {
    hash = Math.imul(hash ^ byte, 0x01000193);
  }
  return hash >>> 0;
}
