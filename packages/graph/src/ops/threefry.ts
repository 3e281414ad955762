import { composite } from '../composite.ts';
import { TypeRuleError } from '../errors.ts';
import type { Tensor } from '../node.ts';
import { make } from '../node.ts';
import type { CompositeOp } from '../op.ts';
import { bitwiseOr, bitwiseXor, shiftLeft, shiftRight } from './logic.ts';
import { add } from './math.ts';

const rotations: readonly (readonly number[])[] = [
  [13, 15, 26, 6],
  [17, 29, 16, 24],
];
const parity = 0x1bd11bda;

export const threefry2x32Op: CompositeOp = composite({
  name: 'threefry2x32',
  doc: 'the block cipher Threefry-2x32, 20 rounds, of counters (x0, x1) under keys (k0, k1); all u32',
  inputs: 4,
  outputs: 2,
  elementwise: true,
  decompose(inputs) {
    const [k0, k1, x0, x1] = inputs as readonly [Tensor, Tensor, Tensor, Tensor];
    const wrong = inputs.find((t) => t.dtype !== 'u32');
    if (wrong) throw new TypeRuleError('dtype', `takes u32, got ${wrong.dtype}`);
    const keys = [k0, k1, bitwiseXor(bitwiseXor(k0, k1), parity)];
    const key = (i: number): Tensor => keys[i % 3] as Tensor;
    let [a, b] = [add(x0, k0), add(x1, k1)];
    for (let group = 0; group < 5; group++) {
      for (const r of rotations[group % 2] ?? []) {
        a = add(a, b);
        b = bitwiseXor(a, rotateLeft(b, r));
      }
      a = add(a, key(group + 1));
      b = add(add(b, key(group + 2)), group + 1);
    }
    return [a, b];
  },
});

function rotateLeft(x: Tensor, by: number): Tensor {
  return bitwiseOr(shiftLeft(x, by), shiftRight(x, 32 - by));
}

/**
 * Threefry-2x32 with 20 rounds (Salmon et al., "Parallel random numbers: as easy as 1, 2, 3", SC
 * 2011). Operands are u32 of one shape.
 */
export function threefry2x32(
  k0: Tensor,
  k1: Tensor,
  x0: Tensor,
  x1: Tensor,
): readonly [Tensor, Tensor] {
  return make(threefry2x32Op, [k0, k1, x0, x1], {}) as readonly [Tensor, Tensor];
}
