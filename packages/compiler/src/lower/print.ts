import { dimKey } from '@vorab/graph';
import type { Lowered } from './arena.ts';
import type { Access, Buffer, ControlBody, Instr, Operand, Step, Tape } from './ir.ts';

// A stable text form of lowered steps, for goldens and for reading.

/** One line a step, and one line an instruction. */
export function printSteps({ steps }: Lowered): string {
  return steps.map((step, i) => `${i} ${printStep(step)}`).join('\n');
}

function printControl({ op, inputs, outputs, bodies, scratch }: ControlBody): string {
  const list = (operands: readonly Operand[]): string =>
    operands.map((o) => printBuffer(o.buffer)).join(', ');
  const memory = scratch ? ` in ${printBuffer(scratch)}` : '';
  const each = bodies.map(({ graph, carries, lowered }) => {
    const steps = printSteps(lowered).replace(/^/gm, '    ');
    return `  body '${graph.name}', ${carries} carries\n${steps}`;
  });
  return [`control ${op.name}: ${list(inputs)} -> ${list(outputs)}${memory}`, ...each].join('\n');
}

function printStep({ name, body }: Step): string {
  if (body.kind === 'apply') {
    const from = body.inputs.map((o) => printBuffer(o.buffer)).join(', ');
    const to = body.outputs.map((o) => printBuffer(o.buffer)).join(', ');
    return `apply ${body.op.name}: ${from} -> ${to}`;
  }
  if (body.kind === 'control') return printControl(body);
  if (body.kind === 'kernel') {
    const steps = body.steps.map((step) => `\n    ${printStep(step)}`);
    return `${name}: ${body.kernel.threads} threads a row${steps.join('')}`;
  }
  if (body.kind === 'fused') return `${name}: ${printTape(body)}`;
  const sizes = [...body.batch, body.m, body.n, body.k].map(dimKey).join(' ');
  const operands = [body.a, body.b].map(printAccess).join(' · ');
  return `${name}: contract [${sizes}] ${operands}\n  epilogue ${printTape(body.epilogue)}`;
}

function printTape(tape: Tape): string {
  const kept = tape.dims.length - tape.reduced - tape.inner;
  const part = (from: number, to: number): string =>
    tape.dims.slice(from, to).map(dimKey).join(' ');
  const reduced = tape.reduced > 0 ? ` reduced [${part(kept, kept + tape.reduced)}]` : '';
  const inner = tape.inner > 0 ? ` inner [${part(kept + tape.reduced, tape.dims.length)}]` : '';
  const lines = tape.instrs.map((instr, i) => `    ${printInstr(instr, i, tape)}`);
  return [`over [${part(0, kept)}]${reduced}${inner}`, ...lines].join('\n');
}

function printInstr(instr: Instr, id: number, tape: Tape): string {
  const access = (i: number): string => printAccess(tape.accesses[i] as Access);
  switch (instr.kind) {
    case 'load':
      return `%${id} = load ${access(instr.access)}`;
    case 'const':
      return `%${id} = ${instr.dtype} ${Object.is(instr.value, -0) ? '-0' : instr.value}`;
    case 'index':
      return `%${id} = ${instr.dtype} index of dim ${instr.dim}`;
    case 'size':
      return `%${id} = ${instr.dtype} ${dimKey(instr.dim)}`;
    case 'acc':
      return `%${id} = acc`;
    case 'scalar':
      return `%${id} = ${instr.dtype} ${instr.op.name} ${instr.args.map((a) => `%${a}`).join(' ')}`;
    case 'reduce':
      return `%${id} = reduce ${instr.op.name} %${instr.arg}`;
    case 'store':
      return `store %${instr.arg} to ${access(instr.access)}`;
    default:
      return instr satisfies never;
  }
}

function printAccess({ buffer, offset, strides }: Access): string {
  const at = offset === 0 ? '' : ` + ${dimKey(offset)}`;
  return `${printBuffer(buffer)}${at} (${strides.map(dimKey).join(' ')})`;
}

function printBuffer({ id, place }: Buffer): string {
  switch (place.kind) {
    case 'input':
    case 'output':
      return `${place.kind}${place.index}`;
    case 'state':
      return `state${place.state.type.shape.length > 0 ? `[${place.state.type.shape.map(dimKey).join(' ')}]` : ''}`;
    case 'arena':
      return `#${id}`;
    case 'constant':
    case 'device':
      return `${place.kind}${id}`;
    default:
      return place satisfies never;
  }
}
