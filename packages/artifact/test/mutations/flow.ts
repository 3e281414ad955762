import { fb } from '../../src/index.ts';
import { op } from '../model.ts';
import {
  at,
  blas,
  body,
  classify,
  entryPlan,
  fit,
  init,
  type Mutation,
  mlx,
  steps,
} from './types.ts';

const access = (p: fb.ProgramT, entry: number, step: number, index: number): fb.AccessT =>
  at(body(p, blas, entry, step, fb.FusedT).accesses, index);

const value = (p: fb.ProgramT, entry: number, index: number): fb.ValueT =>
  at(entryPlan(p, blas, entry).values, index);

/** Exchanges two elements. */
const swap = <T>(items: T[], a: number, b: number): void => {
  const [x, y] = [at(items, a), at(items, b)];
  items[a] = y;
  items[b] = x;
};

const constant = (p: fb.ProgramT, value: number): number =>
  p.exprs.push(new fb.ExprT(BigInt(value), 0, 0, fb.ExprKind.Const)) - 1;

/** A step that reads the state of an entry that only writes it. */
const readsWeight = (p: fb.ProgramT): void => {
  const of = body(p, mlx, init, 0, fb.ApplyT);
  of.op = op('neg');
  of.inputs = [0];
  of.attributes = [];
};

