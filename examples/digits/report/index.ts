import { type Digits, size } from '../digits.ts';
import type { Reading } from '../training.ts';
import { confusionMatrix } from './confusion.ts';
import { lossCurve } from './curve.ts';
import { misread } from './misread.ts';
import { style } from './style.ts';

/** What the page tells. */
export interface Run {
  readonly runtime: string;
  /** Of every step. */
  readonly losses: readonly number[];
  /** On the test images, after every epoch. */
  readonly accuracies: readonly number[];
  /** What the trained model read in the test images. */
  readonly reading: Reading;
  readonly test: Digits;
  readonly perEpoch: number;
  /** The share that was read correctly. */
  readonly share: number;
  readonly ms: number;
}

/** A page that needs nothing but itself. */
export function renderReport(run: Run): string {
  const count = size(run.test);
  const wrong = count - Math.round(run.share * count);
  const seconds = (run.ms / 1000).toFixed(1);
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>Digits: ${percent(run.share)} of ${count} read correctly</title>
<style>${style}</style>
</head>
<body>
<main>
<header>
<p class="eyebrow">vorab · examples/digits</p>
<h1>${percent(run.share)}</h1>
<p class="lead">of ${count} handwritten digits that the network had never seen were read correctly; ${wrong} were not.
It learned from ${run.losses.length} batches in ${seconds} s on <strong>${run.runtime}</strong>, compiled ahead of time
from one TypeScript file.</p>
</header>
<section aria-labelledby="learning">
<h2 id="learning">Learning</h2>
<p>The loss of every step of training, and the share of test images read correctly after every epoch.</p>
<figure class="scroll" tabindex="0" aria-labelledby="learning">${lossCurve(run)}</figure>
</section>
<section aria-labelledby="confusion">
<h2 id="confusion">What is taken for what</h2>
<p>A row is the digit that was written, a column the digit that was read. What lies off the diagonal is an error.</p>
<figure>${confusionMatrix(run)}</figure>
</section>
<section aria-labelledby="misread">
<h2 id="misread">Misread</h2>
${misread(run)}
</section>
<footer>
<p>Images: E. Alpaydin and C. Kaynak, <cite>Optical Recognition of Handwritten Digits</cite>, UCI Machine Learning
Repository, 1998, CC&nbsp;BY&nbsp;4.0.</p>
</footer>
</main>
</body>
</html>
`;
}

/** `98.3 %`. */
export function percent(share: number): string {
  return `${(share * 100).toFixed(1)}&nbsp;%`;
}
