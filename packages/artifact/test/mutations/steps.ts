import { fb } from '../../src/index.ts';
import { op } from '../model.ts';
import { at, blas, body, classify, fit, type Mutation, steps } from './types.ts';

const fused = (p: fb.ProgramT, entry: number, step: number): fb.FusedT =>
  body(p, blas, entry, step, fb.FusedT);

const instr = (p: fb.ProgramT, entry: number, step: number, index: number): fb.InstrT =>
  at(fused(p, entry, step).tape, index);

const contract = (p: fb.ProgramT): fb.ContractT => body(p, blas, classify, 0, fb.ContractT);

const epilogue = (p: fb.ProgramT): fb.FusedT => contract(p).epilogue ?? new fb.FusedT();

const access = (p: fb.ProgramT, entry: number, step: number, index: number): fb.AccessT =>
  at(fused(p, entry, step).accesses, index);

const constant = (p: fb.ProgramT, value: number): number =>
  p.exprs.push(new fb.ExprT(BigInt(value), 0, 0, fb.ExprKind.Const)) - 1;

const [softmax, copy] = [1, 2];
const [column, piece, loss, update, count] = [0, 1, 4, 6, 7];

/** Accesses, tapes and contractions, each by itself. */
export const stepBodies: readonly Mutation[] = [
  [
    'a contraction that does not say what it sums in',
    'accumulation',
    (p) => at(steps(p, blas, classify), 0).accumulates.pop(),
  ],
  [
    'a sum of f32 in f64',
    'accumulation',
    (p) => (at(steps(p, blas, classify), softmax).accumulates = [fb.DType.F64]),
  ],
  [
    'a sum in f32, and again',
    'accumulation',
    (p) => at(steps(p, blas, fit), column).accumulates.push(fb.DType.F32),
  ],
  [
    'a sum in no dtype',
    'accumulation',
    (p) => (at(steps(p, blas, fit), column).accumulates = [99 as fb.DType]),
  ],
  [
    'a copy that says that it sums',
    'accumulation',
    (p) => at(steps(p, blas, classify), copy).accumulates.push(fb.DType.F32),
  ],
  [
    'an op of a target that says nothing of its sums',
    'accumulation',
    (p) => {
      const sums = p.plans.flatMap(({ entries }) =>
        entries.flatMap(({ regions }) => regions.flatMap((region) => region.steps)),
      );
      const sum = sums.find(({ body, accumulates }) => body instanceof fb.ApplyT && accumulates[0]);
      (sum as fb.StepT).accumulates = [];
    },
  ],
  ['an access of no value', 'index', (p) => (access(p, classify, copy, 0).value = 7)],
  [
    'an access with an offset that is no expr',
    'index',
    (p) => (access(p, 0, copy, 0).offset = 9999),
  ],
  [
    'an access with a stride that is no expr',
    'index',
    (p) => (access(p, 0, copy, 0).strides[0] = 9999),
  ],
  ['an access with a stride too few', 'access', (p) => access(p, 0, copy, 0).strides.pop()],
  ['an access with a stride too many', 'access', (p) => access(p, 0, copy, 0).strides.push(0)],
  [
    'an access of a value without an address',
    'storage',
    (p) => (at(at(at(p.plans, blas).entries, classify).values, 3).storage = fb.Storage.Device),
  ],
  ['an access one beyond', 'access', (p) => (access(p, 0, copy, 0).offset = constant(p, 1))],
  ['an access one before', 'access', (p) => (access(p, 0, copy, 0).offset = constant(p, -1))],
  [
    'an access with too large a stride',
    'access',
    (p) => (access(p, 0, copy, 0).strides[0] = constant(p, 2)),
  ],
  [
    'an access that runs backwards from 0',
    'access',
    (p) => (access(p, 0, copy, 0).strides[0] = constant(p, -1)),
  ],
  [
    'an access whose address overflows 64 bits',
    'access',
    (p) => (access(p, 0, copy, 0).strides[0] = constant(p, 2 ** 52)),
  ],
  [
    'an access that is right at the largest binding alone',
    'access',
    (p) =>
      (access(p, classify, softmax, 0).offset = p.exprs.push(new fb.ExprT(-256n, 0, 0, 0)) - 1),
  ],
  ['a dim that is no expr', 'index', (p) => (fused(p, 0, copy).dims[0] = 9999)],
  ['a negative dim', 'extent', (p) => (fused(p, 0, copy).dims[0] = constant(p, -1))],
  [
    'too many dims',
    'rank',
    (p) => {
      const one = constant(p, 1);
      fused(p, 0, copy).dims = Array.from({ length: 9 }, () => one);
    },
  ],
  [
    'dims with a product of more than 53 bits',
    'overflow',
    (p) => {
      const [none, large] = [constant(p, 0), constant(p, 2 ** 31)];
      const of = fused(p, 0, copy);
      of.dims.push(large, large);
      for (const each of of.accesses) each.strides.push(none, none);
    },
  ],
  ['more reduced dims than dims', 'rank', (p) => (fused(p, 0, softmax).reduced = 3)],
  ['more inner dims than dims', 'rank', (p) => (fused(p, fit, column).inner = 2)],
  ['reduced dims without a Reduce', 'tape', (p) => (fused(p, fit, update).reduced = 1)],
  ['inner dims without a Reduce', 'tape', (p) => (fused(p, fit, update).inner = 1)],
  ['a Reduce without reduced dims', 'level', (p) => (fused(p, 0, softmax).reduced = 0)],

  ['an empty tape', 'tape', (p) => (fused(p, 0, copy).tape = [])],
  ['a tape without a Store', 'tape', (p) => fused(p, 0, copy).tape.pop()],
  ['an instruction of no kind', 'kind', (p) => (instr(p, 0, copy, 0).kind = 8 as fb.InstrKind)],
  ['an instruction of no dtype', 'kind', (p) => (instr(p, 0, copy, 0).dtype = 10 as fb.DType)],
  ['a load from no access', 'index', (p) => (instr(p, 0, copy, 0).a = 2)],
  ['a load of another dtype', 'dtype', (p) => (instr(p, 0, copy, 0).dtype = fb.DType.I32)],
  [
    'a load after a store',
    'tape',
    (p) => fused(p, fit, update).tape.push(instr(p, fit, update, 0)),
  ],
  ['a constant of too many bits', 'tape', (p) => (instr(p, 0, copy, 1).imm = 2n ** 32n)],
  [
    'a bool that is 2',
    'tape',
    (p) => Object.assign(instr(p, 0, copy, 1), { imm: 2n, dtype: fb.DType.Bool }),
  ],
  ['an index of no dim', 'index', (p) => (instr(p, 0, copy, 2).a = 1)],
  ['an index of another dtype', 'dtype', (p) => (instr(p, 0, copy, 2).dtype = fb.DType.F32)],
  ['a size of no expr', 'index', (p) => (instr(p, 0, copy, 4).imm = 9999n)],
  ['a size of far beyond', 'index', (p) => (instr(p, 0, copy, 4).imm = 2n ** 64n - 1n)],
  ['a size as bool', 'dtype', (p) => (instr(p, 0, copy, 4).dtype = fb.DType.Bool)],
  ['an Acc outside an epilogue', 'tape', (p) => (instr(p, 0, copy, 0).kind = fb.InstrKind.Acc)],
  ['a scalar of no op', 'op', (p) => (instr(p, 0, copy, 3).op = 60000)],
  ['a scalar of a view', 'op', (p) => (instr(p, 0, copy, 3).op = op('reshape'))],
  ['a scalar of a reduce', 'op', (p) => (instr(p, 0, copy, 3).op = op('sum'))],
  ['a scalar that refers to itself', 'index', (p) => (instr(p, 0, copy, 3).a = 3)],
  ['a scalar that refers to a later one', 'index', (p) => (instr(p, 0, copy, 5).b = 6)],
  ['a scalar that refers to far beyond', 'index', (p) => (instr(p, 0, copy, 5).b = 65535)],
  [
    'a scalar that refers to a store',
    'tape',
    (p) => {
      const { tape } = fused(p, fit, update);
      tape.push(new fb.InstrT(0n, op('neg'), 3, 0, 0, 0, fb.InstrKind.Scalar, fb.DType.F32));
    },
  ],
  ['a reduce of no op', 'op', (p) => (instr(p, 0, softmax, 1).op = 60000)],
  ['a reduce of an elementwise op', 'op', (p) => (instr(p, 0, softmax, 1).op = op('add'))],
  ['a reduce of a later instruction', 'index', (p) => (instr(p, 0, softmax, 1).a = 1)],
  ['a reduce of what is reduced already', 'level', (p) => (instr(p, 0, softmax, 4).a = 1)],
  ['a store to no access', 'index', (p) => (instr(p, 0, copy, 6).a = 2)],
  ['a store of no instruction', 'index', (p) => (instr(p, 0, copy, 6).b = 6)],
  ['a store of another dtype', 'dtype', (p) => (instr(p, 0, copy, 6).b = 2)],
  [
    'a store of a reduced value over the reduced dims',
    'level',
    (p) => (instr(p, 0, softmax, 6).b = 4),
  ],
  ['a store of a varying value without a stride', 'level', (p) => (instr(p, fit, loss, 5).b = 0)],
  [
    'a varying value after the Reduce of a column',
    'level',
    (p) => fused(p, fit, column).tape.splice(2, 0, instr(p, fit, column, 0)),
  ],
  [
    'a store that writes elements twice',
    'store',
    (p) => (access(p, fit, update, 2).strides[0] = constant(p, 9)),
  ],
  [
    'a store that does not move',
    'store',
    (p) => (access(p, fit, piece, 1).strides[0] = constant(p, 0)),
  ],
  [
    'a store that does not move along a dim of 2',
    'store',
    (p) => {
      fused(p, fit, count).dims = [constant(p, 2)];
      const none = constant(p, 0);
      for (const of of fused(p, fit, count).accesses) of.strides = [none];
    },
  ],

  ['a batch dim that is no expr', 'index', (p) => contract(p).batch.push(9999)],
  ['m that is no expr', 'index', (p) => (contract(p).m = 9999)],
  ['n that is no expr', 'index', (p) => (contract(p).n = 9999)],
  ['k that is no expr', 'index', (p) => (contract(p).k = 9999)],
  ['a negative k', 'extent', (p) => (contract(p).k = constant(p, -1))],
  ['a k that is too large', 'access', (p) => (contract(p).k = constant(p, 65))],
  [
    'too many batch dims',
    'rank',
    (p) => (contract(p).batch = Array.from({ length: 7 }, () => constant(p, 1))),
  ],
  ['a batch dim without strides', 'access', (p) => contract(p).batch.push(constant(p, 1))],
  [
    'an operand that moves along the other\u2019s dim',
    'access',
    (p) => ((contract(p).a ?? new fb.AccessT()).strides[1] = constant(p, 1)),
  ],
  [
    'a second operand that moves along the first\u2019s dim',
    'access',
    (p) => ((contract(p).b ?? new fb.AccessT()).strides[0] = constant(p, 1)),
  ],
  [
    'operands of two dtypes',
    'dtype',
    (p) => {
      // The state becomes f64 everywhere; the input stays f32.
      const { shape } = at(p.types, at(p.states, 0).type);
      const wide = p.types.push(new fb.TensorTypeT(fb.DType.F64, shape)) - 1;
      const narrow = at(p.states, 0).type;
      at(p.states, 0).type = wide;
      for (const of of p.functions) {
        of.parameters = of.parameters.map((type) => (type === narrow ? wide : type));
        for (const node of of.nodes) {
          node.outputs = node.outputs.map((type) => (type === narrow ? wide : type));
        }
      }
      for (const value of p.plans.flatMap((plan) => plan.entries.flatMap((of) => of.values))) {
        if (value.type === narrow) value.type = wide;
      }
    },
  ],
  ['an epilogue with other dims', 'rank', (p) => (epilogue(p).dims = [])],
  ['an epilogue that swaps m and n', 'rank', (p) => epilogue(p).dims.reverse()],
  ['an epilogue without a Store', 'tape', (p) => epilogue(p).tape.pop()],
  [
    'an epilogue without an Acc',
    'tape',
    (p) => Object.assign(at(epilogue(p).tape, 0), { kind: fb.InstrKind.Const, imm: 0n }),
  ],
  ['an Acc of another dtype', 'dtype', (p) => (at(epilogue(p).tape, 0).dtype = fb.DType.F64)],
  [
    'an epilogue with a Reduce',
    'tape',
    (p) =>
      Object.assign(at(epilogue(p).tape, 2), { kind: fb.InstrKind.Reduce, op: op('sum'), b: 0 }),
  ],
];
