import type { Buffer, Step } from './ir.ts';
import { readsOf, writesOf } from './ir.ts';
import { arenaSize } from './memory.ts';

type After = readonly ReadonlySet<number>[];

/** More steps than this keep their order: looking at all that are ready for each takes too long. */
const manySteps = 4096;

/**
 * An order of the steps in which less memory lives at once: that in which they are given, unless another one needs
 * less. after[i]: steps that must follow step i; last: steps that follow all.
 */
export function schedule(
  steps: readonly Step[],
  after: After,
  last: readonly Step[],
): readonly number[] {
  const given = topological(after);
  if (steps.length > manySteps) return given;
  const touched = [...steps, ...last].map(arenaBuffers);
  const orders = [given, byMemory(after, touched, false), byMemory(after, touched, true)];
  const peaks = orders.map((order) => peakOf(order, touched));
  return orders[peaks.indexOf(Math.min(...peaks))] as readonly number[];
}

function arenaBuffers({ body }: Step): readonly Buffer[] {
  const all = new Set([...readsOf(body), ...writesOf(body)]);
  return [...all].filter((buffer) => buffer.place.kind === 'arena');
}

/** Which buffers live, while steps run one after another. */
class Live {
  bytes = 0;
  private readonly left: Map<Buffer, number> = new Map();
  private readonly born: Set<Buffer> = new Set();

  constructor(touched: readonly (readonly Buffer[])[]) {
    for (const buffer of touched.flat()) this.left.set(buffer, (this.left.get(buffer) ?? 0) + 1);
  }

  /** What lives after a step of these buffers, less what lives before it. */
  change(buffers: readonly Buffer[]): number {
    return buffers.reduce((sum, buffer) => {
      const [isNew, ends] = [!this.born.has(buffer), this.left.get(buffer) === 1];
      return sum + (isNew === ends ? 0 : isNew ? arenaSize(buffer) : -arenaSize(buffer));
    }, 0);
  }

  /** Runs a step; gives what lives during it. */
  run(buffers: readonly Buffer[]): number {
    const after = this.bytes + this.change(buffers);
    const fresh = buffers.filter((buffer) => !this.born.has(buffer));
    const during = fresh.reduce((sum, buffer) => sum + arenaSize(buffer), this.bytes);
    for (const buffer of buffers) {
      this.born.add(buffer);
      this.left.set(buffer, (this.left.get(buffer) ?? 0) - 1);
    }
    this.bytes = after;
    return during;
  }
}

function peakOf(order: readonly number[], touched: readonly (readonly Buffer[])[]): number {
  const live = new Live(touched);
  return order.reduce((most, i) => Math.max(most, live.run(touched[i] ?? [])), 0);
}

/**
 * Of the ready steps that which frees most goes first. Where none frees anything, the first in the given order, or
 * (least) that which takes least.
 */
function byMemory(
  after: After,
  touched: readonly (readonly Buffer[])[],
  least: boolean,
): readonly number[] {
  const live = new Live(touched);
  const waiting = predecessors(after);
  const ready = new Set(waiting.flatMap((n, i) => (n === 0 ? [i] : [])));
  const order: number[] = [];
  const better = (a: readonly number[], b: readonly number[]): boolean =>
    a[0] === b[0] ? (a[1] as number) < (b[1] as number) : (a[0] as number) < (b[0] as number);
  while (ready.size > 0) {
    let best: readonly number[] = [Number.POSITIVE_INFINITY, 0];
    for (const i of ready) {
      const change = live.change(touched[i] ?? []);
      const candidate = [least ? change : Math.min(change, 0), i];
      if (better(candidate, best)) best = candidate;
    }
    const next = best[1] as number;
    ready.delete(next);
    order.push(next);
    live.run(touched[next] ?? []);
    for (const i of after[next] ?? []) {
      waiting[i] = (waiting[i] ?? 0) - 1;
      if (waiting[i] === 0) ready.add(i);
    }
  }
  return order;
}

/** How many steps each one waits for. */
function predecessors(after: After): number[] {
  const waiting = after.map(() => 0);
  for (const next of after) for (const i of next) waiting[i] = (waiting[i] ?? 0) + 1;
  return waiting;
}

/** The first ready step in the given order goes first. */
function topological(after: After): readonly number[] {
  const waiting = predecessors(after);
  const ready = new MinHeap();
  waiting.forEach((n, i) => {
    if (n === 0) ready.push(i);
  });
  const order: number[] = [];
  for (let i = ready.pop(); i !== undefined; i = ready.pop()) {
    order.push(i);
    for (const next of after[i] ?? []) {
      waiting[next] = (waiting[next] ?? 0) - 1;
      if (waiting[next] === 0) ready.push(next);
    }
  }
  if (order.length !== after.length)
    throw new Error('schedule: the steps depend on each other in a circle');
  return order;
}

class MinHeap {
  private readonly items: number[] = [];

  push(value: number): void {
    const { items } = this;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if ((items[parent] as number) <= value) break;
      items[at] = items[parent] as number;
      at = parent;
    }
    items[at] = value;
  }

  pop(): number | undefined {
    const { items } = this;
    const [top] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && (items[child + 1] as number) < (items[child] as number))
        child++;
      if ((items[child] as number) >= last) break;
      items[at] = items[child] as number;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
