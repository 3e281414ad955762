import { composite } from '../composite.ts';
import type { Tensor } from '../node.ts';
import { make1 } from '../node.ts';
import type { CompositeOp } from '../op.ts';

export const stopGradientOp: CompositeOp = composite({
  name: 'stopGradient',
  doc: 'x, through which no gradient flows',
  decompose: ([x]) => [x as Tensor],
  vjp: () => [null],
  elementwise: true,
  derivativeOnly: true,
  wide: false,
  test: { smooth: false },
});

/** x itself, through which no gradient flows. `x.sub(stopGradient(x.max()))` */
export function stopGradient(x: Tensor): Tensor {
  return make1(stopGradientOp, [x], {});
}
