/** The ways in which a program can run on this machine. */
import type { OpenOptions, RuntimeName } from '@vorab/runtime';
import { doctor } from '@vorab/runtime';

export interface Configuration {
  readonly name: string;
  readonly runtime: RuntimeName;
  readonly options?: Pick<OpenOptions, 'threads'>;
  /** The kernel set of blas; its own choice where there is none. */
  readonly kernels?: string;
}

// Lesser sets, each with another number of threads, so that both vary and neither is tried alone.
const forced = [
  { kernels: 'avx2', threads: 4 },
  { kernels: 'baseline', threads: 1 },
];

/** Every runtime as it is opened by default, and blas with every lesser kernel set that this CPU runs. */
export async function configurations(): Promise<readonly Configuration[]> {
  const plain = (['reference', 'blas', 'mlx'] as const).map((name) => ({ name, runtime: name }));
  const blas = (await doctor()).runtimes.find(({ name }) => name === 'blas');
  const { name: best } = (blas?.description?.['kernels'] ?? {}) as { readonly name?: string };
  const lesser = { avx512: forced, avx2: forced.slice(1) }[best ?? ''] ?? [];
  return [
    ...plain,
    ...lesser.map(({ kernels, threads }) => ({
      name: `blas, ${kernels}, ${threads} threads`,
      runtime: 'blas' as const,
      options: { threads },
      kernels,
    })),
  ];
}

/** Runs a body with the kernel set of a configuration. */
export async function withKernels<T>(
  { kernels }: Pick<Configuration, 'kernels'>,
  body: () => Promise<T>,
): Promise<T> {
  if (kernels === undefined) return await body();
  const before = process.env['VORAB_CPU'];
  process.env['VORAB_CPU'] = kernels;
  try {
    return await body();
  } finally {
    if (before === undefined) delete process.env['VORAB_CPU'];
    else process.env['VORAB_CPU'] = before;
  }
}
