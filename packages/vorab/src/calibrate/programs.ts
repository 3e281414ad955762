import type { Family, NamedProgram } from '@vorab/compiler';
import type { Tensor } from '@vorab/graph';
import { concat, cumsum, f32, gather, program, sort, svd, withPlacement } from '@vorab/graph';

/** An op of one family at two sizes: what lies between them is its rate. */
export interface Probe {
  readonly family: Family;
  /** Elements, or multiply-adds, of a small and of a large run. */
  readonly units: readonly [small: number, large: number];
  /** Extents of the operand, small and large. */
  readonly shapes: readonly [small: readonly number[], large: readonly number[]];
  readonly apply: (x: Tensor) => Tensor;
}

const thousand = 1 << 10;
const million = 1 << 20;
const linear = {
  units: [4 * thousand, million],
  shapes: [[4 * thousand], [million]],
} as const;

/** What each family is measured by. */
export const probes: readonly Probe[] = [
  { family: 'elementwise', ...linear, apply: (x) => x.mul(x) },
  { family: 'reduce', ...linear, apply: (x) => x.sum() },
  { family: 'view', ...linear, units: [8 * thousand, 2 * million], apply: (x) => concat([x, x]) },
  {
    family: 'contract',
    units: [64 ** 3, 384 ** 3],
    shapes: [
      [64, 64],
      [384, 384],
    ],
    apply: (x) => x.matmul(x),
  },
  { family: 'indexed', ...linear, apply: (x) => gather(x, x.mul(1000).cast('i32'), 0) },
  {
    family: 'routine',
    units: [4 * thousand, 256 * thousand],
    shapes: [[4 * thousand], [256 * thousand]],
    apply: (x) => sort(x),
  },
  {
    family: 'factorization',
    units: [16 ** 3, 96 ** 3],
    shapes: [
      [16, 16],
      [96, 96],
    ],
    apply: (x) => svd(x).s,
  },
];

/** How long the chains are whose slope is the launch of a step. */
export const chains: readonly [short: number, long: number] = [1, 33];
/** Elements of a small and of a large transfer. */
export const moved: readonly [small: number, large: number] = [thousand, million];

const location = { file: 'calibrate', line: 1, column: 1 };

/** A program of one array, and the array's extents. */
export interface Measured extends NamedProgram {
  readonly shape: readonly number[];
  /** Whether the array comes from the host at each run. */
  readonly fromHost: boolean;
}

const named = (
  name: string,
  shape: readonly number[],
  apply: (x: Tensor) => Tensor,
  fromHost = false,
): Measured => ({
  name,
  program: program({ x: f32(...shape) }, ({ x }) => ({ y: apply(x) })),
  location,
  shape,
  fromHost,
});

const chain = (x: Tensor, length: number): Tensor =>
  Array.from({ length }).reduce<Tensor>((y) => cumsum(y), x);

/** The programs that run on one target. */
export function programsOfOne(): readonly Measured[] {
  return [
    ...probes.flatMap(({ family, shapes, apply }) =>
      shapes.map((shape, i) => named(`${family}${i}`, shape, apply)),
    ),
    ...chains.map((length, i) => named(`chain${i}`, [8], (x) => chain(x, length))),
    ...moved.map((size, i) => named(`input${i}`, [size], (x) => x.slice([0], [1]).mul(2), true)),
    named('host', [2, 2], (x) => svd(x).s),
    ...moved.map((size, i) => named(`whole${i}`, [size], (x) => cumsum(cumsum(x)))),
  ];
}

/** The same work with a transfer from one target to the other. */
export function programsOfTwo(from: string, to: string): readonly Measured[] {
  return moved.map((size, i) =>
    named(`${from}_${to}${i}`, [size], (x) => {
      const half = withPlacement(from, () => cumsum(x));
      return withPlacement(to, () => cumsum(half));
    }),
  );
}
