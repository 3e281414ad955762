import { fileURLToPath } from 'node:url';
import type { Backend, BackendSession, LoadedArtifact } from './backend.ts';
import { checkCapabilities, checkDTypes } from './capability.ts';
import { VorabError } from './errors.ts';
import { toVorabError } from './failure.ts';
import type { Fallback } from './fallback.ts';
import { parseFallbacks, refusalOf } from './fallback.ts';
import type { Session } from './make-session.ts';
import { makeSession } from './make-session.ts';
import type { OpenOptions } from './open-options.ts';
import { checkOptions } from './open-options.ts';
import type { ProgramInfo } from './program.ts';
import { readProgram } from './program.ts';
import { backendByName, chooseRuntime } from './registry.ts';
import type { SessionInfo } from './session-types.ts';
import { isTapsEntry } from './taps.ts';
import type { AnyEntries } from './types.ts';

const defaultQueue = 16_384;

/**
 * Opens an artifact: a path, a URL, or its bytes. Verifies it whole, picks the plan of the runtime, and initialises
 * the states from `seed` or `weights`. Rejects with a `VorabError`: `artifact`, `backend-missing`, `plan-missing`,
 * `state-missing`, `weights`, `unsupported`, `argument`.
 *
 * @example
 * await using model = await open('digits.vorab', { runtime: 'auto', seed: 0 });
 * const { probs } = await model.call('classify', { image });
 */
export async function open<E = AnyEntries>(
  source: string | URL | Uint8Array,
  options: OpenOptions = {},
): Promise<Session<E>> {
  const choice = options.runtime ?? 'auto';
  const chosen =
    choice === 'auto' ? chooseRuntime() : { name: choice, reason: 'named by the caller' };
  return openFirst<E>(chosen, source, options);
}

/** The refusal of what should have run instead, with that of what was asked for. */
function alsoRefused({ from, to, reason }: Fallback, cause: unknown): unknown {
  if (!(cause instanceof VorabError)) return cause;
  const [message = ''] = cause.message.split('\n  fix: ');
  return new VorabError({
    code: cause.code,
    message: `${from} does not run here: ${reason}\n  nor does ${to} instead: ${message}`,
    cure: cause.cure,
    cause,
  });
}

/** On the chosen runtime, or, where that one refuses, on the next one that the caller has named. */
async function openFirst<E>(
  chosen: { readonly name: string; readonly reason: string },
  source: string | URL | Uint8Array,
  options: OpenOptions,
): Promise<Session<E>> {
  const allowed = parseFallbacks(options.allowFallback ?? []);
  const tried = new Set<string>();
  let name = chosen.name;
  let fallback: Fallback | undefined;
  for (;;) {
    tried.add(name);
    try {
      return await openAs<E>(await backendByName(name), chosen.reason, source, options, fallback);
    } catch (error) {
      const refusal = refusalOf(error);
      const next = allowed.find(({ from, to }) => from === name && !tried.has(to));
      if (refusal === undefined) throw error;
      if (next === undefined) throw fallback === undefined ? error : alsoRefused(fallback, error);
      const { reason } = fallback ?? { reason: refusal };
      fallback = { from: chosen.name, to: next.to, reason };
      name = next.to;
    }
  }
}

/** `open`. */
export const load: typeof open = open;

/** Opens an artifact on a backend that the caller made. */
export async function openOn<E = AnyEntries>(
  backend: Backend,
  reason: string,
  source: string | URL | Uint8Array,
  options: OpenOptions = {},
): Promise<Session<E>> {
  return openAs<E>(backend, reason, source, options, undefined);
}

async function openAs<E>(
  backend: Backend,
  reason: string,
  source: string | URL | Uint8Array,
  options: OpenOptions,
  fallback: Fallback | undefined,
): Promise<Session<E>> {
  checkOptions(options);
  const where = source instanceof URL ? fileURLToPath(source) : source;
  if (options.profile === true && backend.describe()['profile'] !== true) {
    throw new VorabError({
      code: 'unsupported',
      message: `open: the steps of runtime '${backend.name}' have no times of their own`,
      cure: "profile with { runtime: 'blas' }",
    });
  }
  checkDenormals(options.denormals, backend);
  const artifact = await backend.load(where);
  const program = readProgram(artifact.program);
  const plan = planFor(program, backend);
  checkInitialisation(program, options);
  checkCapabilities('the artifact', program.plans[plan]?.requires ?? [], backend);
  checkCapabilities('open', options.requires ?? [], backend);
  checkDTypes(artifact.program, plan, backend);
  const session = makeSession<E>({
    backend: await startOn(backend, artifact, plan, options),
    program,
    flatbuffer: artifact.program,
    plan,
    fallback,
    profiles: options.profile === true,
    info: infoOf(backend, reason, program, plan, fallback),
  });
  try {
    await initialise(session, program, options);
    // What `expect` speaks of begins here.
    await session.expect({});
  } catch (error) {
    await session.close();
    throw error;
  }
  return session;
}

