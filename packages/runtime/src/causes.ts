/** What a row of the ledger counts. */
export type LedgerKind =
  | 'copy'
  | 'layout'
  | 'cast'
  | 'memory'
  | 'build'
  | 'hit'
  | 'miss'
  | 'eviction'
  | 'fallback';

/** in: to the runtime; out: to JavaScript; device: neither. */
export type LedgerDirection = 'in' | 'out' | 'device';

/** What `entry` and `index` of a count mean. */
export type CausePlace = 'entry' | 'input' | 'output' | 'state' | 'constant' | 'session' | 'step';

/** A `vorab_cause` of backend.h, in words. */
export interface Cause {
  /** The end of its name in backend.h. */
  readonly name: string;
  readonly place: CausePlace;
  /** 'run' has no row of its own: casts and fall-backs follow from it. */
  readonly kind: LedgerKind | 'run';
  readonly direction?: LedgerDirection;
  /** Why it happened, after what it happened to. */
  readonly why: string;
}

const cause = (
  name: string,
  place: CausePlace,
  kind: Cause['kind'],
  why: string,
  direction?: LedgerDirection,
): Cause => ({ name, place, kind, why, ...(direction === undefined ? {} : { direction }) });

/** In the order of backend.h; a test holds them against it. */
export const causes: readonly Cause[] = [
  cause('RUN', 'entry', 'run', 'run'),
  cause('BUILD', 'entry', 'build', 'built for sizes not met before'),
  cause('HIT', 'entry', 'hit', 'found built'),
  cause('MISS', 'entry', 'miss', 'not found built'),
  cause('EVICTION', 'entry', 'eviction', 'dropped: more sizes than functionCache keeps'),
  cause('ARENA', 'entry', 'memory', 'intermediate values'),
  cause('INPUT_HELD', 'input', 'copy', 'copied when the call was made', 'in'),
  cause('INPUT_COPIED', 'input', 'copy', 'copied to the device', 'in'),
  cause('INPUT_ALIGNED', 'input', 'copy', 'copied, since its bytes are not aligned', 'in'),
  cause('INPUT_MEMORY', 'input', 'memory', 'memory of the input'),
  cause('OUTPUT_FILLED', 'output', 'copy', 'copied into host memory', 'out'),
  cause('OUTPUT_HANDED', 'output', 'copy', "copied into the caller's array", 'out'),
  cause('OUTPUT_READ', 'output', 'copy', 'read by the program', 'out'),
  cause('OUTPUT_LAYOUT', 'output', 'layout', 'made row-major on the device', 'device'),
  cause('OUTPUT_MEMORY', 'output', 'memory', 'memory of the result'),
  cause('STATE_HELD', 'state', 'copy', 'copied when the write was asked for', 'in'),
  cause('STATE_WRITTEN', 'state', 'copy', 'written by the program', 'in'),
  cause('STATE_READ', 'state', 'copy', 'read by the program', 'out'),
  cause('STATE_LAYOUT', 'state', 'layout', 'made row-major on the device', 'device'),
  cause('STATE_MEMORY', 'state', 'memory', 'memory of the state'),
  cause('CONSTANT_COPIED', 'constant', 'copy', "the device cannot use the file's memory", 'in'),
  cause('CONSTANT_MEMORY', 'constant', 'memory', 'memory of the constant'),
  cause('TENSOR_HELD', 'session', 'copy', 'copied when the tensor was asked for', 'in'),
  cause('TENSOR_CREATED', 'session', 'copy', 'copied to the device', 'in'),
  cause('TENSOR_READ', 'session', 'copy', 'read by the program', 'out'),
  cause('TENSOR_MEMORY', 'session', 'memory', 'memory of the tensor'),
  cause('TRANSFER', 'step', 'copy', 'carried from one target to another', 'device'),
];

const number = (name: string): number => {
  const found = causes.findIndex((each) => each.name === name);
  if (found < 0) throw new TypeError(`there is no cause ${name}`);
  return found;
};

/** The causes that a runtime in TypeScript counts. */
export type CountedCause =
  | 'run'
  | 'build'
  | 'hit'
  | 'miss'
  | 'eviction'
  | 'inputHeld'
  | 'outputFilled'
  | 'outputRead'
  | 'stateHeld'
  | 'stateRead'
  | 'tensorHeld'
  | 'tensorRead';

/** Their numbers. */
export const causeNumbers: { readonly [K in CountedCause]: number } = {
  run: number('RUN'),
  build: number('BUILD'),
  hit: number('HIT'),
  miss: number('MISS'),
  eviction: number('EVICTION'),
  inputHeld: number('INPUT_HELD'),
  outputFilled: number('OUTPUT_FILLED'),
  outputRead: number('OUTPUT_READ'),
  stateHeld: number('STATE_HELD'),
  stateRead: number('STATE_READ'),
  tensorHeld: number('TENSOR_HELD'),
  tensorRead: number('TENSOR_READ'),
};
