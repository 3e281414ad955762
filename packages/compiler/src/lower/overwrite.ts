import type { Buffer, StepBody, Tape } from './ir.ts';
import { isTape } from './ir.ts';
import { accessKey } from './tape.ts';
import { varies } from './varies.ts';

/**
 * Whether a step may overwrite a buffer that it reads, the rule of docs/artifact.md ("Sharing bytes"): each element is
 * written after it was read for the last time, and from that element alone.
 */
export function mayOverwrite(body: StepBody, buffer: Buffer): boolean {
  if (!isTape(body)) return false;
  if (body.kind === 'fused') return tapeMay(body, buffer);
  const multiplies = body.a.buffer === buffer || body.b.buffer === buffer;
  return !multiplies && tapeMay(body.epilogue, buffer);
}

function tapeMay(tape: Tape, buffer: Buffer): boolean {
  const own = tape.accesses.filter((a) => a.buffer === buffer);
  const [access] = own;
  if (!access || new Set(own.map(accessKey)).size !== 1) return false;
  const positions = (kind: 'load' | 'store'): readonly number[] =>
    tape.instrs.flatMap((instr, at) =>
      instr.kind === kind && tape.accesses[instr.access]?.buffer === buffer ? [at] : [],
    );
  const [loads, stores] = [positions('load'), positions('store')];
  const firstStore = Math.min(...stores);
  if (loads.length === 0) return true;
  if (Math.max(...loads) > firstStore) return false;
  const lastReduce = tape.instrs.findLastIndex((instr) => instr.kind === 'reduce');
  if (lastReduce < 0) return true;
  if (firstStore < lastReduce) return false;
  const kept = tape.dims.length - tape.reduced - tape.inner;
  const along = access.strides.slice(kept, kept + tape.reduced).map((stride) => stride !== 0);
  if (!along.includes(true)) return !hasSecondPass(tape);
  return tape.inner === 0 && !along.includes(false);
}

// Whether anything after the first reduction walks the reduced dims again.
function hasSecondPass(tape: Tape): boolean {
  const first = tape.instrs.findIndex((instr) => instr.kind === 'reduce');
  const varying: boolean[] = [];
  for (const instr of tape.instrs) varying.push(varies(instr, tape, varying));
  return varying.some((v, at) => v && at > first);
}
