import type { CallSite } from './location.ts';
import { captureCallSites } from './location.ts';

/**
 * Where a module or a state stands: under a key of the container that took it first, or at a root, which the user's
 * source names. Modules are made before their containers, so the tree grows from its leaves.
 */
export class Place {
  #parent: Place | undefined;
  #key = '';
  readonly #children: Place[] = [];

  constructor(readonly callSites: readonly CallSite[] = captureCallSites()) {}

  get children(): readonly Place[] {
    return this.#children;
  }

  /** Takes a place without a container under `key`. The first container counts: shared modules keep one name. */
  adopt(key: string, child: Place): void {
    if (child.#parent || child === this || this.root() === child) return;
    child.#parent = this;
    child.#key = key;
    this.#children.push(child);
  }

  root(): Place {
    return this.#parent?.root() ?? this;
  }

  /** Keys from the root: `0.weight`; a root has none. */
  path(): string {
    const above = this.#parent?.path() ?? '';
    return above === '' ? this.#key : `${above}.${this.#key}`;
  }
}

const places = new WeakMap<object, Place>();

/** The place of a module, or of what else was registered. */
export function placeOf(holder: object): Place | undefined {
  return places.get(holder);
}

export function setPlace(holder: object, place: Place): void {
  places.set(holder, place);
}
