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

const negate = (from: number, to: number): fb.StepT =>
  new fb.StepT(
    fb.StepBody.Apply,
    new fb.ApplyT(opByName('neg')?.id ?? 0, [from], [to], []),
    `neg ${from}`,
    0,
    0,
    [],
    [0],
  );

/** `run(ms: i32[N])` hands `ms` through both parts; the part that holds the state `count` makes it grow. */
export function splitArtifact(first: StubPart, second: StubPart): Uint8Array {
  const builder = new ProgramBuilder('vorab 0.1.0');
  const { program } = builder;
  const n = builder.symbolExpr(builder.symbol('N', { min: 1, max: 8 }));
  const type = builder.type(fb.DType.I32, [n]);
  const count = builder.type(fb.DType.F32, []);
  builder.location('model.ts', 3, 7);
  program.states.push(new fb.StateT('count', count, fb.StateKind.State, false));
  const node = (of: number, result: number): fb.NodeT =>
    new fb.NodeT(opByName('neg')?.id ?? 0, [of], [], [result], [0]);
  const functionOf = (name: string, writes: boolean): number =>
    program.functions.push(
      writes
        ? new fb.FunctionT(name, [type, count], [node(0, type), node(1, count)], [2, 3])
        : new fb.FunctionT(name, [type], [node(0, type)], [1]),
    ) - 1;
  const entry = (name: string, kind: fb.EntryKind, writes: boolean): number => {
    const [inputs, outputs] = [[new fb.PortT('ms', type)], [new fb.PortT('y', type)]];
    const states = writes ? [0] : [];
    const of = functionOf(name, writes);
    const made = new fb.EntryT(name, '', kind, of, inputs, outputs, states, states, 0, [0]);
    return program.entries.push(made) - 1;
  };
  const run = entry('run', fb.EntryKind.Program, true);
  const parts = [first, second].map((part) => ({
    ...part,
    entry: entry(part.name, fb.EntryKind.Part, part.writes),
  }));
  for (const { target, writes, entry: at } of parts) {
    const values = [new fb.ValueT(type, Input), new fb.ValueT(type, Output)];
    if (writes) values.push(new fb.ValueT(count, State));
    const steps = [negate(0, 1), ...(writes ? [negate(2, 2)] : [])];
    const plan = new fb.EntryPlanT(at, values, [new fb.RegionT(target, steps)], 0n, 0n, 1);
    program.plans.push(
      new fb.PlanT(`both/${target}`, [target], [plan], true, [], writes ? [0] : []),
    );
  }
  const values = [
    new fb.ValueT(type, Input),
    new fb.ValueT(type, Device),
    new fb.ValueT(type, Device),
    new fb.ValueT(type, Output),
    new fb.ValueT(count, State),
  ];
  const call = (at: number, from: number, to: number): fb.StepT => {
    const part = parts[at];
    const states = part?.writes ? [4] : [];
    const body = new fb.CallT(part?.entry, [from], [to], states, states);
    return new fb.StepT(fb.StepBody.Call, body, part?.name, 0, 0, [], [0]);
  };
  const move = new fb.StepT(fb.StepBody.Transfer, new fb.TransferT(1, 2), 'move', 0, 0, [], [0]);
  const regions = [
    new fb.RegionT(first.target, [call(0, 0, 1)]),
    new fb.RegionT(second.target, [move, call(1, 2, 3)]),
  ];
  const whole = new fb.EntryPlanT(run, values, regions, 0n, 0n, first.writes ? 0 : 2);
  const targets = [first.target, second.target];
  program.plans.push(
    new fb.PlanT(targets.join('+'), targets, [whole], false, [0, 1], [], 'by hand'),
  );
  return builder.build();
}
