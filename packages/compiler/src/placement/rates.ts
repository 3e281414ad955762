import type { OpKind } from '@vorab/graph';

/**
 * What ops cost alike: their kind, and, of routines, whether they say how much they multiply
 * (`factorization`) or pass over their elements. Composites and calls are what they are made of.
 */
export type Family = Exclude<OpKind, 'leaf' | 'composite' | 'call'> | 'factorization';

export const families: readonly Family[] = [
  'elementwise',
  'reduce',
  'view',
  'contract',
  'indexed',
  'routine',
  'factorization',
];

/** How fast one target is. */
export interface TargetRates {
  /** Nanoseconds before a step does anything. */
  readonly launchNs: number;
  /** Nanoseconds that an op costs more where the target hands it to the host's CPU. */
  readonly hostNs: number;
  /** Nanoseconds for each element, or multiply-add of contractions and factorizations. */
  readonly ns: { readonly [F in Family]: number };
}

/** How bytes get from one place to another. */
export interface LinkRates {
  /** A target, or `host`: where inputs lie. */
  readonly from: string;
  readonly to: string;
  /** Nanoseconds for a tensor of no bytes, with the wait for its value. */
  readonly ns: number;
  readonly nsPerByte: number;
}

/** What a calibration file holds; docs/placement.md has the schema. */
export interface Rates {
  readonly version: 1;
  /** What was measured, for people. */
  readonly machine: string;
  readonly targets: Readonly<Record<string, TargetRates>>;
  readonly links: readonly LinkRates[];
}

/**
 * The rates that the compiler ships: orders of magnitude, assumed and not measured, for a laptop whose GPU runs MLX and
 * shares its memory with the CPU (docs/placement.md). They do not depend on the machine that compiles, so that the same
 * sources give the same bytes everywhere.
 */
export const shippedRates: Rates = {
  version: 1,
  machine: 'shipped: assumed for a laptop whose GPU shares its memory',
  targets: {
    blas: {
      launchNs: 1000,
      hostNs: 0,
      ns: {
        elementwise: 0.12,
        reduce: 0.08,
        view: 0.16,
        contract: 0.005,
        indexed: 0.5,
        routine: 8,
        factorization: 0.2,
      },
    },
    mlx: {
      launchNs: 4000,
      hostNs: 60_000,
      ns: {
        elementwise: 0.06,
        reduce: 0.04,
        view: 0.08,
        contract: 0.0008,
        indexed: 0.1,
        routine: 2,
        factorization: 0.2,
      },
    },
  },
  links: [
    { from: 'host', to: 'blas', ns: 0, nsPerByte: 0 },
    { from: 'host', to: 'mlx', ns: 2000, nsPerByte: 0.02 },
    { from: 'blas', to: 'mlx', ns: 5000, nsPerByte: 0.02 },
    { from: 'mlx', to: 'blas', ns: 80_000, nsPerByte: 0.02 },
  ],
};
