/** An artifact with a plan over both stub backends, written by hand: one entry of two parts. */
import { fb, opByName, ProgramBuilder } from '@vorab/artifact';

/** What a part does is its name, as the stub knows it. */
export interface StubPart {
  readonly name: string;
  readonly target: 'stub' | 'stub_owner';
  /** Whether the state is held there, which it then writes. */
  readonly writes: boolean;
}

const { Input, Output, State, Device } = fb.Storage;
const neg = opByName('neg')?.id ?? 0;

/** `ms` and what the parts make of it, and the state `count`. */
interface Types {
  readonly ms: number;
  readonly count: number;
}

const functionOf = (name: string, writes: boolean, { ms, count }: Types): fb.FunctionT => {
  const node = (of: number, result: number): fb.NodeT => new fb.NodeT(neg, [of], [], [result], [0]);
  return writes
    ? new fb.FunctionT(name, [ms, count], [node(0, ms), node(1, count)], [2, 3])
    : new fb.FunctionT(name, [ms], [node(0, ms)], [1]);
};

const addEntry = (
  program: fb.ProgramT,
  types: Types,
  { name, writes }: Pick<StubPart, 'name' | 'writes'>,
  kind: fb.EntryKind,
): number => {
  const [inputs, outputs] = [[new fb.PortT('ms', types.ms)], [new fb.PortT('y', types.ms)]];
  const states = writes ? [0] : [];
  const of = program.functions.push(functionOf(name, writes, types)) - 1;
  const entry = new fb.EntryT(name, '', kind, of, inputs, outputs, states, states, 0, [0]);
  return program.entries.push(entry) - 1;
};

const partPlan = ({ target, writes }: StubPart, entry: number, { ms, count }: Types): fb.PlanT => {
  const negate = (from: number, to: number): fb.StepT => {
    const body = new fb.ApplyT(neg, [from], [to], []);
    return new fb.StepT(fb.StepBody.Apply, body, 'neg', 0, 0, [], [0]);
  };
  const values = [new fb.ValueT(ms, Input), new fb.ValueT(ms, Output)];
  if (writes) values.push(new fb.ValueT(count, State));
  const steps = [negate(0, 1), ...(writes ? [negate(2, 2)] : [])];
  const plan = new fb.EntryPlanT(entry, values, [new fb.RegionT(target, steps)], 0n, 0n, 1);
  return new fb.PlanT(`both/${target}`, [target], [plan], true, [], writes ? [0] : []);
};

/** Input and first result on the first target; its copy, and the output, on the second. */
const wholePlan = (first: StubPart, second: StubPart, { ms, count }: Types): fb.PlanT => {
  const storages = [Input, Device, Device, Output];
  const values = storages.map((storage) => new fb.ValueT(ms, storage));
  values.push(new fb.ValueT(count, State));
  const call = ({ name, writes }: StubPart, entry: number, from: number): fb.StepT => {
    const states = writes ? [4] : [];
    const body = new fb.CallT(entry, [from], [from + 1], states, states);
    return new fb.StepT(fb.StepBody.Call, body, name, 0, 0, [], [0]);
  };
  const move = new fb.StepT(fb.StepBody.Transfer, new fb.TransferT(1, 2), 'move', 0, 0, [], [0]);
  const regions = [
    new fb.RegionT(first.target, [call(first, 1, 0)]),
    new fb.RegionT(second.target, [move, call(second, 2, 2)]),
  ];
  const plan = new fb.EntryPlanT(0, values, regions, 0n, 0n, first.writes ? 0 : 2);
  const targets = [first.target, second.target];
  return new fb.PlanT(targets.join('+'), targets, [plan], false, [0, 1], [], 'by hand');
};

/** `run(ms: i32[N])` hands `ms` through both parts; the part that holds the state `count` makes it grow. */
export function splitArtifact(first: StubPart, second: StubPart): Uint8Array {
  const builder = new ProgramBuilder('vorab 0.1.0');
  const { program } = builder;
  const n = builder.symbolExpr(builder.symbol('N', { min: 1, max: 8 }));
  const types: Types = {
    ms: builder.type(fb.DType.I32, [n]),
    count: builder.type(fb.DType.F32, []),
  };
  builder.location('model.ts', 3, 7);
  program.states.push(new fb.StateT('count', types.count, fb.StateKind.State, false));
  addEntry(program, types, { name: 'run', writes: true }, fb.EntryKind.Program);
  for (const part of [first, second]) {
    const entry = addEntry(program, types, part, fb.EntryKind.Part);
    program.plans.push(partPlan(part, entry, types));
  }
  program.plans.push(wholePlan(first, second, types));
  return builder.build();
}
