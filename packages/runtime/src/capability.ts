import { type fb, programRoot } from '@vorab/artifact';
import type { Backend } from './backend.ts';
import { isCapability } from './doctor.ts';
import { type DType, dtypes } from './dtype.ts';
import { VorabError } from './errors.ts';
import { locationAt } from './program.ts';

type Description = Readonly<Record<string, unknown>>;

/** What a runtime says of itself, or of each of its targets. */
function descriptionsOf(backend: Backend): readonly Description[] {
  const description = backend.describe();
  const { targets } = description;
  return Array.isArray(targets) ? (targets as Description[]) : [description];
}

/** Throws `unsupported` where a runtime lacks on this machine what somebody (`who`) requires. */
export function checkCapabilities(
  who: string,
  required: readonly string[],
  backend: Backend,
): void {
  for (const description of descriptionsOf(backend)) {
    const name = String(description['name'] ?? backend.name);
    for (const capability of required) checkCapability(who, capability, name, description);
  }
}

function checkCapability(
  who: string,
  required: string,
  name: string,
  description: Description,
): void {
  const found = description[required];
  if (isCapability(found) && found.available) return;
  const known = Object.keys(description).filter((field) => isCapability(description[field]));
  const why = isCapability(found)
    ? `${found.reason}; ${found.effect}`
    : `it says nothing of it; its capabilities are: ${known.join(', ') || 'none'}`;
  throw new VorabError({
    code: 'unsupported',
    message: `${who} requires '${required}', which runtime '${name}' does not have on this machine (${String(description['device'])}): ${why}`,
    cure: `open with another runtime, or ${who === 'open' ? 'without it in requires' : `compile without --require ${required}`}`,
  });
}

/** Throws `unsupported` where a plan holds values of a dtype that the backend has not on this machine. */
export function checkDTypes(flatbuffer: Uint8Array, plan: number, backend: Backend): void {
  const known = backend.describe()['dtypes'];
  if (!Array.isArray(known) || plan < 0) return;
  const program = programRoot(flatbuffer);
  const lacks = dtypes.filter((dtype) => !known.includes(dtype) && hasType(program, dtype));
  for (const dtype of lacks) {
    const entry = entryWith(program, plan, dtype);
    if (entry === undefined) continue;
    const device = backend.describe()['device'];
    throw new VorabError({
      code: 'unsupported',
      message: `${entry.name()} computes in ${dtype}, which runtime '${backend.name}' does not have on this machine (${String(device)}); it has: ${known.join(', ')}`,
      cure: `use another dtype in the model, or open with another runtime`,
      location: locationAt(program, entry.location()),
    });
  }
}

function dtypeOf(program: fb.Program, type: number): DType | undefined {
  const number = program.types(type)?.dtype();
  return number === undefined ? undefined : dtypes[number];
}

function hasType(program: fb.Program, dtype: DType): boolean {
  for (let i = 0; i < program.typesLength(); i++) {
    if (dtypeOf(program, i) === dtype) return true;
  }
  return false;
}

/** The first entry that takes, gives or, in its plan, computes such values. */
function entryWith(program: fb.Program, plan: number, dtype: DType): fb.Entry | undefined {
  const entries = program.plans(plan);
  for (let e = 0; e < (entries?.entriesLength() ?? 0); e++) {
    const steps = entries?.entries(e);
    const entry = program.entries(steps?.entry() ?? program.entriesLength());
    if (!steps || !entry) continue;
    const types = [
      ...typesOf(entry.inputsLength(), (i) => entry.inputs(i)),
      ...typesOf(entry.outputsLength(), (i) => entry.outputs(i)),
      ...typesOf(steps.valuesLength(), (i) => steps.values(i)),
    ];
    if (types.some((type) => dtypeOf(program, type) === dtype)) return entry;
  }
  return undefined;
}

const typesOf = (length: number, at: (i: number) => { type(): number } | null): number[] =>
  Array.from({ length }, (_, i) => at(i)?.type()).filter((type) => type !== undefined);
