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

/** Gives arena buffers that live at the same time disjoint places; the largest choose first. */
export function planMemory(steps: readonly Step[]): MemoryPlan {
  const lifetimes = arenaLifetimes(steps);
  const items = [...lifetimes].map(([buffer, life]) => ({
    buffer,
    life,
    bytes: arenaSize(buffer),
  }));
  const placed = new Placement(steps.length);
  const bySize = items.toSorted(
    (a, b) => b.bytes - a.bytes || a.life.first - b.life.first || a.buffer.id - b.buffer.id,
  );
  const places = new Map(
    bySize.map(({ buffer, life, bytes }) => [buffer, { offset: placed.add(life, bytes), bytes }]),
  );
  const arenaBytes = Math.max(0, ...[...places.values()].map((p) => p.offset + p.bytes));
  return { places, arenaBytes, peakBytes: peak(items, steps.length) };
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

function peak(
  items: readonly { readonly life: Lifetime; readonly bytes: number }[],
  steps: number,
): number {
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
