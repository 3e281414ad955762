import { classes } from '../digits.ts';
import type { Run } from './index.ts';

/** A table: what was written by what was read. */
export function confusionMatrix({ reading, test }: Run): string {
  const counts = Array.from({ length: classes }, () => new Array<number>(classes).fill(0));
  for (const [i, written] of test.label.entries()) {
    const row = counts[written];
    const read = reading.digits[i] ?? 0;
    if (row) row[read] = (row[read] ?? 0) + 1;
  }
  const digits = Array.from({ length: classes }, (_, digit) => digit);
  const head = digits.map((digit) => `<th scope="col">${digit}</th>`).join('');
  const rows = counts.map((row, written) => {
    const total = row.reduce((a, b) => a + b, 0);
    const cells = row.map((count, read) =>
      cell(count, written === read, count / Math.max(total, 1)),
    );
    return `<tr><th scope="row">${written}</th>${cells.join('')}</tr>`;
  });
  return `<div class="scroll" role="region" aria-labelledby="confusion" tabindex="0">
<table><thead><tr><td class="none"></td>${head}</tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

function cell(count: number, isRight: boolean, share: number): string {
  if (isRight)
    return `<td class="right" style="--share:${(share * 0.55).toFixed(2)}">${count}</td>`;
  return count === 0 ? '<td class="none">·</td>' : `<td class="wrong">${count}</td>`;
}
