import type { fb } from '../../src/index.ts';

/** A way to make a legal program illegal, and the code with which it is refused. */
export type Mutation = readonly [name: string, code: string, apply: (program: fb.ProgramT) => void];

/** An element that is there. */
export const at = <T>(items: readonly T[], index: number): T => {
  const item = items[index];
  if (item === undefined) throw new RangeError(`no element ${index} of ${items.length}`);
  return item;
};

/** Plans of the sample. */
export const blas = 0;
export const mlx = 1;
/** Entries of the sample. */
export const classify = 0;
export const fit = 1;
export const init = 2;

export const entryPlan = (program: fb.ProgramT, plan: number, entry: number): fb.EntryPlanT =>
  at(at(program.plans, plan).entries, entry);

export const steps = (program: fb.ProgramT, plan: number, entry: number): fb.StepT[] =>
  at(entryPlan(program, plan, entry).regions, 0).steps;

/** The body of a step, of whatever kind the caller says. */
export const body = <T extends fb.FusedT | fb.ContractT | fb.ApplyT | fb.ControlT | fb.KernelT>(
  program: fb.ProgramT,
  plan: number,
  entry: number,
  step: number,
  kind: new () => T,
): T => {
  const of = at(steps(program, plan, entry), step).body;
  if (!(of instanceof kind)) throw new TypeError(`step ${step} is no ${kind.name}`);
  return of;
};

/** The index of a new expr with this constant. */
export const literal = (program: fb.ProgramT, like: fb.ExprT, value: bigint): number => {
  const copy = Object.assign(Object.create(Object.getPrototypeOf(like)), like, {
    value,
    lhs: 0,
    rhs: 0,
    kind: 0,
  });
  return program.exprs.push(copy) - 1;
};
