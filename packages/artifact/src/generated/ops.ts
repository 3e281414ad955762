// Stand-in until `npm run generate` writes this file from the registry of the graph package.
import type { OpRow } from '../ops.ts';

export const ops: readonly OpRow[] = [
  { id: 1, name: 'full', kind: 'Leaf', minInputs: 0, maxInputs: 0, outputs: 1, attributes: 'fdS' },
  { id: 2, name: 'iota', kind: 'Leaf', minInputs: 0, maxInputs: 0, outputs: 1, attributes: 'Sid' },
  { id: 3, name: 'constant', kind: 'Leaf', minInputs: 0, maxInputs: 0, outputs: 1, attributes: 'C' },
  { id: 4, name: 'sizeOf', kind: 'Leaf', minInputs: 0, maxInputs: 0, outputs: 1, attributes: 'Dd' },
  { id: 10, name: 'add', kind: 'Elementwise', minInputs: 2, maxInputs: 2, outputs: 1, attributes: '' },
  { id: 11, name: 'sub', kind: 'Elementwise', minInputs: 2, maxInputs: 2, outputs: 1, attributes: '' },
  { id: 12, name: 'mul', kind: 'Elementwise', minInputs: 2, maxInputs: 2, outputs: 1, attributes: '' },
  { id: 13, name: 'div', kind: 'Elementwise', minInputs: 2, maxInputs: 2, outputs: 1, attributes: '' },
  { id: 14, name: 'neg', kind: 'Elementwise', minInputs: 1, maxInputs: 1, outputs: 1, attributes: '' },
  { id: 15, name: 'exp', kind: 'Elementwise', minInputs: 1, maxInputs: 1, outputs: 1, attributes: '' },
  { id: 16, name: 'where', kind: 'Elementwise', minInputs: 3, maxInputs: 3, outputs: 1, attributes: '' },
  { id: 17, name: 'cast', kind: 'Elementwise', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'd' },
  { id: 30, name: 'sum', kind: 'Reduce', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'I' },
  { id: 31, name: 'max', kind: 'Reduce', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'I' },
  { id: 32, name: 'argMax', kind: 'Routine', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'i' },
  { id: 40, name: 'reshape', kind: 'View', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'S' },
  { id: 41, name: 'transpose', kind: 'View', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'I' },
  { id: 42, name: 'broadcast', kind: 'View', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'SI' },
  { id: 43, name: 'concat', kind: 'View', minInputs: 1, maxInputs: 255, outputs: 1, attributes: 'i' },
  { id: 50, name: 'matmul', kind: 'Contract', minInputs: 2, maxInputs: 2, outputs: 1, attributes: '' },
  { id: 60, name: 'gather', kind: 'Indexed', minInputs: 2, maxInputs: 2, outputs: 1, attributes: 'i' },
  { id: 70, name: 'softmax', kind: 'Composite', minInputs: 1, maxInputs: 1, outputs: 1, attributes: 'i' },
];
