/** A program with an svd, an attention block and an MLP, and what its split plans hold. */
import { basename } from 'node:path';
import { fb, opById } from '@vorab/artifact';
import type { CompileOptions, CompileResult, NamedProgram } from '@vorab/compiler';
import { compilePrograms } from '@vorab/compiler';
import type { Program, Tensor } from '@vorab/graph';
import { f32, nn, program, svd } from '@vorab/graph';
import type { RuntimeChoice } from '@vorab/runtime';
import { open } from '@vorab/runtime';
import { expect } from 'vitest';
import { numbersOf } from './calls.ts';

type Place = (part: string, body: () => Tensor) => Tensor;
export const anywhere: Place = (_, body) => body();

const [rows, width] = [96, 128];
const attention = nn.multiHeadAttention(width, 4);
const mlp = nn.sequential(nn.linear(width, 1024), nn.gelu(), nn.linear(1024, width));

/** Singular values, an attention block and an MLP. */
export const block = (place: Place): Program =>
  program({ x: f32(rows, width) }, ({ x }) => {
    const s = place('svd', () => svd(x.slice([0, 0], [24, 24])).s);
    const a = place('attention', () =>
      x.add(attention(x.reshape([1, rows, width])).reshape([rows, width])),
    );
    return { s, y: place('mlp', () => a.add(mlp(a))) };
  });

/** The block's input. */
export const x: Float32Array = Float32Array.from(
  { length: rows * width },
  (_, i) => Math.sin(i * 0.7) + 0.1 * (i % 5),
);

export const named = (name: string, of: Program): NamedProgram => ({
  name,
  program: of,
  location: { file: 'model.ts', line: 1, column: 1 },
});

export const compiled = (
  programs: readonly NamedProgram[],
  options: Partial<CompileOptions> = {},
): CompileResult =>
  compilePrograms(programs, {
    targets: ['blas', 'mlx', 'blas+mlx'],
    relativePath: (file) => basename(file),
    ...options,
  });

export type Numbers = Readonly<Record<string, readonly number[]>>;

/** What the block gives on a runtime. */
export async function results(bytes: Uint8Array, runtime: RuntimeChoice): Promise<Numbers> {
  await using session = await open(bytes, { runtime, seed: 1 });
  return await numbersOf(session, 'run', { x });
}

export function expectClose(found: Numbers, expected: Numbers): void {
  expect(Object.keys(found)).toEqual(Object.keys(expected));
  for (const [name, values] of Object.entries(expected)) {
    expect(found[name]?.length, name).toBe(values.length);
    const scale = Math.max(...values.map(Math.abs));
    const furthest = Math.max(...values.map((v, i) => Math.abs(v - (found[name]?.[i] ?? NaN))));
    expect(furthest / scale, name).toBeLessThan(1e-4);
  }
}

export function splitOf({ plans }: fb.ProgramT): fb.PlanT {
  const plan = plans.find(({ name }) => name === 'blas+mlx');
  if (!plan) throw new Error('there is no split plan');
  return plan;
}

/** The ops that a target runs of an entry, by the functions of its parts. */
export function opsOn(artifact: fb.ProgramT, target: string, entry = 0): readonly string[] {
  const regions = splitOf(artifact).entries[entry]?.regions ?? [];
  return regions
    .filter((region) => String(region.target) === target)
    .flatMap(({ steps }) =>
      steps.flatMap(({ body }) => (body instanceof fb.CallT ? body.entry : [])),
    )
    .flatMap((part) => artifact.functions[artifact.entries[part]?.function_ ?? -1]?.nodes ?? [])
    .map(({ op }) => opById(op)?.name ?? '?');
}
