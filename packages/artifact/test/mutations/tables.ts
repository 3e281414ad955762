import { fb } from '../../src/index.ts';
import { at, type Mutation } from './types.ts';

const expr = (
  kind: fb.ExprKind,
  value: bigint,
  lhs = 0,
  rhs = 0,
): ((program: fb.ProgramT) => void) => {
  return (p) => {
    p.exprs.push(new fb.ExprT(value, lhs, rhs, kind));
  };
};

/** Appends exprs: each sees the index that it gets. */
const exprs =
  (...make: ((index: number) => fb.ExprT)[]): ((program: fb.ProgramT) => void) =>
  (p) => {
    for (const one of make) p.exprs.push(one(p.exprs.length));
  };

const { Const, Symbol: Sym, Add, Mul, FloorDiv } = fb.ExprKind;

/** Symbols, exprs, types, files, locations, constants, segments, states. */
export const tables: readonly Mutation[] = [
  ['a feature that no build knows', 'feature', (p) => p.requiredFeatures.push('sparse')],
  ['a symbol without a name', 'name', (p) => (at(p.symbols, 0).name = '')],
  ['two symbols of one name', 'duplicate', (p) => (at(p.symbols, 1).name = 'N')],
  ['a symbol below 0', 'bounds', (p) => (at(p.symbols, 0).min = -1n)],
  ['a symbol with min above max', 'bounds', (p) => (at(p.symbols, 0).min = 257n)],
  ['a symbol beyond 31 bits', 'bounds', (p) => (at(p.symbols, 0).max = 2n ** 31n)],
  ['a symbol that is a multiple of 0', 'bounds', (p) => (at(p.symbols, 0).multipleOf = 0n)],
  ['a symbol that is a multiple of -1', 'bounds', (p) => (at(p.symbols, 0).multipleOf = -1n)],
  [
    'a symbol that is a multiple of too much',
    'bounds',
    (p) => (at(p.symbols, 0).multipleOf = 2n ** 40n),
  ],
  [
    'a symbol without a multiple in its bounds',
    'bounds',
    (p) => (at(p.symbols, 0).multipleOf = 300n),
  ],
  [
    'too many symbols',
    'bounds',
    (p) => {
      for (let i = 0; i < 64; i++) p.symbols.push(new fb.SymbolT(`S${i}`, 1n, 2n, 1n));
    },
  ],
  ['an expr of no kind', 'kind', expr(5 as fb.ExprKind, 0n)],
  ['a constant expr beyond 53 bits', 'overflow', expr(Const, 2n ** 53n)],
  ['a constant expr below 53 bits', 'overflow', expr(Const, -(2n ** 63n))],
  ['an expr of a symbol that is not there', 'index', expr(Sym, 2n)],
  ['an expr of a negative symbol', 'index', expr(Sym, -1n)],
  ['an expr that adds itself', 'index', exprs((i) => new fb.ExprT(0n, i, 0, Add))],
  ['an expr that adds a later one', 'index', exprs((i) => new fb.ExprT(0n, 0, i + 1, Add))],
  [
    'a sum beyond 53 bits',
    'overflow',
    exprs(
      () => new fb.ExprT(2n ** 53n - 1n, 0, 0, Const),
      (i) => new fb.ExprT(0n, i - 1, i - 1, Add),
    ),
  ],
  [
    'a product beyond 53 bits',
    'overflow',
    exprs(
      () => new fb.ExprT(2n ** 40n, 0, 0, Const),
      (i) => new fb.ExprT(0n, i - 1, i - 1, Mul),
    ),
  ],
  [
    'a product below 53 bits, at a symbol',
    'overflow',
    exprs(
      () => new fb.ExprT(-(2n ** 46n), 0, 0, Const),
      (i) => new fb.ExprT(0n, i - 1, 0, Mul),
    ),
  ],
  [
    'a division by 0',
    'division',
    exprs(
      () => new fb.ExprT(0n, 0, 0, Const),
      (i) => new fb.ExprT(0n, 0, i - 1, FloorDiv),
    ),
  ],
  [
    'a division by what can be 0',
    'division',
    exprs(
      () => new fb.ExprT(-5n, 0, 0, Const),
      (i) => new fb.ExprT(0n, 0, i - 1, Add),
      (i) => new fb.ExprT(0n, 0, i - 1, FloorDiv),
    ),
  ],
  ['a type of no dtype', 'kind', (p) => (at(p.types, 0).dtype = 10 as fb.DType)],
  ['a type of a dim that is not there', 'index', (p) => at(p.types, 0).shape.push(9999)],
  [
    'a type of too high a rank',
    'rank',
    (p) =>
      p.types.push(
        new fb.TensorTypeT(
          fb.DType.F32,
          Array.from({ length: 9 }, () => 0),
        ),
      ),
  ],
  [
    'a type with a negative extent',
    'extent',
    (p) => {
      const negative = p.exprs.push(new fb.ExprT(-3n, 0, 0, Const)) - 1;
      p.types.push(new fb.TensorTypeT(fb.DType.F32, [negative]));
    },
  ],
  [
    'a type with an extent that is negative at the smallest binding',
    'extent',
    (p) => {
      const less = p.exprs.push(new fb.ExprT(-2n, 0, 0, Const)) - 1;
      const difference = p.exprs.push(new fb.ExprT(0n, 0, less, Add)) - 1;
      p.types.push(new fb.TensorTypeT(fb.DType.F32, [difference]));
    },
  ],
  [
    'a type of more than 53 bits of bytes',
    'overflow',
    (p) => {
      const large = p.exprs.push(new fb.ExprT(2n ** 30n, 0, 0, Const)) - 1;
      p.types.push(new fb.TensorTypeT(fb.DType.F32, [large, large]));
    },
  ],
  [
    'a type whose extents overflow before a 0',
    'overflow',
    (p) => {
      const large = p.exprs.push(new fb.ExprT(2n ** 52n, 0, 0, Const)) - 1;
      const none = p.exprs.push(new fb.ExprT(0n, 0, 0, Const)) - 1;
      p.types.push(new fb.TensorTypeT(fb.DType.F32, [large, large, large, none]));
    },
  ],
  ['an empty file name', 'text', (p) => (p.files[0] = '')],
  ['an absolute file name', 'text', (p) => (p.files[0] = '/home/model.ts')],
  ['a file name with backslashes', 'text', (p) => (p.files[0] = 'src\\model.ts')],
  ['a location in no file', 'index', (p) => (at(p.locations, 0).file = 1)],
  ['a location on line 0', 'location', (p) => (at(p.locations, 0).line = 0)],
  ['a location in column 0', 'location', (p) => (at(p.locations, 0).column = 0)],
  ['a constant of no type', 'index', (p) => (at(p.constants, 0).type = 9999)],
  ['a constant of a symbolic type', 'symbolic', (p) => (at(p.constants, 0).type = 1)],
  ['a state without a name', 'name', (p) => (at(p.states, 0).name = '')],
  ['two states of one name', 'duplicate', (p) => (at(p.states, 1).name = 'weight')],
  ['a state of no type', 'index', (p) => (at(p.states, 0).type = 9999)],
  ['a state of a symbolic type', 'symbolic', (p) => (at(p.states, 0).type = 1)],
  ['a state of no kind', 'kind', (p) => (at(p.states, 0).kind = 3 as fb.StateKind)],
];
