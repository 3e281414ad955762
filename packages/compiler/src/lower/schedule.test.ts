import { f32, opNamed } from '@vorab/graph';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Buffer, Operand, Step } from './ir.ts';
import { schedule } from './schedule.ts';

/** Steps that write a buffer each, of so many elements, and read those of earlier steps. */
function stepsOf(sizes: readonly number[], reads: readonly (readonly number[])[]): Step[] {
  const buffers = sizes.map((n, id): Buffer => ({ id, type: f32(n), place: { kind: 'arena' } }));
  const operand = (i: number): Operand => ({
    buffer: buffers[i] as Buffer,
    shape: [sizes[i] as number],
  });
  return sizes.map(
    (_, i): Step => ({
      body: {
        kind: 'apply',
        op: opNamed('sort'),
        attrs: {},
        inputs: (reads[i] ?? []).map(operand),
        outputs: [operand(i)],
      },
      name: `step ${i}`,
      reason: '',
      border: '',
      nodes: [],
    }),
  );
}

/** after[i] of steps: those that read what i writes. */
const afterOf = (reads: readonly (readonly number[])[]): Set<number>[] =>
  reads.map((_, i) => new Set(reads.flatMap((r, j) => (r.includes(i) ? [j] : []))));

/** Elements that live at once, counted from each step anew. */
function peak(
  order: readonly number[],
  sizes: readonly number[],
  reads: readonly (readonly number[])[],
): number {
  const at = (i: number): number => order.indexOf(i);
  const spans = sizes.map((n, i) => ({
    n: Math.ceil((n * 4) / 64) * 64,
    first: at(i),
    last: Math.max(at(i), ...reads.flatMap((r, j) => (r.includes(i) ? [at(j)] : []))),
  }));
  const live = order.map((_, t) =>
    spans.reduce((sum, { n, first, last }) => sum + (first <= t && t <= last ? n : 0), 0),
  );
  return Math.max(...live);
}

const graphs = fc
  .array(fc.tuple(fc.integer({ min: 1, max: 500 }), fc.array(fc.nat())), {
    minLength: 1,
    maxLength: 20,
  })
  .map((rows) => ({
    sizes: rows.map(([n]) => n),
    reads: rows.map(([, r], i) => (i === 0 ? [] : [...new Set(r.map((x) => x % i))])),
  }));

describe('schedule', () => {
  test('a step that frees more than it takes goes first', () => {
    // A large value, another one, then what remains of each.
    const sizes = [1000, 1000, 16, 16];
    const reads = [[], [], [0], [1]];
    expect(schedule(stepsOf(sizes, reads), afterOf(reads), [])).toEqual([0, 2, 1, 3]);
  });

  test('what trailing steps read lives to the end', () => {
    const sizes = [1000, 1000, 16, 16];
    const reads = [[], [], [0], [1]];
    const steps = stepsOf([...sizes, 1], [...reads, [0, 1]]);
    expect(schedule(steps.slice(0, 4), afterOf(reads), steps.slice(4))).toEqual([0, 1, 2, 3]);
  });

  test('every step comes after those it reads, and no more lives at once than in the given order', () => {
    fc.assert(
      fc.property(graphs, ({ sizes, reads }) => {
        const order = schedule(stepsOf(sizes, reads), afterOf(reads), []);
        const given = sizes.map((_, i) => i);
        expect(order.toSorted((a, b) => a - b)).toEqual(given);
        for (const [i, r] of reads.entries())
          for (const j of r) expect(order.indexOf(j)).toBeLessThan(order.indexOf(i));
        expect(peak(order, sizes, reads)).toBeLessThanOrEqual(peak(given, sizes, reads));
      }),
    );
  });
});
