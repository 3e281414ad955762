import { dimMax, dtypeBytes, elementCount } from '@vorab/graph';
import type { Buffer, Step } from './ir.ts';
import { readsOf, writesOf } from './ir.ts';

/** Where each arena buffer lies. Offsets and sizes in bytes, multiples of `arenaAlignment`. */
export interface MemoryPlan {
  readonly places: ReadonlyMap<Buffer, ArenaPlace>;
  readonly arenaBytes: number;
  /** The largest sum of buffers that live at once: no plan of these steps in this order needs less. */
  readonly peakBytes: number;
}

export interface ArenaPlace {
  readonly offset: number;
  readonly bytes: number;
}

/** First and last step (both included) at which a buffer must keep its bytes. */
export interface Lifetime {
  readonly first: number;
  readonly last: number;
}

export const arenaAlignment = 64;

/** Bytes for the largest binding, rounded up. Empty tensors get a place too. */
export function arenaSize(buffer: Buffer): number {
  const bytes = dimMax(elementCount(buffer.type.shape)) * dtypeBytes(buffer.type.dtype);
  return Math.max(1, Math.ceil(bytes / arenaAlignment)) * arenaAlignment;
}

interface Item {
  readonly buffer: Buffer;
  readonly life: Lifetime;
  readonly bytes: number;
}

/** More buffers than this are placed in the order of their birth: comparing each with each would take too long. */
const manyBuffers = 1024;

/** Gives arena buffers that live at the same time disjoint places. */
export function planMemory(steps: readonly Step[]): MemoryPlan {
  const items = [...arenaLifetimes(steps)].map(([buffer, life]) => ({
    buffer,
    life,
    bytes: arenaSize(buffer),
  }));
  const peakBytes = peak(items, steps.length);
  let best: MemoryPlan | undefined;
  for (const offsets of placements(items, steps.length)) {
    const places = new Map(
      items.map(({ buffer, bytes }) => [buffer, { offset: offsets.get(buffer) ?? 0, bytes }]),
    );
    const arenaBytes = [...places.values()].reduce((m, p) => Math.max(m, p.offset + p.bytes), 0);
    if (arenaBytes < (best?.arenaBytes ?? Number.POSITIVE_INFINITY))
      best = { places, arenaBytes, peakBytes };
    if (arenaBytes === peakBytes) break;
  }
  return best ?? { places: new Map(), arenaBytes: 0, peakBytes };
}

/** Ways to place buffers, best guess first; none is best for all programs. */
function* placements(
  items: readonly Item[],
  steps: number,
): Generator<ReadonlyMap<Buffer, number>, void> {
  if (items.length > manyBuffers) {
    yield placeByBirth(items);
    return;
  }
  const length = ({ life }: Item): number => life.last - life.first + 1;
  yield placeInOrder(items, steps, ({ bytes }) => bytes);
  yield placeInOrder(items, steps, (item) => item.bytes * length(item));
  yield placeInOrder(items, steps, length);
  yield placeByBirth(items);
}

/** Those with the largest weight choose first, each the lowest place that is free for its lifetime. */
function placeInOrder(
  items: readonly Item[],
  steps: number,
  weight: (item: Item) => number,
): ReadonlyMap<Buffer, number> {
  const placed = new Placement(steps);
  const ordered = items.toSorted(
    (a, b) => weight(b) - weight(a) || a.life.first - b.life.first || a.buffer.id - b.buffer.id,
  );
  return new Map(ordered.map(({ buffer, life, bytes }) => [buffer, placed.add(life, bytes)]));
}

/** In the order of birth, each into the smallest hole that holds it; the dead leave holes. */
function placeByBirth(items: readonly Item[]): ReadonlyMap<Buffer, number> {
  const births = items.toSorted((a, b) => a.life.first - b.life.first || b.bytes - a.bytes);
  const deaths = items.toSorted((a, b) => a.life.last - b.life.last);
  const offsets = new Map<Buffer, number>();
  const holes = new Holes();
  let dead = 0;
  for (const { buffer, life, bytes } of births) {
    for (let next = deaths[dead]; next && next.life.last < life.first; next = deaths[++dead]) {
      holes.free(offsets.get(next.buffer) ?? 0, next.bytes);
    }
    offsets.set(buffer, holes.take(bytes));
  }
  return offsets;
}

