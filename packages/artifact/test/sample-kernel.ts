/** The sample with one more entry: for mlx its first steps are a kernel where the device has Metal. */
import type { Index, ProgramBuilder } from '../src/index.ts';
import { fb } from '../src/index.ts';
import { access, ints, node, op, shapeAttr, step, tape, value } from './model.ts';
import { sample } from './sample.ts';

const { F32 } = fb.DType;

interface Parts {
  readonly builder: ProgramBuilder;
  readonly n: Index;
  readonly ten: Index;
  readonly rows: Index;
  readonly maxima: Index;
}

const repeat = ({ n, ten }: Parts): fb.AttributeT[] => [shapeAttr(n, ten), ints(0)];

/** exp(x - max x), row by row. */
const functionOf = (parts: Parts): fb.FunctionT => {
  const { rows, maxima } = parts;
  const nodes = [
    node('max', [0], maxima, [ints(1)]),
    node('broadcast', [1], rows, repeat(parts)),
    node('sub', [0, 2], rows),
    node('exp', [3], rows),
  ];
  return new fb.FunctionT('norm', [rows], nodes, [4]);
};

const blasPlan = ({ builder, n, ten, rows }: Parts, entry: Index): fb.EntryPlanT => {
  const at = (of: number): fb.AccessT => access(builder, of, [10, 1]);
  const { load, reduce, scalar, store } = tape;
  const fused = new fb.FusedT(
    [n, ten],
    1,
    0,
    [at(0), at(1)],
    [load(0), reduce('max', 0), scalar('sub', [0, 1]), scalar('exp', [2]), store(1, 3)],
  );
  const values = [value.input(rows, 0), value.output(rows, 0)];
  const region = new fb.RegionT('blas', [step(fused, 'fused max+sub+exp', 0)]);
  return new fb.EntryPlanT(entry, values, [region], 0n, 0n, 1, []);
};

const mlxPlan = (parts: Parts, entry: Index): fb.EntryPlanT => {
  const { builder, n, rows, maxima } = parts;
  const apply = (
    name: string,
    inputs: number[],
    output: number,
    attributes: fb.AttributeT[] = [],
  ) => step(new fb.ApplyT(op(name), inputs, [output], attributes), name, 0);
  const kernel = new fb.KernelT(
    'vorab_max_sub',
    [0],
    [3],
    [n],
    n,
    32,
    8,
    builder.string('template <typename T> T twice(T x) { return x + x; }'),
    builder.string('y0[0] = x0[0];\n'),
    [
      apply('max', [0], 1, [ints(1)]),
      apply('broadcast', [1], 2, repeat(parts)),
      apply('sub', [0, 2], 3),
    ],
  );
  const values = [
    value.input(rows, 0),
    value.device(maxima),
    value.device(rows),
    value.device(rows),
    value.output(rows, 0),
  ];
  const region = new fb.RegionT('mlx', [step(kernel, 'kernel max+sub', 0), apply('exp', [3], 4)]);
  return new fb.EntryPlanT(entry, values, [region], 0n, 0n, 2, []);
};

export const kernelSample = (): ProgramBuilder => {
  const builder = sample();
  const { program } = builder;
  const [n, ten] = [builder.symbolExpr(0), builder.literal(10)];
  const rows = builder.type(F32, [n, ten]);
  const parts: Parts = { builder, n, ten, rows, maxima: builder.type(F32, [n]) };
  const of = program.functions.push(functionOf(parts)) - 1;
  const port = (name: string): fb.PortT => new fb.PortT(name, rows);
  const entry =
    program.entries.push(
      new fb.EntryT('norm', '', fb.EntryKind.Program, of, [port('x')], [port('y')], [], [], 0, [0]),
    ) - 1;
  program.plans[0]?.entries.push(blasPlan(parts, entry));
  program.plans[1]?.entries.push(mlxPlan(parts, entry));
  return builder;
};
