import { fail, type Path } from '../fault.ts';
import { fb } from '../schema.ts';
import { type Context, sameType } from './rules.ts';

/** What a list of steps is given, and what it has to give: an entry, or the function of a body. */
export interface Frame {
  /** Types by number; null where the function's parameter or result of that number is a carry. */
  readonly inputs: readonly (number | null)[];
  readonly outputs: readonly (number | null)[];
  readonly states: readonly number[];
  readonly reads: readonly number[];
  readonly writes: readonly number[];
  /** The states that some step must write. */
  readonly due: readonly number[];
  /** Nodes of the function that steps may name. */
  readonly nodes: number;
}

export const entryFrame = ({ program }: Context, entry: fb.EntryT): Frame => ({
  inputs: entry.inputs.map(({ type }) => type),
  outputs: entry.outputs.map(({ type }) => type),
  states: program.states.map(({ type }) => type),
  reads: entry.reads,
  writes: entry.writes,
  due: entry.writes,
  nodes: program.functions[entry.function_]?.nodes.length ?? 0,
});

/** A body's carries are its states; one that no step writes keeps its value. */
export const bodyFrame = (
  { program }: Context,
  path: Path,
  carries: number,
  function_: number,
): Frame => {
  const of = program.functions[function_] ?? new fb.FunctionT();
  const results = resultTypes(of);
  const most = Math.min(of.parameters.length, results.length);
  if (carries > most) {
    fail('carry', path.field('carries'), `is ${carries}, expected at most ${most}`);
  }
  const states = of.parameters.slice(0, carries);
  for (const [i, type] of states.entries()) {
    const result = results[i] ?? 0;
    if (sameType(program, type, result)) continue;
    fail('carry', path, `carries type ${type} into a result of type ${result}`);
  }
  const rest = (types: readonly number[]): (number | null)[] =>
    types.map((type, i) => (i < carries ? null : type));
  const all = [...states.keys()];
  return {
    inputs: rest(of.parameters),
    outputs: rest(results),
    states,
    reads: all,
    writes: all,
    due: [],
    nodes: of.nodes.length,
  };
};

const resultTypes = (of: fb.FunctionT): number[] => {
  const values = [...of.parameters, ...of.nodes.flatMap((node) => node.outputs)];
  return of.results.map((value) => values[value] ?? 0);
};
