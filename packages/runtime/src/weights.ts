import { createHash } from 'node:crypto';
import { VorabError } from './errors.ts';
import type { StateInfo, StateKind } from './program.ts';
import type { LocatedTensor } from './safetensors.ts';
import { SafetensorsFile, writeSafetensors } from './safetensors.ts';

/** Reads and writes of states, each queued when it is called. */
export interface StateAccess {
  readonly states: readonly StateInfo[];
  readState(state: number): Promise<ArrayBuffer>;
  writeState(state: number, data: Uint8Array): Promise<void>;
}

export interface LoadOptions {
  /** Loads the parameters alone; optimizer, key, step and hyper-parameters stay as they are. */
  readonly only?: 'parameters';
}

/** Differences that a message names. */
const shown = 5;

const kindOf: { readonly [K in NonNullable<LoadOptions['only']>]: StateKind } = {
  parameters: 'parameter',
};

const describe = ({ dtype, shape }: Pick<StateInfo, 'dtype' | 'shape'>): string =>
  `${dtype}[${shape.join(', ')}]`;

/** A hash of the states' names, dtypes, shapes and kinds: equal for artifacts whose states are exchangeable. */
export function stateSignature(states: readonly StateInfo[]): string {
  const lines = states.map((state) => `${state.name} ${describe(state)} ${state.kind}`);
  return createHash('sha256').update(lines.sort().join('\n')).digest('hex');
}

/** Writes every state to a safetensors file, as it is after what is queued now. */
export async function saveStates(
  access: StateAccess,
  path: string,
  producer: string,
): Promise<void> {
  const metadata = {
    format: 'vorab',
    producer,
    'vorab.states': stateSignature(access.states),
  };
  await writeSafetensors(path, access.states, metadata, (state) => access.readState(state.index));
}

/** Reads states from a safetensors file; nothing changes unless all of them fit. */
export async function loadStates(
  access: StateAccess,
  path: string,
  options: LoadOptions = {},
): Promise<void> {
  const kind = options.only === undefined ? undefined : kindOf[options.only];
  const wanted = access.states.filter((state) => kind === undefined || state.kind === kind);
  const file = await SafetensorsFile.open(path);
  try {
    const stored = matchStates(file, wanted, kind !== undefined);
    const contents = await Promise.all(stored.map((tensor) => file.read(tensor)));
    // Queued together: no call comes between two of them.
    await Promise.all(
      wanted.map((state, i) => access.writeState(state.index, contents[i] ?? new Uint8Array(0))),
    );
  } finally {
    await file.close();
  }
}

/** The file's tensor of each state. */
function matchStates(
  file: SafetensorsFile,
  wanted: readonly StateInfo[],
  others: boolean,
): LocatedTensor[] {
  const byName = new Map(file.header.tensors.map((tensor) => [tensor.name, tensor]));
  const names = new Set(wanted.map(({ name }) => name));
  const problems: string[] = [];
  const matched: LocatedTensor[] = [];
  for (const state of wanted) {
    const tensor = byName.get(state.name);
    if (tensor === undefined) {
      problems.push(`${state.name} is missing, expected ${describe(state)}`);
    } else if (describe(tensor) !== describe(state)) {
      problems.push(`${state.name} is ${describe(tensor)}, expected ${describe(state)}`);
    } else {
      matched.push(tensor);
    }
  }
  if (!others) {
    for (const tensor of file.header.tensors) {
      if (!names.has(tensor.name)) problems.push(`${tensor.name} is not a state of this artifact`);
    }
  }
  if (problems.length === 0) return matched;
  throw mismatch(file.path, problems, wanted, byName);
}

function mismatch(
  path: string,
  problems: readonly string[],
  wanted: readonly StateInfo[],
  byName: ReadonlyMap<string, LocatedTensor>,
): VorabError {
  const lines = problems.slice(0, shown).map((problem) => `    ${problem}`);
  if (problems.length > shown) lines.push(`    and ${problems.length - shown} more`);
  const parameters = wanted.filter(({ kind }) => kind === 'parameter');
  const parametersFit =
    parameters.length > 0 &&
    parameters.length < wanted.length &&
    parameters.every((state) => {
      const tensor = byName.get(state.name);
      return tensor !== undefined && describe(tensor) === describe(state);
    });
  return new VorabError({
    code: 'weights',
    message: `${path} holds weights for another model; nothing was loaded\n${lines.join('\n')}`,
    cure: parametersFit
      ? "load the parameters alone: load(path, { only: 'parameters' })"
      : 'load a file that was saved from this artifact',
  });
}
