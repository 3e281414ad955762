/** docs/ops.md: every op with its kind, attributes and meaning. */
import type { Op } from '../../packages/graph/src/op.ts';
import { registry } from '../../packages/graph/src/registry.ts';

const kinds: { readonly [K in Op['kind']]: string } = {
  leaf: 'values that enter a graph',
  elementwise: 'one number from the numbers at the same place of every operand',
  reduce: 'combine over axes, which disappear',
  view: 'move elements without changing them',
  contract: 'products and sums',
  indexed: 'read or write where data decide',
  routine: 'algorithms',
  call: 'run functions: control flow',
  composite: 'defined by other ops; a runtime may do them whole',
};

const cell = (text: string): string => text.replaceAll('|', '\\|');

function operands(op: Op): string {
  if (op.minInputs === op.maxInputs) return String(op.minInputs);
  const most = Number.isFinite(op.maxInputs) ? String(op.maxInputs) : '';
  return `${op.minInputs}–${most}`;
}

function row(op: Op): string {
  const attributes = Object.entries(op.attributes).map(([name, kind]) => `${name}: ${kind}`);
  const gradient = op.kind === 'leaf' ? '' : op.vjp ? 'yes' : 'none';
  const cells = [`\`${op.name}\``, operands(op), attributes.join(', '), cell(op.doc), gradient];
  return `| ${cells.join(' | ')} |\n`;
}

function section(kind: Op['kind']): string {
  const ops = [...registry.values()].filter((op) => op.kind === kind);
  const head =
    '| op | operands | attributes | meaning | gradient |\n| --- | --- | --- | --- | --- |\n';
  return ops.length > 0 ? `## ${kind}: ${kinds[kind]}\n\n${head}${ops.map(row).join('')}` : '';
}

export function outputs(): ReadonlyMap<string, string> {
  const intro = `# Ops

Written by \`npm run generate\` from the registry (\`packages/graph/src/registry.ts\`). What each function takes and gives
is in its doc comment; what every op computes is decided by the reference (\`packages/graph/src/reference\`).

- Integers wrap to their width; they divide toward zero, and x / 0 and x mod 0 are 0. \`mod\` has the sign of the divisor.
- \`round\` goes to even. \`minimum\`, \`maximum\`, \`min\` and \`max\` pass NaN on; equal operands share the gradient.
- A shift by the width or more, or by a negative number, moves everything out: 0, or −1 for negative numbers to the right.
- Floats become integers by truncation, held within the bounds; NaN becomes 0. Integers become narrower by wrapping.
- \`gather\` and \`takeAlongAxis\` clamp indices to the axis; the scatters drop what lies outside: \`scatterAdd\` adds up duplicates,
  \`scatter\` keeps the last of them. Read from an empty axis, everything is 0. Starts of dynamic slices clamp.
- \`sort\`, \`argsort\` and \`topK\` are stable; NaN counts as largest, −0 equals 0. Running extremes are NaN from the first NaN on.

`;
  const sections = (Object.keys(kinds) as Op['kind'][]).map(section).filter((text) => text !== '');
  return new Map([['docs/ops.md', intro + sections.join('\n')]]);
}
