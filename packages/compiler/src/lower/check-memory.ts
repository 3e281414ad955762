import type { Buffer, Step } from './ir.ts';
import type { MemoryPlan } from './memory.ts';

/**
 * Judges a memory plan without using the planner: runs through the steps, marks who owns which bytes, and refuses a
 * read of bytes that somebody else wrote since.
 *
 * @throws Error that names the step and both buffers.
 */
export function checkMemory(steps: readonly Step[], plan: MemoryPlan): void {
  const live = mostLive(steps, plan);
  if (live !== plan.peakBytes)
    throw new Error(`the plan says that ${plan.peakBytes} bytes live at once, it is ${live}`);
  const owned = new OwnedBytes();
  steps.forEach((step, at) => {
    const { reads, writes } = accessed(step);
    checkBodies(step, plan);
    for (const buffer of reads)
      owned.expect(buffer, placeOf(buffer, plan), `step ${at} (${step.name}) reads`);
    for (const buffer of writes) {
      const { offset, bytes } = placeOf(buffer, plan);
      const clash = reads.find((r) => r !== buffer && overlap(placeOf(r, plan), { offset, bytes }));
      if (clash)
        throw new Error(
          `step ${at} (${step.name}) writes buffer ${buffer.id} over its operand ${clash.id}`,
        );
      if (offset < 0 || offset + bytes > plan.arenaBytes) {
        throw new Error(
          `buffer ${buffer.id} ends at ${offset + bytes}, the arena has ${plan.arenaBytes} bytes`,
        );
      }
      owned.take(buffer, { offset, bytes });
    }
    const pairs = writes.flatMap((a, i) => writes.slice(i + 1).map((b) => [a, b] as const));
    const both = pairs.find(([a, b]) => a !== b && overlap(placeOf(a, plan), placeOf(b, plan)));
    if (both)
      throw new Error(
        `step ${at} (${step.name}) writes buffers ${both[0].id} and ${both[1].id} in one place`,
      );
  });
}

/** The most bytes of buffers between their first and their last access: what no placement can do without. */
function mostLive(steps: readonly Step[], plan: MemoryPlan): number {
  const touched = steps.map((step) => {
    const { reads, writes } = accessed(step);
    return new Set([...reads, ...writes]);
  });
  const last = new Map<Buffer, number>();
  for (const [at, buffers] of touched.entries()) for (const b of buffers) last.set(b, at);
  const living = new Set<Buffer>();
  let [bytes, most] = [0, 0];
  for (const [at, buffers] of touched.entries()) {
    for (const b of buffers) if (!living.has(b)) bytes += placeOf(b, plan).bytes;
    for (const b of buffers) living.add(b);
    most = Math.max(most, bytes);
    for (const b of buffers) if (last.get(b) === at) bytes -= placeOf(b, plan).bytes;
  }
  return most;
}

// Bodies run one at a time, each in the whole scratch.
function checkBodies({ body, name }: Step, plan: MemoryPlan): void {
  if (body.kind !== 'control') return;
  const bytes = body.scratch ? placeOf(body.scratch, plan).bytes : 0;
  for (const { lowered, memory, graph } of body.bodies) {
    if (memory.arenaBytes > bytes) {
      throw new Error(
        `'${graph.name}' of ${name} needs ${memory.arenaBytes} bytes, its scratch has ${bytes}`,
      );
    }
    checkMemory(lowered.steps, memory);
  }
}

interface Range {
  readonly offset: number;
  readonly bytes: number;
}

const overlap = (a: Range, b: Range): boolean =>
  a.offset < b.offset + b.bytes && b.offset < a.offset + a.bytes;

function placeOf(buffer: Buffer, plan: MemoryPlan): Range {
  const place = plan.places.get(buffer);
  if (!place) throw new Error(`buffer ${buffer.id} has no place in the arena`);
  return place;
}

// Reads the steps for itself: a mistake in the planner's own helpers must not hide here.
function accessed({ body }: Step): { reads: readonly Buffer[]; writes: readonly Buffer[] } {
  const inArena = (buffers: readonly Buffer[]): readonly Buffer[] => [
    ...new Set(buffers.filter((b) => b.place.kind === 'arena')),
  ];
  if (body.kind === 'apply' || body.kind === 'control') {
    const scratch = body.kind === 'control' && body.scratch ? [body.scratch] : [];
    return {
      reads: inArena(body.inputs.map((o) => o.buffer)),
      writes: inArena([...body.outputs.map((o) => o.buffer), ...scratch]),
    };
  }
  if (body.kind === 'kernel') {
    return { reads: inArena(body.kernel.inputs), writes: inArena(body.kernel.outputs) };
  }
  const tape = body.kind === 'contract' ? body.epilogue : body;
  const reads: Buffer[] = body.kind === 'contract' ? [body.a.buffer, body.b.buffer] : [];
  const writes: Buffer[] = [];
  for (const instr of tape.instrs) {
    if (instr.kind !== 'load' && instr.kind !== 'store') continue;
    const access = tape.accesses[instr.access];
    if (access) (instr.kind === 'load' ? reads : writes).push(access.buffer);
  }
  return { reads: inArena(reads), writes: inArena(writes) };
}

class OwnedBytes {
  // Disjoint, by offset; who wrote there last.
  private readonly ranges: (Range & { readonly buffer: Buffer })[] = [];
  private readonly owners: Map<Buffer, Range> = new Map();

  expect(buffer: Buffer, range: Range, who: string): void {
    const found = this.owners.get(buffer);
    if (!found)
      throw new Error(`${who} buffer ${buffer.id}, which is not written or was overwritten`);
    if (found.offset !== range.offset)
      throw new Error(`${who} buffer ${buffer.id}, which has moved`);
  }

  take(buffer: Buffer, range: Range): void {
    const first = this.firstEndingAfter(range.offset);
    let last = first;
    while ((this.ranges[last]?.offset ?? Number.POSITIVE_INFINITY) < range.offset + range.bytes)
      last++;
    const gone = this.ranges.splice(first, last - first, { ...range, buffer });
    for (const { buffer: loser } of gone) this.owners.delete(loser);
    this.owners.set(buffer, range);
  }

  private firstEndingAfter(offset: number): number {
    let [low, high] = [0, this.ranges.length];
    while (low < high) {
      const middle = (low + high) >> 1;
      const range = this.ranges[middle];
      if (range && range.offset + range.bytes > offset) high = middle;
      else low = middle + 1;
    }
    return low;
  }
}
