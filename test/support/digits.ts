import type { Session, Tensor } from '@vorab/runtime';
import type { Digits } from '../../examples/digits/digits.ts';
import { batches, classes } from '../../examples/digits/digits.ts';

/** Trains the entry `fit` of a session for some epochs. */
export async function train(model: Session, digits: Digits, epochs: number): Promise<void> {
  for (let epoch = 0; epoch < epochs; epoch++) {
    for (const batch of batches(digits, epoch)) {
      await model.call('fit', { ...batch }, { out: { loss: null } });
    }
  }
}

/** The share of digits that the entry `classify` of a session reads as what they are. */
export async function accuracy(model: Session, { image, label }: Digits): Promise<number> {
  const { probs } = (await model.call('classify', { image })) as { readonly probs: Tensor };
  const values = Array.from((await probs.data()) as Float32Array);
  const right = label.filter((digit, i) => {
    const row = values.slice(i * classes, (i + 1) * classes);
    return row.indexOf(Math.max(...row)) === digit;
  });
  return right.length / label.length;
}
