import type { InputValue, Session } from '@vorab/runtime';
import { decodeFloats } from '@vorab/runtime';

/** A call's outputs as lists of numbers, those of 16 bits as f16. */
export async function numbersOf(
  session: Session,
  entry: string,
  inputs: Record<string, InputValue>,
): Promise<Record<string, number[]>> {
  const results = await session.call(entry, inputs);
  const named: Record<string, number[]> = {};
  for (const [name, value] of Object.entries(results)) {
    if (!('data' in value) || typeof value.data !== 'function') continue;
    const data = (await value.data()) as Float32Array | Uint16Array;
    named[name] = Array.from(data instanceof Uint16Array ? decodeFloats('f16', data) : data);
    value.dispose();
  }
  return named;
}
