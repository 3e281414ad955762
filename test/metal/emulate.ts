/** Runs kernels in Metal's language on the host's CPU, with an emulation of Metal's threads: see native/test/metal. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DType, NdArray } from '@vorab/graph';
import { ndarray } from '@vorab/graph';
import type { Kernel } from '../../packages/compiler/src/lower/ir.ts';

/** A launch of a kernel: its operands, what `sizes` and `rows` are bound to, and what it must give. */
export interface KernelRun {
  readonly kernel: Kernel;
  readonly inputs: readonly NdArray[];
  readonly sizes: readonly number[];
  readonly rows: number;
  readonly outputs: readonly Pick<NdArray, 'dtype' | 'shape'>[];
}

const emulator = path.resolve(
  import.meta.dirname,
  '../../packages/runtime-mlx/native/test/metal/emulator.h',
);

/** MLX's names of dtypes, its attributes, and below how many elements it puts an input into `constant`. */
const names: Readonly<Partial<Record<DType, string>>> = {
  bool: 'bool',
  u8: 'uint8_t',
  i8: 'int8_t',
  u32: 'uint32_t',
  i32: 'int32_t',
  i64: 'int64_t',
  f16: 'half',
  bf16: 'bfloat16_t',
  f32: 'float',
};
const attributes = {
  thread_position_in_grid: 'uint3',
  thread_position_in_threadgroup: 'uint3',
  thread_index_in_simdgroup: 'uint',
  simdgroup_index_in_threadgroup: 'uint',
};
const fewest = 8;

interface Parameter {
  readonly type: string;
  readonly name: string;
}

/** The kernel with the signature that MLX writes around it, and a function that calls it. */
function unit(run: KernelRun, index: number): string {
  const { header, source } = run.kernel;
  const inputs = arraysOf(run).map(({ dtype, data }, i): Parameter => {
    const sized = i < run.inputs.length ? `x${i}` : 'sizes';
    const space = data.length < fewest ? 'constant' : 'device';
    return { type: `const ${space} ${names[dtype]}*`, name: sized };
  });
  const outputs = run.outputs.map(
    ({ dtype }, i): Parameter => ({ type: `device ${names[dtype]}*`, name: `y${i}` }),
  );
  const places = Object.entries(attributes)
    .filter(([name]) => source.includes(name))
    .map(([name, type]): Parameter => ({ type, name }));
  const buffers = [...inputs, ...outputs];
  const declared = [...buffers, ...places].map(({ type, name }) => `${type} ${name}`).join(', ');
  const given = [
    ...buffers.map(({ type }, i) => `static_cast<${type}>(b[${i}])`),
    ...places.map(({ name }) => `p.${name}`),
  ].join(', ');
  return [
    `namespace k${index} {`,
    header,
    `[[kernel]] void run(${declared}) {\n${source}}`,
    `void call(void* const* b, const emulator::Position& p) { run(${given}); }`,
    '}',
  ].join('\n');
}

/** What it is given: the inputs, and the sizes where it has any. */
function arraysOf({ inputs, sizes }: KernelRun): readonly NdArray[] {
  if (sizes.length === 0) return inputs;
  const data = BigInt64Array.from(sizes, BigInt);
  return [...inputs, { dtype: 'i64', shape: [sizes.length], data }];
}

/** The outputs of each run. Throws where a kernel does not compile, leaves its arrays, or depends on the order of threads. */
export function emulate(runs: readonly KernelRun[]): readonly (readonly NdArray[])[] {
  const folder = mkdtempSync(path.join(tmpdir(), 'vorab-metal-'));
  try {
    const units = new Map<string, number>();
    const texts: string[] = [];
    const kernels = runs.map((run) => {
      // The signature depends on how MLX passes the inputs.
      const key = `${run.kernel.name} ${arraysOf(run).map((a) => a.data.length < fewest)}`;
      const known = units.get(key);
      if (known !== undefined) return known;
      units.set(key, texts.length);
      return texts.push(unit(run, texts.length)) - 1;
    });
    const program = compile(folder, texts);
    const input = Buffer.concat(runs.flatMap((run, i) => bytesOf(run, kernels[i] ?? 0)));
    const output = execFileSync(program, [], { input, maxBuffer: 2 ** 30 });
    return unpack(runs, output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compile(folder: string, texts: readonly string[]): string {
  const [source, program] = [path.join(folder, 'kernels.cc'), path.join(folder, 'kernels')];
  const table = texts.map((_, i) => `k${i}::call`).join(', ');
  const main = `int main() {\n  const emulator::Run all[] = {${table}};\n  return emulator::main_of(all);\n}\n`;
  writeFileSync(source, [`#include "${emulator}"`, ...texts, main].join('\n'));
  // As Metal does without its fast math: nothing is contracted or reordered.
  const flags = ['-std=c++20', '-O0', '-ffp-contract=off', '-w'];
  execFileSync('c++', [...flags, source, '-o', program], { stdio: 'pipe' });
  return program;
}

function bytesOf(run: KernelRun, kernel: number): readonly Uint8Array[] {
  const { threads, group } = run.kernel;
  const given = arraysOf(run);
  const head = [kernel, run.rows, threads, group, given.length, run.outputs.length];
  return [
    bytes(Uint32Array.from(head)),
    ...given.flatMap(({ data }) => [size(data.byteLength), bytes(data)]),
    ...run.outputs.map(({ dtype, shape }) => size(ndarray(dtype, shape).data.byteLength)),
  ];
}

const bytes = ({ buffer, byteOffset, byteLength }: ArrayBufferView): Uint8Array =>
  new Uint8Array(buffer, byteOffset, byteLength);

const size = (length: number): Uint8Array => bytes(BigUint64Array.of(BigInt(length)));

function unpack(runs: readonly KernelRun[], output: Buffer): readonly (readonly NdArray[])[] {
  let at = 0;
  return runs.map(({ outputs }) =>
    outputs.map(({ dtype, shape }) => {
      const array = ndarray(dtype, shape);
      const { data } = array;
      bytes(data).set(output.subarray(at, at + data.byteLength));
      at += data.byteLength;
      return array;
    }),
  );
}
