/** A small legal program that uses every part of the schema; bad files are made from it by mutation. */
import { fb, ProgramBuilder } from '../src/index.ts';
import {
  access,
  constantAttr,
  dtypeAttr,
  ints,
  node,
  op,
  shapeAttr,
  step,
  tape,
  value,
} from './model.ts';

const { F32, I32, U32, F64, BF16 } = fb.DType;

/** Indices that the parts share. */
interface Parts {
  readonly builder: ProgramBuilder;
  readonly n: number;
  readonly half: number;
  readonly batch: number;
  readonly image: number;
  readonly probs: number;
  readonly weight: number;
  readonly bias: number;
  readonly row: number;
  readonly pair: number;
  readonly scalar: number;
  readonly counter: number;
  readonly seed: number;
  readonly biasData: number;
  readonly reason: number;
}

const makeParts = (): Parts => {
  const builder = new ProgramBuilder('vorab 0.1.0');
  const symbol = builder.symbol('N', { min: 1, max: 256 });
  const even = builder.symbol('M', { min: 1, max: 64, multipleOf: 2 });
  const n = builder.symbolExpr(symbol);
  const m = builder.symbolExpr(even);
  const dim = (size: number): number => builder.literal(size);
  const half = builder.expr(fb.ExprKind.FloorDiv, 0, m, dim(2));
  builder.location('examples/digits/model.ts', 7, 3);
  const bias = builder.type(F32, [dim(10)]);
  return {
    builder,
    n,
    half,
    batch: builder.expr(fb.ExprKind.Mul, 0, n, dim(10)),
    image: builder.type(F32, [n, dim(64)]),
    probs: builder.type(F32, [n, dim(10)]),
    weight: builder.type(F32, [dim(64), dim(10)]),
    bias,
    row: builder.type(F32, [dim(10)]),
    pair: builder.type(F32, [m, dim(2)]),
    scalar: builder.type(F32, []),
    counter: builder.type(I32, []),
    seed: builder.type(U32, [dim(2)]),
    biasData: builder.constant(new Uint8Array(new Float32Array(10).fill(0.5).buffer), bias),
    reason: builder.string('blas runs every op of this program'),
  };
};

const addFunctions = ({ builder, ...p }: Parts): void => {
  const { program } = builder;
  program.functions.push(
    // classify(image, weight) -> probs
    new fb.FunctionT(
      'classify',
      [p.image, p.weight],
      [
        node('matmul', [0, 1], p.probs),
        node('constant', [], p.bias, [constantAttr(p.biasData)]),
        node('broadcast', [3], p.probs, [shapeAttr(p.n, builder.literal(10)), ints(1)]),
        node('add', [2, 4], p.probs),
        node('exp', [5], p.probs),
      ],
      [6],
    ),
    // fit(image, pair, weight, count) -> loss, weight, count
    new fb.FunctionT(
      'fit',
      [p.image, p.pair, p.weight, p.counter],
      [node('sum', [0], p.scalar, [ints(0, 1)]), node('cast', [4], p.scalar, [dtypeAttr(F32)])],
      [5, 2, 3],
    ),
    // init(seed) -> weight, count
    new fb.FunctionT(
      'init',
      [p.seed],
      [
        node('iota', [], p.counter, [
          shapeAttr(),
          new fb.AttributeT(fb.AttributeValue.IntAttr, new fb.IntAttrT(0n)),
          dtypeAttr(I32),
        ]),
        node('full', [], p.weight, [
          new fb.AttributeT(fb.AttributeValue.FloatAttr, new fb.FloatAttrT(0.5)),
          dtypeAttr(F32),
          shapeAttr(builder.literal(64), builder.literal(10)),
        ]),
      ],
      [2, 1],
    ),
  );
};

const addEntries = ({ builder, ...p }: Parts): void => {
  const { program } = builder;
  program.states.push(
    new fb.StateT('weight', p.weight, fb.StateKind.Parameter, true),
    new fb.StateT('count', p.counter, fb.StateKind.State, false),
  );
  const port = (name: string, type: number): fb.PortT => new fb.PortT(name, type, '');
  const { Program, Init } = fb.EntryKind;
  program.entries.push(
    new fb.EntryT(
      'classify',
      'Class probabilities.',
      Program,
      0,
      [port('image', p.image)],
      [port('probs', p.probs)],
      [0],
      [],
      0,
      [0],
    ),
    new fb.EntryT(
      'fit',
      '',
      Program,
      1,
      [port('image', p.image), port('pair', p.pair)],
      [port('loss', p.scalar)],
      [0, 1],
      [0, 1],
      0,
      [0, 1],
    ),
    new fb.EntryT('init', '', Init, 2, [port('seed', p.seed)], [], [], [0, 1], 0, []),
  );
};

