/** A small legal program with a plan over two targets: `run` on blas, then, through a transfer, on mlx. */
import { fb, type Index, ProgramBuilder } from '../src/index.ts';
import { node, op, step, value } from './model.ts';

const { F32 } = fb.DType;
const { Program, Part } = fb.EntryKind;

interface Parts {
  readonly builder: ProgramBuilder;
  readonly batch: Index;
  readonly pair: Index;
}

/** y = exp(-x), and w becomes -w. */
const addFunctions = ({ builder, batch, pair }: Parts): void => {
  const negate = node('neg', [0], batch);
  builder.program.functions.push(
    new fb.FunctionT(
      'run',
      [batch, pair],
      [negate, node('exp', [2], batch), node('neg', [1], pair)],
      [3, 4],
    ),
    new fb.FunctionT('run/0:blas', [batch, pair], [negate, node('neg', [1], pair)], [2, 3]),
    new fb.FunctionT('run/1:mlx', [batch], [node('exp', [0], batch)], [1]),
  );
};

const addEntries = ({ builder, batch, pair }: Parts): void => {
  const { program } = builder;
  const port = (name: string): fb.PortT => new fb.PortT(name, batch);
  const entry = (
    name: string,
    kind: fb.EntryKind,
    of: Index,
    ports: readonly [string, string],
    states: readonly Index[],
  ): fb.EntryT => {
    const [[from, to], used] = [ports, [...states]];
    return new fb.EntryT(name, '', kind, of, [port(from)], [port(to)], used, used, 0, [0]);
  };
  program.states.push(new fb.StateT('w', pair, fb.StateKind.State, false));
  program.entries.push(
    entry('run', Program, 0, ['x', 'y'], [0]),
    entry('run/0:blas', Part, 1, ['x', 't'], [0]),
    entry('run/1:mlx', Part, 2, ['t', 'y'], []),
  );
};

const apply = (name: string, from: Index, to: Index): fb.StepT =>
  step(new fb.ApplyT(op(name), [from], [to], []), name, 0);

const partPlans = ({ batch, pair }: Parts): fb.PlanT[] => {
  const first = new fb.EntryPlanT(
    1,
    [value.input(batch, 0), value.output(batch, 0), value.state(pair, 0)],
    [new fb.RegionT('blas', [apply('neg', 0, 1), apply('neg', 2, 2)])],
    0n,
    0n,
    1,
    [],
  );
  const second = new fb.EntryPlanT(
    2,
    [value.input(batch, 0), value.output(batch, 0)],
    [new fb.RegionT('mlx', [apply('exp', 0, 1)])],
    0n,
    0n,
    1,
    [],
  );
  return [
    new fb.PlanT('blas+mlx/blas', ['blas'], [first], true, [], [0]),
    new fb.PlanT('blas+mlx/mlx', ['mlx'], [second], true, [], []),
  ];
};

const splitPlan = ({ builder, batch, pair }: Parts): fb.PlanT => {
  const reason = builder.string('cheapest');
  const costs = [
    new fb.PlacementCostT('blas', 10n, 0),
    new fb.PlacementCostT('mlx', 0n, builder.string('has no neg')),
  ];
  const first = new fb.CallT(1, [0], [1], [4], [4]);
  const second = new fb.CallT(2, [2], [3], [], []);
  const run = new fb.EntryPlanT(
    0,
    [
      value.input(batch, 0),
      value.device(batch),
      value.device(batch),
      value.output(batch, 0),
      value.state(pair, 0),
    ],
    [
      new fb.RegionT('blas', [step(first, 'run/0:blas', 0, new fb.PlacementT(reason, costs))]),
      new fb.RegionT('mlx', [
        step(new fb.TransferT(1, 2), 't', 0),
        step(second, 'run/1:mlx', 0, new fb.PlacementT(reason, costs)),
      ]),
    ],
    0n,
    0n,
    0,
    [],
  );
  const names = ['blas', 'mlx'];
  return new fb.PlanT('blas+mlx', names, [run], false, [0, 1], [], 'min cut', '5ca1ab1e');
};

/** Built anew on each call, so that a mutation may change it. */
export const splitSample = (): ProgramBuilder => {
  const builder = new ProgramBuilder('vorab 0.1.0');
  const batch = builder.symbolExpr(builder.symbol('N', { min: 1, max: 8 }));
  builder.symbol('M', { min: 1, max: 8 });
  builder.location('model.ts', 1, 1);
  const two = builder.literal(2);
  const parts: Parts = {
    builder,
    batch: builder.type(F32, [batch, two]),
    pair: builder.type(F32, [two]),
  };
  addFunctions(parts);
  addEntries(parts);
  builder.program.plans.push(...partPlans(parts), splitPlan(parts));
  return builder;
};