/** The order of reads and writes, and the bytes that they share. */
export const flow: readonly Mutation[] = [
  ['a value read before it is written', 'read', (p) => swap(steps(p, blas, classify), 0, 1)],
  ['a value that nothing writes', 'read', (p) => steps(p, blas, classify).shift()],
  ['a value of which one piece is missing', 'read', (p) => steps(p, blas, fit).splice(2, 1)],
  [
    'a value of which a piece is too short',
    'read',
    (p) => (body(p, blas, fit, 1, fb.FusedT).dims[0] = constant(p, 63)),
  ],
  [
    'a value without an address that nothing writes',
    'read',
    (p) => steps(p, mlx, classify).shift(),
  ],
  ['an output that is read', 'read', (p) => (body(p, mlx, classify, 2, fb.ApplyT).inputs[0] = 6)],
  ['an output that nothing writes', 'write', (p) => steps(p, mlx, classify).pop()],
  ['an output that no step names', 'write', (p) => steps(p, blas, classify).pop()],
  [
    'an output written in part',
    'write',
    (p) => (body(p, blas, classify, 2, fb.FusedT).dims[0] = constant(p, 10)),
  ],
  [
    'an output written twice',
    'write',
    (p) => steps(p, blas, classify).push(at(steps(p, blas, classify), 2)),
  ],
  [
    'a value written after it was read',
    'write',
    (p) => steps(p, blas, fit).push(at(steps(p, blas, fit), 0)),
  ],
  [
    'a value without an address written after it was read',
    'write',
    (p) => (body(p, mlx, classify, 3, fb.ApplyT).outputs[0] = 3),
  ],
  [
    'an input that is written',
    'write',
    (p) => (body(p, mlx, classify, 0, fb.ApplyT).outputs[0] = 0),
  ],
  [
    'a constant that is written',
    'write',
    (p) => (body(p, mlx, classify, 0, fb.ApplyT).outputs[0] = 2),
  ],
  ['an input that a store writes', 'write', (p) => (access(p, fit, 4, 1).value = 7)],
  [
    'a state that the entry does not write',
    'write',
    (p) => (body(p, mlx, classify, 0, fb.ApplyT).outputs[0] = 1),
  ],
  ['a state that the entry does not read', 'read', readsWeight],
  ['a state that is never written', 'write', (p) => steps(p, blas, init).pop()],
  ['a state that no plan of values writes', 'write', (p) => steps(p, mlx, fit).pop()],
  [
    'a state that an alias writes against the entry',
    'write',
    (p) => {
      const { values } = entryPlan(p, mlx, classify);
      values.push(new fb.ValueT(at(values, 1).type, fb.Storage.Alias, 1));
      body(p, mlx, classify, 0, fb.ApplyT).outputs[0] = 7;
    },
  ],

  ['live values that share all bytes', 'overlap', (p) => (value(p, fit, 3).offset = 0n)],
  ['live values that share some bytes', 'overlap', (p) => (value(p, fit, 2).offset = 192n)],
  [
    'a contraction onto its own operand',
    'overlap',
    (p) => {
      // The bias becomes an arena value over the result.
      const { values } = entryPlan(p, blas, classify);
      const bias = at(values, 2);
      const of = new fb.ValueT(bias.type, fb.Storage.Arena, 0, 0n, 64n);
      const fill = new fb.FusedT(
        [constant(p, 10)],
        0,
        0,
        [new fb.AccessT(2, constant(p, 0), [constant(p, 1)])],
        [
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Const, fb.DType.F32),
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Store, fb.DType.F32),
        ],
      );
      values[2] = of;
      steps(p, blas, classify).unshift(new fb.StepT(fb.StepBody.Fused, fill, 'fill', 0, 0, [], []));
      entryPlan(p, blas, classify).firstWrite = 4;
    },
  ],
  [
    'a contraction onto an operand that it still multiplies',
    'overlap',
    (p) => {
      // A column mode step fills the first operand, whose bytes the product then takes.
      const plan = entryPlan(p, blas, classify);
      const one = constant(p, 1);
      const image = at(plan.values, 0);
      plan.values[0] = new fb.ValueT(image.type, fb.Storage.Arena, 0, 0n, 65536n);
      plan.arenaBytes = 65536n;
      const size = at(at(p.types, image.type).shape, 0);
      const width = constant(p, 64);
      const fill = new fb.FusedT(
        [size, width],
        0,
        0,
        [new fb.AccessT(0, constant(p, 0), [width, one])],
        [
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Const, fb.DType.F32),
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Store, fb.DType.F32),
        ],
      );
      steps(p, blas, classify).unshift(new fb.StepT(fb.StepBody.Fused, fill, 'fill', 0, 0, [], []));
      plan.firstWrite = 4;
    },
  ],
  [
    'a kept value written before its reduction ends',
    'overlap',
    (p) => {
      // loss takes the bytes of the position that it adds, but varies again after its Reduce.
      const plan = entryPlan(p, blas, fit);
      const sum = body(p, blas, fit, 4, fb.FusedT);
      const f32 = fb.DType.F32;
      plan.values.push(
        new fb.ValueT(at(plan.values, 8).type, fb.Storage.Arena, 0, 896n, 64n),
        new fb.ValueT(at(plan.values, 8).type, fb.Storage.Arena, 0, 896n, 64n),
      );
      plan.arenaBytes = 960n;
      const none = constant(p, 0);
      const fill = new fb.FusedT(
        [],
        0,
        0,
        [new fb.AccessT(9, none, [])],
        [
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Const, f32),
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Store, f32),
        ],
      );
      sum.accesses.push(new fb.AccessT(9, none, [none]), new fb.AccessT(10, none, [none]));
      sum.tape.push(
        new fb.InstrT(0n, 0, 3, 0, 0, 0, fb.InstrKind.Load, f32),
        new fb.InstrT(0n, op('mul'), 0, 6, 0, 0, fb.InstrKind.Scalar, f32),
        new fb.InstrT(0n, 0, 4, 1, 0, 0, fb.InstrKind.Store, f32),
      );
      steps(p, blas, fit).unshift(new fb.StepT(fb.StepBody.Fused, fill, 'fill', 0, 0, [], []));
      plan.firstWrite = 7;
    },
  ],
  [
    'a softmax in place through another access',
    'overlap',
    (p) => {
      // Transposed over a square: the same elements, at other points of the iteration.
      const ten = constant(p, 10);
      const square = p.types.push(new fb.TensorTypeT(fb.DType.F32, [ten, ten])) - 1;
      const one = constant(p, 1);
      const plan = entryPlan(p, blas, fit);
      plan.values.push(
        new fb.ValueT(square, fb.Storage.Arena, 0, 896n, 448n),
        new fb.ValueT(square, fb.Storage.Arena, 0, 896n, 448n),
      );
      plan.arenaBytes = 1344n;
      const f32 = fb.DType.F32;
      const store = new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Store, f32);
      const fill = new fb.FusedT(
        [ten, ten],
        0,
        0,
        [new fb.AccessT(9, constant(p, 0), [ten, one])],
        [new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Const, f32), store],
      );
      const transpose = new fb.FusedT(
        [ten, ten],
        0,
        0,
        [
          new fb.AccessT(9, constant(p, 0), [ten, one]),
          new fb.AccessT(10, constant(p, 0), [one, ten]),
        ],
        [
          new fb.InstrT(0n, 0, 0, 0, 0, 0, fb.InstrKind.Load, f32),
          new fb.InstrT(0n, 0, 1, 0, 0, 0, fb.InstrKind.Store, f32),
        ],
      );
      const step = (body: fb.FusedT): fb.StepT =>
        new fb.StepT(fb.StepBody.Fused, body, '', 0, 0, [], []);
      steps(p, blas, fit).unshift(step(fill), step(transpose));
      plan.firstWrite = 8;
    },
  ],
  [
    'a softmax in place that stores before its last Reduce',
    'overlap',
    (p) => {
      const { tape } = body(p, blas, classify, 1, fb.FusedT);
      tape.splice(4, 0, new fb.InstrT(0n, 0, 1, 3, 0, 0, fb.InstrKind.Store, fb.DType.F32));
      tape.pop();
      tape.pop();
    },
  ],
  [
    'a value in place of one that lives on',
    'overlap',
    (p) => {
      const alias = value(p, classify, 6);
      alias.index = 3;
    },
  ],
  [
    'a state updated in place through another access',
    'in-place',
    (p) => {
      const of = access(p, fit, 6, 2);
      of.offset = constant(p, 639);
      of.strides = [constant(p, -10), constant(p, -1)];
    },
  ],
  [
    'a state updated by a routine that also reads it',
    'in-place',
    (p) => {
      const apply = new fb.ApplyT(op('neg'), [5], [5], []);
      at(steps(p, blas, fit), 6).body = apply;
      at(steps(p, blas, fit), 6).bodyType = fb.StepBody.Apply;
    },
  ],
];
