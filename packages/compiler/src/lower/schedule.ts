import type { Buffer, Step } from './ir.ts';
import { readsOf, writesOf } from './ir.ts';
import { arenaSize } from './memory.ts';

type After = readonly ReadonlySet<number>[];

/**
 * An order of the steps in which less memory lives at once: that in which they are given, unless another one needs
 * less. after[i]: steps that must follow step i; last: steps that follow all.
 */
export function schedule(
  steps: readonly Step[],
  after: After,
  last: readonly Step[],
): readonly number[] {
  const given = inOrder(after, (i) => i);
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
  /** The most that has lived during a step. */
  most = 0;
  private bytes = 0;
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

  /** Runs a step; gives the buffers that weigh otherwise for other steps now: new ones, and those that one step is left to touch. */
  run(buffers: readonly Buffer[]): readonly Buffer[] {
    const fresh = buffers.filter((buffer) => !this.born.has(buffer));
    const during = fresh.reduce((sum, buffer) => sum + arenaSize(buffer), this.bytes);
    this.most = Math.max(this.most, during);
    this.bytes += this.change(buffers);
    for (const buffer of buffers) {
      this.born.add(buffer);
      this.left.set(buffer, (this.left.get(buffer) ?? 0) - 1);
    }
    return buffers.filter((buffer) => fresh.includes(buffer) || this.left.get(buffer) === 1);
  }
}

function peakOf(order: readonly number[], touched: readonly (readonly Buffer[])[]): number {
  const live = new Live(touched);
  for (const i of order) live.run(touched[i] ?? []);
  return live.most;
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
  const touching = new Map<Buffer, number[]>(touched.flat().map((buffer) => [buffer, []]));
  for (const [i, buffers] of touched.entries()) for (const b of buffers) touching.get(b)?.push(i);
  const change = (i: number): number => {
    const bytes = live.change(touched[i] ?? []);
    return least ? bytes : Math.min(bytes, 0);
  };
  return inOrder(after, change, (i) =>
    live.run(touched[i] ?? []).flatMap((b) => touching.get(b) ?? []),
  );
}

/** How many steps each one waits for. */
function predecessors(after: After): number[] {
  const waiting = after.map(() => 0);
  for (const next of after) for (const i of next) waiting[i] = (waiting[i] ?? 0) + 1;
  return waiting;
}

/**
 * The ready step with the least weight goes first; of equals, the first in the given order.
 *
 * @param run is told of each step, and says whose weights have changed.
 */
function inOrder(
  after: After,
  weight: (step: number) => number,
  run: (step: number) => readonly number[] = () => [],
): readonly number[] {
  const waiting = predecessors(after);
  const ready = new Map<number, number>();
  const queue = new Queue();
  const offer = (i: number): void => {
    ready.set(i, weight(i));
    queue.push([weight(i), i]);
  };
  waiting.forEach((n, i) => {
    if (n === 0) offer(i);
  });
  const order: number[] = [];
  for (let next = queue.pop(); next !== undefined; next = queue.pop()) {
    const [least, i] = next;
    if (ready.get(i) !== least) continue; // it has run, or its weight has changed
    ready.delete(i);
    order.push(i);
    for (const other of run(i)) if (ready.has(other)) offer(other);
    for (const j of after[i] ?? []) {
      waiting[j] = (waiting[j] ?? 0) - 1;
      if (waiting[j] === 0) offer(j);
    }
  }
  if (order.length !== after.length)
    throw new Error('schedule: the steps depend on each other in a circle');
  return order;
}

type Entry = readonly [weight: number, step: number];

const before = (a: Entry, b: Entry): boolean => (a[0] === b[0] ? a[1] < b[1] : a[0] < b[0]);

/** A heap with the least entry on top. */
class Queue {
  private readonly items: Entry[] = [];

  push(value: Entry): void {
    const { items } = this;
    let at = items.push(value) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (!before(value, items[parent] as Entry)) break;
      items[at] = items[parent] as Entry;
      at = parent;
    }
    items[at] = value;
  }

  pop(): Entry | undefined {
    const { items } = this;
    const [top] = items;
    const last = items.pop();
    if (last === undefined || items.length === 0) return top;
    let at = 0;
    for (;;) {
      let child = 2 * at + 1;
      if (child >= items.length) break;
      if (child + 1 < items.length && before(items[child + 1] as Entry, items[child] as Entry))
        child++;
      if (!before(items[child] as Entry, last)) break;
      items[at] = items[child] as Entry;
      at = child;
    }
    items[at] = last;
    return top;
  }
}
