import { fb } from '../../src/index.ts';
import { at, entryPlan, type Mutation } from './types.ts';

/** Plans of `splitSample`, and the entries of its parts. */
const [onBlas, onMlx, split] = [0, 1, 2];
const first = 1;

const region = (p: fb.ProgramT, r: number): fb.RegionT => at(entryPlan(p, split, 0).regions, r);

const bodyAt = <T>(p: fb.ProgramT, r: number, s: number, kind: new () => T): T => {
  const { body } = at(region(p, r).steps, s);
  if (!(body instanceof kind)) throw new TypeError(`step ${s} is no ${kind.name}`);
  return body;
};
const call = (p: fb.ProgramT, r = 0): fb.CallT => bodyAt(p, r, r, fb.CallT);
const move = (p: fb.ProgramT): fb.TransferT => bodyAt(p, 1, 0, fb.TransferT);
const value = (p: fb.ProgramT, index: number): fb.ValueT =>
  at(entryPlan(p, split, 0).values, index);
const plan = (p: fb.ProgramT, index = split): fb.PlanT => at(p.plans, index);
const placement = (p: fb.ProgramT): fb.PlacementT => {
  const { placement: of } = at(region(p, 0).steps, 0);
  if (of === null) throw new TypeError('the step has no placement');
  return of;
};
const entry = (p: fb.ProgramT, index: number): fb.EntryT => at(p.entries, index);

/** Plans of several targets, and their parts; each on the sample of one. */
export const splits: readonly Mutation[] = [
  ['a call of no entry', 'index', (p) => (call(p).entry = 9)],
  ['a call of an entry that is no part', 'kind', (p) => (call(p).entry = 0)],
  ['a call of a part that another target plans', 'plan', (p) => Object.assign(call(p), call(p, 1))],
  ['a call with an input too many', 'arity', (p) => call(p).inputs.push(0)],
  ['a call with an output too few', 'arity', (p) => (call(p).outputs = [])],
  ['a call that lacks a state that is read', 'arity', (p) => (call(p).reads = [])],
  ['a call that lacks a state that is written', 'arity', (p) => (call(p).writes = [])],
  ['a call of no value', 'index', (p) => (call(p).inputs[0] = 9)],
  ['a call that gives no value', 'index', (p) => (call(p).outputs[0] = 9)],
  ['a call that reads no value', 'index', (p) => (call(p).reads[0] = 9)],
  ['a call that writes no value', 'index', (p) => (call(p).writes[0] = 9)],
  ['a call that takes an output', 'storage', (p) => (call(p).inputs[0] = 3)],
  ['a call that gives an input', 'storage', (p) => (call(p).outputs[0] = 0)],
  ['a call that reads what is no state', 'storage', (p) => (call(p).reads[0] = 0)],
  ['a call that writes what is no state', 'storage', (p) => (call(p).writes[0] = 1)],
  ['a call with a value of another type', 'signature', (p) => (value(p, 1).type = 1)],
  ['a call that reads what is not written', 'read', (p) => void region(p, 1).steps.reverse()],
  ['a call that reads what another target holds', 'plan', (p) => (call(p, 1).inputs[0] = 1)],
  ['a call that writes a value again', 'write', (p) => (call(p, 1).outputs[0] = 2)],
  ['a call of a part with more symbols', 'symbol', (p) => entry(p, first).symbols.push(1)],
  ['a part of symbols that it does not name', 'symbol', (p) => (entry(p, first).symbols = [])],

  ['a transfer of no value', 'index', (p) => (move(p).input = 9)],
  ['a transfer to no value', 'index', (p) => (move(p).output = 9)],
  ['a transfer of an input', 'storage', (p) => (move(p).input = 0)],
  ['a transfer to an output', 'storage', (p) => (move(p).output = 3)],
  ['a transfer to itself', 'write', (p) => (move(p).output = 1)],
  [
    'a transfer to another type',
    'signature',
    (p) => (move(p).output = entryPlan(p, split, 0).values.push(pairOnDevice()) - 1),
  ],
  [
    'a transfer of what the target holds',
    'plan',
    (p) => {
      const { values } = entryPlan(p, split, 0);
      const body = new fb.TransferT(1, values.push(at(values, 1)) - 1);
      region(p, 0).steps.push(new fb.StepT(fb.StepBody.Transfer, body));
    },
  ],

  ['a step of ops in a plan of several targets', 'plan', (p) => exchange(p, split, onMlx)],
  ['a call in a plan of one target', 'plan', (p) => exchange(p, onBlas, split)],
  ['a placement for no reason', 'index', (p) => (placement(p).reason = 99)],
  ['a placement with no problem', 'index', (p) => (at(placement(p).costs, 0).problem = 99)],
  [
    'first_write of a split plan too late',
    'first-write',
    (p) => (entryPlan(p, split, 0).firstWrite = 1),
  ],

  ['a plan of several targets without parts', 'plan', (p) => (plan(p).parts = [])],
  ['a plan with a part that is no plan', 'index', (p) => (plan(p).parts[0] = 9)],
  ['a plan with parts in another order', 'plan', (p) => void plan(p).parts.reverse()],
  ['a plan with itself as its part', 'plan', (p) => (plan(p).parts[0] = split)],
  ['a plan of one target with parts', 'plan', (p) => plan(p, onBlas).parts.push(onMlx)],
  ['a part of several targets', 'plan', (p) => plan(p, onBlas).targets.push('mlx')],
  ['a part that plans what is called', 'plan', (p) => (entryPlan(p, onBlas, 0).entry = 0)],
  ['a plan of a part that is none', 'plan', (p) => (plan(p, onBlas).part = false)],
  ['a part that holds no state', 'index', (p) => (plan(p, onBlas).holds = [1])],
  ['a part that uses a state of another', 'plan', (p) => (plan(p, onBlas).holds = [])],
  ['a state that two parts hold', 'plan', (p) => plan(p, onMlx).holds.push(0)],
  ['a plan that is no part and holds states', 'plan', (p) => plan(p).holds.push(0)],
];

const pairOnDevice = (): fb.ValueT => new fb.ValueT(1, fb.Storage.Device);

/** Puts the steps of one plan's first region into that of another. */
function exchange(p: fb.ProgramT, into: number, from: number): void {
  const regionOf = (index: number): fb.RegionT => at(entryPlan(p, index, 0).regions, 0);
  regionOf(into).steps = regionOf(from).steps;
}