/** A contraction with a bias, a softmax over rows in its place, and a copy to the output. */
const classifyPlan = ({ builder, ...p }: Parts): fb.EntryPlanT => {
  const ten = builder.literal(10);
  const k = builder.literal(64);
  const bytes = 256 * 10 * 4;
  const epilogue = new fb.FusedT(
    [p.n, ten],
    0,
    0,
    [access(builder, 2, [0, 1]), access(builder, 3, [10, 1])],
    [tape.acc(), tape.load(0), tape.scalar('add', [0, 1]), tape.store(1, 2)],
  );
  const contract = new fb.ContractT(
    [],
    p.n,
    ten,
    k,
    access(builder, 0, [64, 0, 1]),
    access(builder, 1, [0, 1, 10]),
    epilogue,
  );
  const softmax = new fb.FusedT(
    [p.n, ten],
    1,
    0,
    [access(builder, 3, [10, 1]), access(builder, 4, [10, 1])],
    [
      tape.load(0),
      tape.reduce('max', 0),
      tape.scalar('sub', [0, 1]),
      tape.scalar('exp', [2]),
      tape.reduce('sum', 3),
      tape.scalar('div', [3, 4]),
      tape.store(1, 5),
    ],
  );
  const copy = new fb.FusedT(
    [p.batch],
    0,
    0,
    [access(builder, 6, [1]), access(builder, 5, [1])],
    [
      tape.load(0),
      tape.constant(0x3f800000n),
      tape.index(0),
      tape.scalar('cast', [2]),
      tape.size(p.n),
      tape.scalar('mul', [0, 1]),
      tape.store(1, 5),
    ],
  );
  const flat = builder.type(F32, [p.batch]);
  return new fb.EntryPlanT(
    0,
    [
      value.input(p.image, 0),
      value.state(p.weight, 0),
      value.constant(p.bias, p.biasData),
      value.arena(p.probs, 0, bytes),
      value.arena(p.probs, 0, bytes),
      value.output(p.probs, 0),
      value.alias(flat, 4),
    ],
    [
      new fb.RegionT('blas', [
        step(contract, 'matmul+add', p.reason),
        step(softmax, 'fused softmax', p.reason),
        step(copy, 'fused mul', p.reason),
      ]),
    ],
    BigInt(bytes),
    BigInt(bytes),
    3,
    [new fb.CastRecordT(BF16, F32, p.reason, 0)],
  );
};

/** Column reduction, a value written in two pieces, a routine, and state updated in place. */
const fitPlan = ({ builder, ...p }: Parts): fb.EntryPlanT => {
  const dim = (size: number): number => builder.literal(size);
  const sums = builder.type(F32, [dim(64)]);
  const pieces = builder.type(F32, [dim(128)]);
  const position = builder.type(I32, []);
  const column = new fb.FusedT(
    [p.n, dim(64)],
    1,
    1,
    [access(builder, 0, [64, 1]), access(builder, 1, [0, 1])],
    [tape.load(0), tape.reduce('sum', 0), tape.store(1, 1)],
  );
  const piece = (offset: number, stride: number): fb.FusedT =>
    new fb.FusedT(
      [dim(64)],
      0,
      0,
      [access(builder, 1, [1]), access(builder, 2, [stride], offset)],
      [tape.load(0), tape.store(1, 0)],
    );
  const argMax = new fb.ApplyT(
    op('argMax'),
    [2],
    [3],
    [new fb.AttributeT(fb.AttributeValue.IntAttr, new fb.IntAttrT(0n))],
  );
  const loss = new fb.FusedT(
    [dim(128)],
    1,
    0,
    [access(builder, 2, [1]), access(builder, 4, [0]), access(builder, 3, [0])],
    [
      tape.load(0),
      tape.reduce('sum', 0),
      tape.load(2, I32),
      tape.scalar('cast', [2]),
      tape.scalar('add', [1, 3]),
      tape.store(1, 4),
    ],
  );
  const update = new fb.FusedT(
    [dim(64), dim(10)],
    0,
    0,
    [access(builder, 5, [10, 1]), access(builder, 1, [1, 0]), access(builder, 5, [10, 1])],
    [tape.load(0), tape.load(1), tape.scalar('sub', [0, 1]), tape.store(2, 2)],
  );
  const count = new fb.FusedT(
    [],
    0,
    0,
    [access(builder, 6, []), access(builder, 6, [])],
    [
      tape.load(0, I32),
      tape.constant(1n, I32),
      tape.scalar('add', [0, 1], I32),
      tape.store(1, 2, I32),
    ],
  );
  // Reads every other element of the second input, backwards: its size depends on M.
  const strided = new fb.FusedT(
    [p.half],
    1,
    0,
    [access(builder, 7, [-4], { expr: lastOf(builder, p.half) }), access(builder, 8, [0])],
    [tape.load(0), tape.reduce('max', 0), tape.store(1, 1)],
  );
  return new fb.EntryPlanT(
    1,
    [
      value.input(p.image, 0),
      value.arena(sums, 0, 256),
      value.arena(pieces, 256, 512),
      value.arena(position, 768, 64),
      value.output(p.scalar, 0),
      value.state(p.weight, 0),
      value.state(p.counter, 1),
      value.input(p.pair, 1),
      value.arena(p.scalar, 832, 64),
    ],
    [
      new fb.RegionT('blas', [
        step(column, 'fused sum', p.reason),
        step(piece(0, 1), 'fused copy', p.reason),
        step(piece(127, -1), 'fused copy', p.reason),
        step(argMax, 'argMax', p.reason),
        step(loss, 'fused sum+add', p.reason),
        step(strided, 'fused max', p.reason),
        step(update, 'fused sub', p.reason),
        step(count, 'fused add', p.reason),
      ]),
    ],
    896n,
    896n,
    6,
    [],
  );
};

