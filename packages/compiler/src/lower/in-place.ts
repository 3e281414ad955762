import type { StateSlot } from '../entry-graph.ts';
import type { Lowered } from './arena.ts';
import type { Access, Buffer, Step, Tape } from './ir.ts';
import { isTape, mayFail, readsOf, writesOf } from './ir.ts';
import { mayOverwrite } from './overwrite.ts';
import { schedule } from './schedule.ts';
import { copyTape, wholeAccess } from './tape.ts';

/**
 * Orders the steps so that a state's new value overwrites the old one only when nothing reads the old one any more,
 * and nothing that may fail is left to run: a call that fails changes no state. Where that order does not exist, the
 * new value goes through the arena and is copied at the end.
 */
export function updateInPlace(lowered: Lowered): Lowered {
  const orderer = new Orderer(lowered);
  return orderer.run();
}

class Orderer {
  private readonly buffers: Buffer[];
  private steps: Step[];
  /** after[i]: steps that must follow step i. */
  private readonly after: Set<number>[];
  private readonly copies: Step[] = [];
  private readonly readersOf: ReadonlyMap<Buffer, readonly number[]>;
  private readonly fallible: readonly number[];

  constructor({ steps, buffers }: Lowered) {
    this.buffers = [...buffers];
    this.steps = [...steps];
    this.after = dataFlow(this.steps);
    this.readersOf = stateReaders(this.steps);
    this.fallible = this.steps.flatMap((step, i) => (mayFail(step) ? [i] : []));
  }

  run(): Lowered {
    this.steps.forEach((step, writer) => {
      for (const buffer of new Set(writesOf(step.body))) {
        if (buffer.place.kind === 'state') this.placeWrite(writer, buffer, buffer.place.state);
      }
    });
    const order = schedule(this.steps, this.after, this.copies);
    const steps = [...order.map((i) => this.steps[i] as Step), ...this.copies];
    return { steps, buffers: this.buffers };
  }

  private placeWrite(writer: number, buffer: Buffer, state: StateSlot): void {
    const step = this.steps[writer] as Step;
    const readers = (this.readersOf.get(buffer) ?? []).filter((i) => i !== writer);
    if (!mayOverwrite(step.body, buffer) || this.reachesAny(writer, readers)) {
      this.detour(
        writer,
        buffer,
        state,
        'another step reads the old value after the new one is known',
      );
    } else if (this.reachesAny(writer, this.fallible)) {
      this.detour(writer, buffer, state, 'a step that may fail still follows');
    } else {
      for (const before of [...readers, ...this.fallible]) this.after[before]?.add(writer);
    }
  }

  private reachesAny(from: number, targets: readonly number[]): boolean {
    if (targets.length === 0) return false;
    const wanted = new Set(targets);
    const seen = new Set([from]);
    const stack = [from];
    for (let at = stack.pop(); at !== undefined; at = stack.pop()) {
      for (const next of this.after[at] ?? []) {
        if (wanted.has(next)) return true;
        if (!seen.has(next)) {
          seen.add(next);
          stack.push(next);
        }
      }
    }
    return false;
  }

  private detour(writer: number, buffer: Buffer, state: StateSlot, reason: string): void {
    const temporary: Buffer = {
      id: this.buffers.length,
      type: buffer.type,
      place: { kind: 'arena' },
    };
    this.buffers.push(temporary);
    const step = this.steps[writer] as Step;
    this.steps[writer] = { ...step, body: redirectStores(step.body, buffer, temporary) };
    const { shape, dtype } = state.type;
    const tape = copyTape(shape, dtype, wholeAccess(temporary, shape), wholeAccess(buffer, shape));
    this.copies.push({
      body: { kind: 'fused', ...tape },
      name: 'copy to state',
      reason,
      border: 'a copy',
      nodes: step.nodes.slice(0, 1),
    });
  }
}

function redirectStores(body: Step['body'], from: Buffer, to: Buffer): Step['body'] {
  if (!isTape(body)) return body;
  const move = <T extends Tape>(tape: T): T => {
    const accesses: Access[] = [...tape.accesses];
    const instrs = tape.instrs.map((instr) => {
      const access = instr.kind === 'store' ? accesses[instr.access] : undefined;
      if (instr.kind !== 'store' || access?.buffer !== from) return instr;
      return { ...instr, access: accesses.push({ ...access, buffer: to }) - 1 };
    });
    return withoutUnused({ ...tape, accesses, instrs });
  };
  return body.kind === 'contract' ? { ...body, epilogue: move(body.epilogue) } : move(body);
}

function withoutUnused<T extends Tape>(tape: T): T {
  const used = [
    ...new Set(
      tape.instrs.flatMap((i) => (i.kind === 'load' || i.kind === 'store' ? [i.access] : [])),
    ),
  ].sort((a, b) => a - b);
  const renumber = new Map(used.map((old, i) => [old, i]));
  return {
    ...tape,
    accesses: used.map((i) => tape.accesses[i] as Access),
    instrs: tape.instrs.map((i) =>
      i.kind === 'load' || i.kind === 'store' ? { ...i, access: renumber.get(i.access) ?? 0 } : i,
    ),
  };
}

function stateReaders(steps: readonly Step[]): ReadonlyMap<Buffer, readonly number[]> {
  const readers = new Map<Buffer, number[]>();
  steps.forEach((step, i) => {
    for (const buffer of new Set(readsOf(step.body))) {
      if (buffer.place.kind === 'state') readers.set(buffer, [...(readers.get(buffer) ?? []), i]);
    }
  });
  return readers;
}

/** Writer before reader, for every buffer but states, whose old values are read. */
function dataFlow(steps: readonly Step[]): Set<number>[] {
  const writers = new Map<Buffer, number[]>();
  const after = steps.map(() => new Set<number>());
  steps.forEach((step, i) => {
    for (const buffer of readsOf(step.body)) {
      if (buffer.place.kind !== 'state')
        for (const w of writers.get(buffer) ?? []) if (w !== i) after[w]?.add(i);
    }
    for (const buffer of writesOf(step.body)) {
      // Several steps fill one buffer in order: the fill first, then the pieces.
      for (const w of writers.get(buffer) ?? []) if (w !== i) after[w]?.add(i);
      writers.set(buffer, [...(writers.get(buffer) ?? []), i]);
    }
  });
  return after;
}
