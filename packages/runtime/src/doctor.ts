import { cpus, release, totalmem } from 'node:os';
import { environmentVariables } from './env.ts';
import type { Attempt } from './locate.ts';
import { locateAddon, locateBackend } from './locate.ts';
import { backendByName, chooseRuntime, runtimeNames } from './registry.ts';

/** One runtime as `doctor` found it. */
export interface RuntimeReport {
  readonly name: string;
  readonly usable: boolean;
  /** Library or module; undefined when it is not there. */
  readonly origin: string | undefined;
  /** Files that were looked for. */
  readonly tried: readonly Attempt[];
  /** Why it is not usable. */
  readonly problem: string | undefined;
  /** Version, device, kernels, capabilities. */
  readonly description: Readonly<Record<string, unknown>> | undefined;
}

export interface DoctorReport {
  readonly platform: string;
  readonly system: string;
  readonly cpu: string;
  readonly cores: number;
  readonly memoryBytes: number;
  readonly node: string;
  readonly addon: { readonly path: string | undefined; readonly tried: readonly Attempt[] };
  /** What `auto` stands for here. */
  readonly auto: { readonly name: string; readonly reason: string };
  readonly runtimes: readonly RuntimeReport[];
  /** The environment variables that are read, with their help. */
  readonly environment: Readonly<Record<string, string>>;
}

/** Something that a runtime does on some machines only; a field of its description. */
export interface Capability {
  readonly available: boolean;
  readonly reason: string;
  /** What follows from it. */
  readonly effect: string;
}

export function isCapability(value: unknown): value is Capability {
  if (typeof value !== 'object' || value === null) return false;
  return 'available' in value && 'reason' in value && 'effect' in value;
}

/** What runs here and what does not, with reasons; plain JSON. Never throws. */
export async function doctor(): Promise<DoctorReport> {
  const [first] = cpus();
  return {
    platform: `${process.platform}-${process.arch}`,
    system: release(),
    cpu: first?.model ?? 'unknown',
    cores: cpus().length,
    memoryBytes: totalmem(),
    node: process.version,
    addon: locateAddon(),
    auto: chooseRuntime(),
    runtimes: await Promise.all(runtimeNames.map(examineRuntime)),
    environment: environmentVariables,
  };
}

/** What `doctor` says of one runtime. Never throws. */
export async function examineRuntime(name: string): Promise<RuntimeReport> {
  const located = name === 'reference' ? { path: undefined, tried: [] } : locateBackend(name);
  try {
    const backend = await backendByName(name);
    return {
      name,
      usable: true,
      origin: backend.origin,
      tried: located.tried,
      problem: undefined,
      description: backend.describe(),
    };
  } catch (error) {
    return {
      name,
      usable: false,
      origin: located.path,
      tried: located.tried,
      problem: error instanceof Error ? error.message : String(error),
      description: undefined,
    };
  }
}
