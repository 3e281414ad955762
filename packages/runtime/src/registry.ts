import type { Backend } from './backend.ts';
import { VorabError } from './errors.ts';
import { locateBackend } from './locate.ts';
import { NativeBackend } from './native-backend.ts';

/** The runtimes that `open` knows by name. */
export type RuntimeName = 'blas' | 'mlx' | 'reference';

/** What the user asks for; `auto` never chooses the reference. */
export type RuntimeChoice = 'auto' | RuntimeName | `${RuntimeName}+${RuntimeName}`;

/** Every runtime, in the order in which `doctor` lists them. */
export const runtimeNames: readonly RuntimeName[] = ['blas', 'mlx', 'reference'];

/** Those that a plan over several targets may name. */
const nativeNames: readonly string[] = ['blas', 'mlx'];

/** Makes a backend; throws `backend-missing` when it is not there. */
export type BackendMaker = () => Promise<Backend> | Backend;

const makers: Map<string, BackendMaker> = new Map<string, BackendMaker>([
  ['blas', () => new NativeBackend('blas')],
  ['mlx', () => new NativeBackend('mlx')],
  ['reference', importReference],
]);

/** Makes `open` know a runtime by this name, or replaces one. */
export function registerBackend(name: string, make: BackendMaker): void {
  makers.set(name, make);
}

/** The backend of this name. Throws `backend-missing`. */
export async function backendByName(name: string): Promise<Backend> {
  const make = makers.get(name);
  if (make !== undefined) return make();
  if (name.split('+').every((target) => nativeNames.includes(target)))
    return new NativeBackend(name);
  throw new VorabError({
    code: 'argument',
    message: `there is no runtime '${name}'; there are: auto, ${[...makers.keys()].join(', ')}`,
  });
}

// A name in a variable: the reference depends on this package, not the other way round.
const referencePackage = '@vorab/runtime-reference';

async function importReference(): Promise<Backend> {
  let module: { readonly referenceBackend: Backend };
  try {
    module = (await import(referencePackage)) as typeof module;
  } catch (cause) {
    throw new VorabError({
      code: 'backend-missing',
      message: `runtime 'reference' is not there: ${cause instanceof Error ? cause.message : String(cause)}`,
      cure: `npm install ${referencePackage}`,
      cause,
    });
  }
  return module.referenceBackend;
}

/** The runtime that `auto` stands for here, and why. */
export function chooseRuntime(platform: NodeJS.Platform = process.platform): {
  readonly name: RuntimeName;
  readonly reason: string;
} {
  if (platform !== 'darwin') return { name: 'blas', reason: `auto: blas on ${platform}` };
  if (locateBackend('mlx').path !== undefined) {
    return { name: 'mlx', reason: 'auto: mlx on macOS, where its library is there' };
  }
  return { name: 'blas', reason: 'auto: blas on macOS, because the library of mlx is not there' };
}
