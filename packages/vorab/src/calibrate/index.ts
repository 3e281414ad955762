import { cpus } from 'node:os';
import { basename } from 'node:path';
import type { LinkRates, Rates, TargetRates } from '@vorab/compiler';
import { compilePrograms, targets as known } from '@vorab/compiler';
import { opNamed } from '@vorab/graph';
import { type DoctorReport, open, type RuntimeChoice } from '@vorab/runtime';
import type { Measured } from './programs.ts';
import { chains, moved, probes, programsOfOne, programsOfTwo } from './programs.ts';
import { type Times, timesOf } from './times.ts';

/**
 * Measures what ops, launches and transfers cost on this machine, on every target that is usable here: some seconds.
 *
 * @throws Error when no target is usable.
 */
export async function calibrate(report: DoctorReport): Promise<Rates> {
  const usable = report.runtimes.flatMap(({ name, usable: is }) =>
    is && name in known ? [name] : [],
  );
  if (usable.length === 0) throw new Error('no target is usable here; vorab doctor says why');
  const times = new Map<string, Times>();
  for (const target of usable) times.set(target, await measure([target], programsOfOne()));
  const links = usable.map((to) => hostLink(to, timesIn(times, to)));
  for (const [from, to] of usable.flatMap((a) => usable.map((b) => [a, b] as const))) {
    if (from === to) continue;
    const both = await measure([from, to], programsOfTwo(from, to));
    links.push(targetLink(from, to, both, timesIn(times, from), timesIn(times, to)));
  }
  const targets = usable.map((name) => [name, ratesOf(name, timesIn(times, name))] as const);
  const machine = `${cpus()[0]?.model ?? 'unknown'}, ${cpus().length} cores, ${report.platform}`;
  return { version: 1, machine, targets: Object.fromEntries(targets), links };
}

function timesIn(times: ReadonlyMap<string, Times>, target: string): Times {
  const of = times.get(target);
  if (!of) throw new Error(`no times of ${target}`);
  return of;
}

async function measure(targets: readonly string[], programs: readonly Measured[]): Promise<Times> {
  // Tensors are made on the first target of a plan.
  const plan = targets.join('+');
  const relativePath = (file: string): string => basename(file);
  const { bytes } = compilePrograms(programs, { targets: [plan], relativePath });
  await using session = await open(bytes, { runtime: plan as RuntimeChoice });
  return await timesOf(session, programs);
}

/** Nanoseconds per unit between two runs; noise does not make it negative. */
const slope = (times: Times, name: string, units: readonly [number, number]): number =>
  Math.max(0, (times.at(`${name}1`) - times.at(`${name}0`)) / (units[1] - units[0]));

/** Four digits: more are noise. */
const rounded = (value: number): number => Number(Math.max(0, value).toPrecision(4));

function ratesOf(target: string, times: Times): TargetRates {
  const launchNs = slope(times, 'chain', chains);
  const rates = probes.map(
    ({ family, units }) => [family, rounded(slope(times, family, units))] as const,
  );
  const onHost = known[target]?.onHost(opNamed('svd')) ?? false;
  return {
    launchNs: rounded(launchNs),
    hostNs: onHost ? rounded(times.at('host') - times.at('chain0')) : 0,
    ns: Object.fromEntries(rates) as TargetRates['ns'],
  };
}

const bytes: readonly [number, number] = [moved[0] * 4, moved[1] * 4];

// A host's array against a tensor that is there already.
function hostLink(to: string, times: Times): LinkRates {
  const nsPerByte = slope(times, 'input', bytes);
  const ns = times.at('input0') - times.at('chain0') - nsPerByte * bytes[0];
  return { from: 'host', to, ns: rounded(ns), nsPerByte: rounded(nsPerByte) };
}

// Half of the work on each side, and the transfer between.
function targetLink(from: string, to: string, both: Times, a: Times, b: Times): LinkRates {
  const extra = ([0, 1] as const).map((i) => {
    const alone = (a.at(`whole${i}`) + b.at(`whole${i}`)) / 2;
    return both.at(`${from}_${to}${i}`) - alone;
  });
  const [small = 0, large = 0] = extra;
  const nsPerByte = Math.max(0, (large - small) / (bytes[1] - bytes[0]));
  return {
    from,
    to,
    ns: rounded(small - nsPerByte * bytes[0]),
    nsPerByte: rounded(nsPerByte),
  };
}
