import { userError } from '../fail.ts';
import { Tensor } from '../node.ts';
import { Place, placeOf, setPlace } from '../place.ts';
import { stateOf } from '../state.ts';

/** A layer: a function of a tensor, or an object with one as `forward`. */
export type Layer = ((x: Tensor) => Tensor) | { forward(x: Tensor): Tensor };

/** Applies a layer, whichever form it has. */
export function applyLayer(layer: Layer, x: Tensor): Tensor {
  return typeof layer === 'function' ? layer(x) : layer.forward(x);
}

/**
 * Makes a module of a function and what it holds: parameters, states and modules, by key, at any depth of objects and
 * arrays. The keys name them: `norm.weight`. What a container holds already keeps its first place.
 *
 *     const block = nn.module({ norm: nn.layerNorm(64), up: nn.linear(64, 64) }, ({ norm, up }, x: Tensor) => x.add(up(norm(x))));
 *
 * Plain functions and objects are modules too: their parameters are named after the variable that holds them.
 */
export function module<const C extends object, A extends readonly unknown[], R>(
  children: C,
  forward: (children: C, ...args: A) => R,
): Module<C, A, R> {
  const apply = (...args: A): R => forward(children, ...args);
  const result = Object.assign(apply, { children });
  const place = new Place();
  setPlace(result, place);
  adoptMembers(place, children);
  return result;
}

/** A function that holds what it is made of. */
export interface Module<C extends object, A extends readonly unknown[], R> {
  (...args: A): R;
  readonly children: C;
}

/** Gives every member of `holder` its place under `place`. */
export function adoptMembers(place: Place, holder: object): void {
  for (const [key, member] of Object.entries(holder)) {
    const child = placeOfMember(member);
    if (child) place.adopt(key, child);
  }
}

function placeOfMember(member: unknown): Place | undefined {
  if (member instanceof Tensor) {
    const naming = stateOf(member)?.naming;
    return naming?.form === 'placed' ? naming.place : undefined;
  }
  const holds = typeof member === 'function' || (typeof member === 'object' && member !== null);
  return holds ? (placeOf(member) ?? newPlace(member)) : undefined;
}

// A plain object, array or function of the user's: what it holds is named by its keys.
function newPlace(holder: object): Place {
  const place = new Place();
  setPlace(holder, place);
  adoptMembers(place, holder);
  return place;
}

/**
 * The parameters and states that modules hold, each once. What a plain function closes over cannot be seen: wrap it with
 * `nn.module`.
 *
 *     trainStep({ …, trainable: nn.parameters(head) });
 *
 * @throws GraphError when there are none.
 */
export function parameters(...holders: readonly object[]): readonly Tensor[] {
  const found = new Set<Tensor>();
  for (const holder of holders) collect(holder, found, new Set());
  if (found.size > 0) return [...found];
  throw userError({
    code: 'no-parameters',
    message: 'nn.parameters: no parameter is held by what was given',
    cure: 'a plain function hides what it closes over: make it with nn.module({ … }, forward)',
  });
}

function collect(member: unknown, found: Set<Tensor>, seen: Set<unknown>): void {
  if (member instanceof Tensor) {
    const state = stateOf(member);
    if (state) found.add(state.tensor);
    return;
  }
  const holds = typeof member === 'function' || (typeof member === 'object' && member !== null);
  if (!holds || seen.has(member)) return;
  seen.add(member);
  for (const inner of Object.values(member)) collect(inner, found, seen);
}
