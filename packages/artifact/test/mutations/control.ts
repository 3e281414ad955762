import { fb } from '../../src/index.ts';
import { op } from '../model.ts';
import { at, blas, body, entryPlan, type Mutation } from './types.ts';

/** The entry that `loopSample` adds. */
const loop = 3;

const control = (p: fb.ProgramT): fb.ControlT => body(p, blas, loop, 0, fb.ControlT);
const own = (p: fb.ProgramT): fb.BodyT => at(control(p).bodies, 0);
const value = (p: fb.ProgramT, index: number): fb.ValueT => at(own(p).values, index);
const fused = (p: fb.ProgramT, step: number): fb.FusedT => {
  const of = at(own(p).steps, step).body;
  if (!(of instanceof fb.FusedT)) throw new TypeError(`step ${step} is no tape`);
  return of;
};
const carry = (p: fb.ProgramT): fb.FunctionT => at(p.functions, p.functions.length - 1);

/** As deep as told: bodies of bodies. */
const nest = (p: fb.ProgramT, depth: number): void => {
  let inner = own(p);
  for (let i = 0; i < depth; i++) {
    const of = at(entryPlan(p, blas, loop).regions, 0).steps[0] as fb.StepT;
    const { op: scan, inputs, outputs, attributes } = control(p);
    const next = new fb.BodyT(1, inner.values, [], 0n);
    const nested = new fb.ControlT(scan, inputs, outputs, attributes, [next], []);
    inner.steps = [new fb.StepT(fb.StepBody.Control, nested, of.name, 0, 0, [], [])];
    inner = next;
  }
};

/** Control steps and their bodies; each on the sample with a loop. */
export const controls: readonly Mutation[] = [
  ['a control step of an op that runs no function', 'op', (p) => (control(p).op = op('call'))],
  ['a control step of no op', 'op', (p) => (control(p).op = 65_535)],
  ['a control step that reads no value', 'index', (p) => (control(p).inputs[0] = 99)],
  ['a control step that writes no value', 'index', (p) => (control(p).outputs[0] = 99)],
  ['a control step that writes an input', 'write', (p) => (control(p).outputs[0] = 0)],
  ['a control step without its attributes', 'attribute', (p) => (control(p).attributes = [])],
  [
    'a control step of no function',
    'index',
    (p) => ((at(control(p).attributes, 0).value as fb.FunctionAttrT).value = 99),
  ],
  ['a control step without a body', 'arity', (p) => (control(p).bodies = [])],
  ['a control step with a body too many', 'arity', (p) => control(p).bodies.push(own(p))],
  ['a scratch of no value', 'index', (p) => (control(p).scratch[0] = 99)],
  ['a scratch outside the arena', 'arena', (p) => (control(p).scratch[0] = 3)],
  ['two scratches', 'arena', (p) => control(p).scratch.push(5)],
  ['a body without the scratch that it needs', 'arena', (p) => (control(p).scratch = [])],
  ['a body larger than its scratch', 'arena', (p) => (own(p).arenaBytes = 128n)],
  ['a body with more carries than parameters', 'carry', (p) => (own(p).carries = 4)],
  ['a body with more carries than results', 'carry', (p) => (own(p).carries = 3)],
  ['a carry that changes its type', 'carry', (p) => (at(carry(p).nodes, 1).outputs[0] = 0)],
  ['a body that reads its carry as an input', 'storage', (p) => (value(p, 1).index = 0)],
  ['a body that writes its carry as an output', 'storage', (p) => (value(p, 4).index = 0)],
  ['a body of an input that is not there', 'index', (p) => (value(p, 1).index = 3)],
  ['a body of an output that is not there', 'index', (p) => (value(p, 4).index = 2)],
  ['a body of a carry that is not there', 'index', (p) => (value(p, 0).index = 1)],
  ['a body with a value beyond its arena', 'arena', (p) => (value(p, 3).offset = 64n)],
  ['a body with a value of another type', 'storage', (p) => (value(p, 2).type = 0)],
  ['a body that never writes a result', 'write', (p) => own(p).steps.pop()],
  ['a body that writes an input', 'write', (p) => (at(fused(p, 0).accesses, 2).value = 1)],
  ['a body that reads before it writes', 'read', (p) => void own(p).steps.reverse()],
  [
    'a body that overwrites a carry that it still reads',
    'in-place',
    (p) => {
      const { accesses, tape } = fused(p, 1);
      const { value: of, offset } = at(accesses, 0);
      at(tape, 0).a = accesses.push(new fb.AccessT(of, offset, [offset])) - 1;
    },
  ],
  [
    'a body whose tape leaves its value',
    'access',
    (p) => (at(fused(p, 0).accesses, 0).offset = at(fused(p, 0).dims, 0)),
  ],
  ['a body whose step names no node', 'index', (p) => (at(own(p).steps, 0).nodes = [2])],
  ['bodies nested too deep', 'malformed', (p) => nest(p, 40)],
];
