import { expectTypeOf, test } from 'vitest';
import type { InputValue, Session, Tensor } from './index.ts';

interface Entries {
  /** One step. */
  readonly fit: {
    readonly inputs: {
      readonly image: InputValue<'f32', readonly ['N', 64]>;
      readonly label: InputValue<'i32', readonly ['N']>;
      readonly rate: InputValue<'f32', readonly []>;
    };
    readonly outputs: {
      readonly loss: Tensor<'f32', readonly []>;
      readonly hits: Tensor<'i32', readonly ['N']>;
    };
  };
  readonly tick: {
    readonly inputs: Record<never, never>;
    readonly outputs: Record<never, never>;
  };
  readonly close: {
    readonly inputs: Record<never, never>;
    readonly outputs: Record<never, never>;
  };
}
type Model = Session<Entries>;

const image = new Float32Array(64);
const label = new Int32Array(1);

// Never called: the compiler is the test.
export async function typed(
  model: Model,
  tensor: Tensor<'f32', readonly ['N', 64]>,
): Promise<void> {
  const { loss } = await model.fit({ image, label, rate: 1e-3 });
  expectTypeOf(loss).toEqualTypeOf<Tensor<'f32', readonly []>>();
  expectTypeOf(await loss.item()).toEqualTypeOf<number>();
  const out = { loss: new Float32Array(1) };
  const filled = await model.fit({ image: tensor, label, rate: 1 }, { out });
  expectTypeOf(filled.loss).toEqualTypeOf<Float32Array<ArrayBuffer>>();
  expectTypeOf(filled.hits).toEqualTypeOf<Tensor<'i32', readonly ['N']>>();
  const some = model.sync.fit({ image, label, rate: 1 }, { out: { hits: null } });
  expectTypeOf(some).toEqualTypeOf<{ readonly loss: Tensor<'f32', readonly []> }>();
  await model.tick();
  await model.fit(
    { image: { data: image, shape: [1, 64] }, label, rate: 1 },
    { signal: AbortSignal.timeout(1) },
  );
  await model.close();
  // @ts-expect-error an input is missing
  await model.fit({ image, rate: 1 });
  // @ts-expect-error a wrong dtype
  await model.fit({ image: new Float64Array(64), label, rate: 1 });
  // @ts-expect-error a number for an array
  await model.fit({ image: 1, label, rate: 1 });
  // @ts-expect-error there is no such entry
  await model.fitt({ image, label, rate: 1 });
}

test('a typed binding gives typed methods', () => {
  expectTypeOf<Model['close']>().returns.toEqualTypeOf<Promise<void>>();
});
