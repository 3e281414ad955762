import { classes, type Digits, pixels, range } from '../digits.ts';
import { percent, type Run } from './index.ts';

const shown = 12;
const side = Math.sqrt(pixels);

/** The images that were read wrongly, the surest errors first. */
export function misread({ reading, test }: Run): string {
  const wrong = Array.from(test.label.keys())
    .filter((i) => reading.digits[i] !== test.label[i])
    .map((index) => ({
      index,
      written: test.label[index] ?? 0,
      read: reading.digits[index] ?? 0,
      certainty: reading.probs[index * classes + (reading.digits[index] ?? 0)] ?? 0,
    }))
    .sort((a, b) => b.certainty - a.certainty);
  if (wrong.length === 0) return '<p>None of the test images.</p>';
  const few = wrong.slice(0, shown);
  const items = few.map(
    ({ index, written, read, certainty }) => `<li class="digit">${drawing(test, index, written)}
<span><b>${read}</b> instead of <b>${written}</b><br>${percent(certainty)} certain</span></li>`,
  );
  const which =
    few.length < wrong.length
      ? `The ${few.length} surest of ${wrong.length} errors.`
      : 'All errors, the surest first.';
  return `<p>${which}</p>\n<ul class="digits">${items.join('\n')}</ul>`;
}

function drawing(test: Digits, index: number, written: number): string {
  const { image } = range(test, index, index + 1);
  const squares = Array.from(image, (ink, i) => {
    if (ink === 0) return '';
    const shade = Math.round(255 - ink * 235);
    return `<rect x="${i % side}" y="${Math.floor(i / side)}" width="1.02" height="1.02" fill="rgb(${shade} ${shade} ${shade})"/>`;
  });
  return `<svg viewBox="-.5 -.5 ${side + 1} ${side + 1}" role="img" aria-label="A handwritten ${written}">${squares.join('')}</svg>`;
}