/** The expr 4 * (dim - 1): with stride -4 the last multiple of 4 comes first. */
const lastOf = (builder: ProgramBuilder, dim: number): number => {
  const less = builder.expr(fb.ExprKind.Add, 0, dim, builder.literal(-1));
  return builder.expr(fb.ExprKind.Mul, 0, less, builder.literal(4));
};

const initPlan = ({ builder, ...p }: Parts): fb.EntryPlanT => {
  const fill = new fb.FusedT(
    [builder.literal(640)],
    0,
    0,
    [access(builder, 0, [1])],
    [tape.constant(0x3f000000n), tape.store(0, 0)],
  );
  const zero = new fb.FusedT(
    [],
    0,
    0,
    [access(builder, 1, [])],
    [tape.constant(0n, I32), tape.store(0, 0, I32)],
  );
  return new fb.EntryPlanT(
    2,
    [value.state(p.weight, 0), value.state(p.counter, 1)],
    [
      new fb.RegionT('blas', [
        step(fill, 'fused full', p.reason),
        step(zero, 'fused full', p.reason),
      ]),
    ],
    0n,
    0n,
    0,
    [],
  );
};

const apply = (
  name: string,
  inputs: number[],
  output: number,
  attributes: fb.AttributeT[] = [],
): fb.ApplyT => new fb.ApplyT(op(name), inputs, [output], attributes);

/** The same entries as values without addresses. */
const devicePlan = ({ builder, ...p }: Parts): fb.PlanT => {
  const steps = (...bodies: fb.ApplyT[]): fb.RegionT[] => [
    new fb.RegionT(
      'mlx',
      bodies.map((body) => step(body, 'op', p.reason)),
    ),
  ];
  const classify = new fb.EntryPlanT(
    0,
    [
      value.input(p.image, 0),
      value.state(p.weight, 0),
      value.constant(p.bias, p.biasData),
      value.device(p.probs),
      value.device(p.probs),
      value.device(p.probs),
      value.output(p.probs, 0),
    ],
    steps(
      apply('matmul', [0, 1], 3),
      apply('broadcast', [2], 4, [shapeAttr(p.n, builder.literal(10)), ints(1)]),
      apply('add', [3, 4], 5),
      apply('exp', [5], 6),
    ),
    0n,
    0n,
    4,
    [],
  );
  const fit = new fb.EntryPlanT(
    1,
    [
      value.input(p.image, 0),
      value.state(p.weight, 0),
      value.state(p.counter, 1),
      value.output(p.scalar, 0),
    ],
    steps(apply('sum', [0], 3, [ints(0, 1)]), apply('add', [1, 1], 1), apply('add', [2, 2], 2)),
    0n,
    0n,
    1,
    [],
  );
  const init = new fb.EntryPlanT(
    2,
    [value.state(p.weight, 0), value.state(p.counter, 1)],
    steps(
      apply('full', [], 0, [
        new fb.AttributeT(fb.AttributeValue.FloatAttr, new fb.FloatAttrT(0.5)),
        dtypeAttr(F32),
        shapeAttr(builder.literal(64), builder.literal(10)),
      ]),
      apply('iota', [], 1, [
        shapeAttr(),
        new fb.AttributeT(fb.AttributeValue.IntAttr, new fb.IntAttrT(0n)),
        dtypeAttr(I32),
      ]),
    ),
    0n,
    0n,
    0,
    [],
  );
  return new fb.PlanT('mlx', ['mlx'], [classify, fit, init]);
};

/** Built anew on each call, so that a mutation may change it. */
export const sample = (): ProgramBuilder => {
  const parts = makeParts();
  const { builder } = parts;
  addFunctions(parts);
  addEntries(parts);
  builder.program.plans.push(
    new fb.PlanT('blas', ['blas'], [classifyPlan(parts), fitPlan(parts), initPlan(parts)]),
    devicePlan(parts),
  );
  return builder;
};

/** Adds a constant large enough for a segment of its own, referred to by nothing. */
export const withLargeConstant = (builder: ProgramBuilder): ProgramBuilder => {
  const hundred = builder.literal(100);
  const type = builder.type(F64, [hundred, hundred]);
  builder.constant(new Uint8Array(new Float64Array(10_000).fill(1).buffer), type);
  return builder;
};