/** Free stretches of the arena, by offset; the last one has no end. */
class Holes {
  private readonly holes: { offset: number; bytes: number }[] = [
    { offset: 0, bytes: Number.POSITIVE_INFINITY },
  ];

  take(bytes: number): number {
    let best = this.holes.length - 1;
    for (const [i, hole] of this.holes.entries()) {
      if (hole.bytes >= bytes && hole.bytes < (this.holes[best]?.bytes ?? 0)) best = i;
    }
    const hole = this.holes[best] as { offset: number; bytes: number };
    const { offset } = hole;
    hole.offset += bytes;
    hole.bytes -= bytes;
    if (hole.bytes === 0) this.holes.splice(best, 1);
    return offset;
  }

  free(offset: number, bytes: number): void {
    const at = this.holes.findIndex((hole) => hole.offset > offset);
    const [before, after] = [this.holes[at - 1], this.holes[at]];
    const joinsBefore = before && before.offset + before.bytes === offset;
    const joinsAfter = after && offset + bytes === after.offset;
    if (joinsBefore) before.bytes += bytes;
    if (joinsAfter) {
      after.bytes += after.offset - offset;
      after.offset = offset;
    }
    if (joinsBefore && joinsAfter) {
      before.bytes = after.offset + after.bytes - before.offset;
      this.holes.splice(at, 1);
    } else if (!joinsBefore && !joinsAfter) this.holes.splice(at, 0, { offset, bytes });
  }
}

export function arenaLifetimes(steps: readonly Step[]): ReadonlyMap<Buffer, Lifetime> {
  const lifetimes = new Map<Buffer, Lifetime>();
  steps.forEach((step, at) => {
    for (const buffer of [...readsOf(step.body), ...writesOf(step.body)]) {
      if (buffer.place.kind !== 'arena') continue;
      lifetimes.set(buffer, { first: lifetimes.get(buffer)?.first ?? at, last: at });
    }
  });
  return lifetimes;
}

function peak(items: readonly Item[], steps: number): number {
  const change = new Float64Array(steps + 1);
  for (const { life, bytes } of items) {
    change[life.first] = (change[life.first] ?? 0) + bytes;
    change[life.last + 1] = (change[life.last + 1] ?? 0) - bytes;
  }
  let [live, most] = [0, 0];
  for (const delta of change) {
    live += delta;
    most = Math.max(most, live);
  }
  return most;
}

interface Placed extends Lifetime {
  readonly offset: number;
  readonly end: number;
}

/** What is placed, found by the stretch of time that it lives in. */
class Placement {
  private readonly buckets: Placed[][];
  private readonly width: number;

  constructor(steps: number) {
    this.width = Math.max(1, Math.ceil(Math.sqrt(steps)));
    this.buckets = Array.from({ length: Math.ceil(steps / this.width) + 1 }, () => []);
  }

  /** The lowest offset where `bytes` are free for all of a lifetime. */
  add(life: Lifetime, bytes: number): number {
    const others = this.alive(life).sort((a, b) => a.offset - b.offset);
    let offset = 0;
    for (const other of others) {
      if (other.offset - offset >= bytes) break;
      offset = Math.max(offset, other.end);
    }
    const placed = { ...life, offset, end: offset + bytes };
    for (let b = this.bucket(life.first); b <= this.bucket(life.last); b++)
      this.buckets[b]?.push(placed);
    return offset;
  }

  private bucket(step: number): number {
    return Math.floor(step / this.width);
  }

  private alive(life: Lifetime): Placed[] {
    const found = new Set<Placed>();
    for (let b = this.bucket(life.first); b <= this.bucket(life.last); b++) {
      for (const other of this.buckets[b] ?? []) {
        if (other.first <= life.last && other.last >= life.first) found.add(other);
      }
    }
    return [...found];
  }
}
