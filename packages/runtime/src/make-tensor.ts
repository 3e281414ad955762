import type { DType } from './dtype.ts';
import type { EntryHost } from './entry.ts';
import { VorabError } from './errors.ts';
import { Tensor } from './tensor.ts';
import type { InputValue } from './values.ts';
import { accept, dtypeNumber } from './values.ts';

/** Copies an array to the device of a session. Rejects with `tensor`, or for data that are not of the dtype. */
export async function makeTensor<D extends DType>(
  host: EntryHost,
  dtype: D,
  data: InputValue<D>,
  shape: readonly number[] | undefined,
): Promise<Tensor<D>> {
  const place = { name: 'tensor', type: dtype, dtype, rank: shape?.length ?? 1 };
  const accepted = accept(place, shape === undefined ? data : { data, shape });
  if (accepted.view === undefined) {
    throw new VorabError({ code: 'tensor', message: 'a tensor cannot be made from a tensor' });
  }
  const extents = accepted.shape ?? [accepted.length];
  const number = dtypeNumber(dtype);
  try {
    const slot = await host.backend.createTensor(number, Float64Array.from(extents), accepted.view);
    return new Tensor<D>(host, slot, dtype, extents);
  } catch (failure) {
    throw host.explain(failure);
  }
}