function checkDenormals(wanted: OpenOptions['denormals'], backend: Backend): void {
  if (wanted === undefined) return;
  const known = backend.describe()['denormals'];
  if (Array.isArray(known) && known.includes(wanted)) return;
  throw new VorabError({
    code: 'unsupported',
    message: `open: runtime '${backend.name}' has no choice of denormals, found '${wanted}'`,
    cure: "leave denormals out, or open with { runtime: 'blas' }",
  });
}

function infoOf(
  backend: Backend,
  reason: string,
  program: ProgramInfo,
  plan: number,
  fallback: Fallback | undefined,
): SessionInfo {
  return {
    runtime: backend.name,
    reason:
      fallback === undefined
        ? reason
        : `${fallback.from}→${fallback.to}, allowed by the caller: ${fallback.reason}`,
    origin: backend.origin,
    plan: program.plans[plan]?.name,
    producer: program.producer,
    entries: program.entries
      .filter(({ kind, name }) => kind === 'program' && !isTapsEntry(name))
      .map(({ name }) => name),
    fallback,
  };
}

async function startOn(
  backend: Backend,
  artifact: LoadedArtifact,
  plan: number,
  options: OpenOptions,
): Promise<BackendSession> {
  const { functionCache: cache, queue = defaultQueue } = options;
  const { threads, profile, denormals, kernels } = options;
  const asked = { threads, profile, denormals, cache, kernels, queue };
  try {
    return await backend.open(artifact, plan, asked);
  } catch (failure) {
    throw toVorabError(failure, { name: 'open', location: undefined });
  }
}

function planFor(program: ProgramInfo, backend: Backend): number {
  if (!backend.needsPlan) return -1;
  const plan = program.plans.find(
    ({ name, targets, part }) =>
      !part && (name === backend.name || (targets.length === 1 && targets[0] === backend.name)),
  );
  if (plan !== undefined) return plan.index;
  const names = program.plans.filter(({ part }) => !part).map(({ name }) => name);
  const targets = [...new Set([...names, backend.name])].join(',');
  const other = names.find((name) => name === 'blas' || name === 'mlx');
  const named = backend.name === 'mlx' ? " or { allowFallback: ['mlx→blas'] }" : '';
  const elsewhere = other === undefined ? '' : `, or open with { runtime: '${other}' }${named}`;
  throw new VorabError({
    code: 'plan-missing',
    message: `the artifact has no plan for runtime '${backend.name}'; it has: ${names.join(', ') || 'none'}`,
    cure: `compile it with --targets ${targets}${elsewhere}`,
  });
}

/** A seed's words, high first. */
function seedWords(seed: number | bigint): Uint32Array {
  const wide = BigInt(seed);
  return Uint32Array.of(Number(wide >> 32n), Number(wide & 0xffff_ffffn));
}

const initOf = (program: ProgramInfo): string | undefined =>
  program.entries.find(({ kind }) => kind === 'init')?.name;

const onlyHyper = (program: ProgramInfo): boolean =>
  program.states.every(({ kind }) => kind === 'hyper');

function checkInitialisation(program: ProgramInfo, options: OpenOptions): void {
  if (program.states.length === 0 || options.weights !== undefined) return;
  const init = initOf(program);
  const count = program.states.length;
  if (init === undefined) {
    throw new VorabError({
      code: 'state-missing',
      message: `the artifact has ${count} states and no init entry`,
      cure: "give weights: 'file.safetensors'",
    });
  }
  if (options.seed !== undefined || onlyHyper(program)) return;
  throw new VorabError({
    code: 'state-missing',
    message: `the artifact has ${count} states (${program.states[0]?.name}, …) and neither seed nor weights was given`,
    cure: "open with { seed: 0 } to initialise them, or { weights: 'file.safetensors' } to load them",
  });
}

async function initialise(
  session: Session<unknown>,
  program: ProgramInfo,
  options: OpenOptions,
): Promise<void> {
  if (options.weights !== undefined) {
    await session.load(options.weights);
    return;
  }
  const init = initOf(program);
  if (init === undefined || program.states.length === 0) return;
  // Hyper-parameters alone depend on no key.
  const results = await session.call(init, { seed: seedWords(options.seed ?? 0) });
  for (const result of Object.values(results)) {
    if ('dispose' in result) result.dispose();
  }
}
