import { batches, classes, type Digits, range, size } from './digits.ts';
import type { Model } from './model.vorab.ts';

const largest = 256;

/** Trains from epoch `from` up to, not including, `to`; gives the loss of every step. */
export async function train(
  model: Model,
  digits: Digits,
  from: number,
  to: number,
  onStep: (loss: number) => void = () => {},
): Promise<number[]> {
  const losses: number[] = [];
  for (let epoch = from; epoch < to; epoch++) {
    for (const batch of batches(digits, epoch)) {
      const { loss } = await model.fit(batch);
      const value = await loss.item();
      loss.dispose();
      losses.push(value);
      onStep(value);
    }
  }
  return losses;
}

/** Probabilities of the ten digits for each image, and what they say. */
export interface Reading {
  readonly probs: Float32Array;
  readonly digits: Int32Array;
}

/** Reads images, as many at once as the model takes. */
export async function read(
  model: Model,
  images: Digits,
  batch: number = largest,
): Promise<Reading> {
  const count = size(images);
  const probs = new Float32Array(count * classes);
  for (let from = 0; from < count; from += batch) {
    const { image } = range(images, from, Math.min(from + batch, count));
    const result = await model.classify({ image });
    probs.set(await result.probs.data(), from * classes);
    result.probs.dispose();
  }
  const digits = Int32Array.from({ length: count }, (_, i) =>
    indexOfLargest(probs.subarray(i * classes, (i + 1) * classes)),
  );
  return { probs, digits };
}

/** The share of images that were read as what they are. */
export function accuracy({ digits }: Reading, { label }: Digits): number {
  return digits.filter((digit, i) => digit === label[i]).length / label.length;
}

const indexOfLargest = (values: Float32Array): number => values.indexOf(Math.max(...values));
