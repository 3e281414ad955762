/**
 * One workload in a process of its own, as a user would run it: `node bench/run.ts JOB`, with a Job as JSON.
 * Prints a Result as JSON.
 */
import { open, type RuntimeChoice, type StepProfile } from 'vorab';
import { measure, type Times } from './measure.ts';

/** A named tensor of fixed extents. */
export interface Port {
  readonly name: string;
  readonly dtype: string;
  readonly shape: readonly number[];
}

export interface Job {
  readonly artifact: string;
  readonly runtime: RuntimeChoice;
  readonly threads?: number;
  /** Whether the time of every step is counted, which costs some. */
  readonly profile?: boolean;
  readonly inputs: readonly Port[];
  readonly outputs: readonly Port[];
  /** What integer inputs are below. */
  readonly below: number;
  /** Whether the losses of steps 1 and 6 are the check; else mean and deviation of the first output. */
  readonly trains: boolean;
  /** A state to check where there is no output. */
  readonly state: string | undefined;
}

export interface Result extends Times {
  /** From opening the artifact to the first result, inputs at hand. */
  readonly first_ms: number;
  readonly check: readonly number[];
  readonly profile?: readonly StepProfile[];
}

type Values = Float32Array | Int32Array;

/** Marsaglia's xorshift32, as numbers in [0, 1). */
function* randomNumbers(): Generator<number, never> {
  for (let state = 0x9e3779b9; ; ) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    yield (state >>> 0) / 2 ** 32;
  }
}

const sizeOf = ({ shape }: Port): number => shape.reduce((a, b) => a * b, 1);

/** Standard normal numbers, by Box and Muller; integers below a bound. */
function randomArray(port: Port, below: number, random: Iterator<number, never>): Values {
  const next = (): number => random.next().value;
  if (port.dtype === 'i32') return Int32Array.from({ length: sizeOf(port) }, () => next() * below);
  const values = new Float32Array(sizeOf(port));
  for (let i = 0; i < values.length; i += 2) {
    const [radius, angle] = [Math.sqrt(-2 * Math.log(1 - next())), 2 * Math.PI * next()];
    values[i] = radius * Math.cos(angle);
    if (i + 1 < values.length) values[i + 1] = radius * Math.sin(angle);
  }
  return values;
}

/** Mean and standard deviation. */
function moments(values: Float32Array): readonly number[] {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  const variance = values.reduce((a, b) => a + (b - mean) ** 2, 0) / values.length;
  return [mean, Math.sqrt(variance)];
}

async function run(job: Job): Promise<Result> {
  const random = randomNumbers();
  const values = job.inputs.map((port) => randomArray(port, job.below, random));
  const start = performance.now();
  const { artifact, runtime, threads, profile = false } = job;
  const session = await open(artifact, {
    runtime,
    seed: 0,
    profile,
    // As JAX has them on CPUs.
    ...(runtime === 'blas' && { denormals: 'flush' }),
    ...(threads && { threads }),
  });
  const opened = performance.now() - start;
  const allocate = ({ dtype, shape }: Port): Values =>
    session.allocate(dtype === 'i32' ? 'i32' : 'f32', shape);
  const inputs = Object.fromEntries(job.inputs.map((port) => [port.name, allocate(port)]));
  const out = Object.fromEntries(job.outputs.map((port) => [port.name, allocate(port)]));
  for (const [i, { name }] of job.inputs.entries()) inputs[name]?.set(values[i] ?? []);
  const call = session.sync['run'] as (given: object, options: object) => unknown;
  const step = (): void => void call(inputs, { out });
  const before = performance.now();
  step();
  const first_ms = opened + performance.now() - before;
  const result = out[job.outputs[0]?.name ?? ''];
  const losses = [result?.[0] ?? Number.NaN];
  if (job.trains) {
    for (let i = 1; i < 6; i++) step();
    losses.push(result?.[0] ?? Number.NaN);
  }
  const times = measure(step);
  const checked = result ?? (await session.state.read(job.state ?? ''));
  const check = job.trains ? losses : moments(checked as Float32Array);
  const steps = profile ? await session.profile() : undefined;
  await session.close();
  return { first_ms, ...times, check, ...(steps && { profile: steps }) };
}

console.log(JSON.stringify(await run(JSON.parse(process.argv[2] ?? ''))));
