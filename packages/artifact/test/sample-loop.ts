/** The sample with one more entry: a scan, whose body is a plan of its own for blas. */
import type { Index, ProgramBuilder } from '../src/index.ts';
import { fb } from '../src/index.ts';
import { access, node, op, step, tape, value } from './model.ts';
import { sample } from './sample.ts';

const { F32, U8 } = fb.DType;
const { Program } = fb.EntryKind;

interface Parts {
  readonly builder: ProgramBuilder;
  readonly pair: Index;
  readonly rows: Index;
  readonly scratch: Index;
  /** The functions of the entry, and of the body. */
  readonly outer: Index;
  readonly body: Index;
}

const attributes = ({ builder, body }: Parts): fb.AttributeT[] => [
  new fb.AttributeT(fb.AttributeValue.FunctionAttr, new fb.FunctionAttrT(body)),
  new fb.AttributeT(fb.AttributeValue.DimAttr, new fb.DimAttrT(builder.literal(3))),
  new fb.AttributeT(fb.AttributeValue.IntAttr, new fb.IntAttrT(1n)),
  new fb.AttributeT(fb.AttributeValue.IntAttr, new fb.IntAttrT(1n)),
  new fb.AttributeT(fb.AttributeValue.BoolAttr, new fb.BoolAttrT(false)),
];

/** carry' = carry + element · w, which is the result too. */
const functions = (parts: Parts): fb.FunctionT[] => {
  const { pair, rows } = parts;
  const scan = new fb.NodeT(op('scan'), [0, 1, 2], attributes(parts), [pair, rows], [0]);
  return [
    new fb.FunctionT('loop', [pair, rows, pair], [scan], [3, 4]),
    new fb.FunctionT(
      'step',
      [pair, pair, pair],
      [node('mul', [1, 2], pair), node('add', [0, 3], pair)],
      [4, 4],
    ),
  ];
};

const bodyOf = ({ builder, pair }: Parts): fb.BodyT => {
  const over = (accesses: fb.AccessT[], instrs: fb.InstrT[]): fb.FusedT =>
    new fb.FusedT([builder.literal(2)], 0, 0, accesses, instrs);
  const at = (of: number): fb.AccessT => access(builder, of, [1]);
  const { load, scalar, store } = tape;
  const scale = over([at(1), at(2), at(3)], [load(0), load(1), scalar('mul', [0, 1]), store(2, 2)]);
  const sum = over(
    [at(0), at(3), at(4)],
    [load(0), load(1), scalar('add', [0, 1]), store(0, 2), store(2, 2)],
  );
  const values = [
    value.state(pair, 0),
    value.input(pair, 1),
    value.input(pair, 2),
    value.arena(pair, 0, 64),
    value.output(pair, 1),
  ];
  return new fb.BodyT(1, values, [step(scale, 'mul', 0), step(sum, 'add', 0)], 64n);
};

const blasPlan = (parts: Parts, entry: Index): fb.EntryPlanT => {
  const { pair, rows, scratch } = parts;
  const bodies = [bodyOf(parts)];
  const scan = new fb.ControlT(op('scan'), [0, 1, 2], [3, 4], attributes(parts), bodies, [5]);
  const values = [
    value.input(pair, 0),
    value.input(rows, 1),
    value.input(pair, 2),
    value.output(pair, 0),
    value.output(rows, 1),
    value.arena(scratch, 0, 64),
  ];
  return new fb.EntryPlanT(entry, values, [region('blas', scan)], 64n, 64n, 1, []);
};

const mlxPlan = (parts: Parts, entry: Index): fb.EntryPlanT => {
  const { pair, rows } = parts;
  const scan = new fb.ApplyT(op('scan'), [0, 1, 2], [3, 4], attributes(parts));
  const values = [
    value.input(pair, 0),
    value.input(rows, 1),
    value.input(pair, 2),
    value.output(pair, 0),
    value.output(rows, 1),
  ];
  return new fb.EntryPlanT(entry, values, [region('mlx', scan)], 0n, 0n, 1, []);
};

const region = (target: string, scan: fb.ControlT | fb.ApplyT): fb.RegionT =>
  new fb.RegionT(target, [step(scan, 'scan', 0)]);

export const loopSample = (): ProgramBuilder => {
  const builder = sample();
  const { program } = builder;
  const [two, three] = [builder.literal(2), builder.literal(3)];
  const parts: Parts = {
    builder,
    pair: builder.type(F32, [two]),
    rows: builder.type(F32, [three, two]),
    scratch: builder.type(U8, [builder.literal(64)]),
    outer: program.functions.length,
    body: program.functions.length + 1,
  };
  program.functions.push(...functions(parts));
  const port = (name: string, type: Index): fb.PortT => new fb.PortT(name, type);
  const inputs = [port('h', parts.pair), port('xs', parts.rows), port('w', parts.pair)];
  const outputs = [port('last', parts.pair), port('all', parts.rows)];
  const entry =
    program.entries.push(
      new fb.EntryT('loop', '', Program, parts.outer, inputs, outputs, [], [], 0, []),
    ) - 1;
  program.plans[0]?.entries.push(blasPlan(parts, entry));
  program.plans[1]?.entries.push(mlxPlan(parts, entry));
  return builder;
};
