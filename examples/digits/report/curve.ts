import type { Run } from './index.ts';

const width = 720;
const height = 300;
const left = 40;
const right = 64;
const top = 16;
const bottom = 36;

type Point = readonly [x: number, y: number];

/** Losses on a logarithmic scale, and accuracies on one of their own. */
export function lossCurve({ losses, accuracies, perEpoch }: Run): string {
  const [low, high] = decades(losses);
  const x = (step: number): number => left + (step / losses.length) * (width - left - right);
  const y = (share: number): number => top + (1 - share) * (height - top - bottom);
  const ofLoss = (loss: number): number =>
    y((Math.log10(Math.max(loss, 10 ** low)) - low) / (high - low));
  const lowest = Math.floor(Math.min(...accuracies, 0.9) * 10) / 10;
  const ofAccuracy = (share: number): number => y((share - lowest) / (1 - lowest));

  const raw = losses.map((loss, i): Point => [x(i + 1), ofLoss(loss)]);
  const smooth = averaged(losses).map((loss, i): Point => [x(i + 1), ofLoss(loss)]);
  const shares = accuracies.map((a, i): Point => [x((i + 1) * perEpoch), ofAccuracy(a)]);
  const last = accuracies.at(-1) ?? 0;
  const summary = `Loss falls from ${losses[0]?.toFixed(2)} to ${losses.at(-1)?.toFixed(3)}; accuracy ends at ${(last * 100).toFixed(1)} %.`;
  return `<svg viewBox="0 0 ${width} ${height}" role="img" aria-label="${summary}">
${lossGrid(low, high, (loss) => ofLoss(loss))}
${epochTicks(accuracies.length, (epoch) => x(epoch * perEpoch))}
<path class="loss" d="${path(raw)}"/>
<path class="smooth" d="${path(smooth)}"/>
<path class="accuracy" d="${path(shares)}"/>
<text class="of-loss" x="${left}" y="${top - 5}">loss</text>
${startLabel(shares[0], accuracies)}
<text class="of-accuracy" x="${width - right + 8}" y="${(shares.at(-1)?.[1] ?? 0) + 4}">${(last * 100).toFixed(1)} %</text>
<text class="of-accuracy" x="${width - right + 8}" y="${(shares.at(-1)?.[1] ?? 0) + 19}">accuracy</text>
</svg>`;
}

// Where there is no way to speak of, the label at its end is enough.
function startLabel(start: Point | undefined, accuracies: readonly number[]): string {
  if (!start || accuracies.length < 3) return '';
  const [x, y] = start;
  const share = ((accuracies[0] ?? 0) * 100).toFixed(0);
  return `<text class="of-accuracy" x="${x.toFixed(1)}" y="${(y + 18).toFixed(1)}" text-anchor="middle">${share} %</text>`;
}

/** Whole powers of ten around all values. */
function decades(losses: readonly number[]): readonly [low: number, high: number] {
  const positive = losses.filter((loss) => loss > 0 && Number.isFinite(loss));
  const low = Math.max(Math.floor(Math.log10(Math.min(...positive))), -4);
  return [low, Math.max(Math.ceil(Math.log10(Math.max(...positive))), low + 1)];
}

const window = 12;

/** The mean over the steps around each. */
function averaged(values: readonly number[]): number[] {
  return values.map((_, i) => {
    const near = values.slice(Math.max(0, i - window), i + window + 1);
    return near.reduce((a, b) => a + b, 0) / near.length;
  });
}

function path(points: readonly Point[]): string {
  return points
    .map(([x, y], i) => `${i === 0 ? 'M' : 'L'}${x.toFixed(1)} ${y.toFixed(1)}`)
    .join('');
}

function lossGrid(low: number, high: number, y: (loss: number) => number): string {
  const lines: string[] = [];
  for (let power = low; power <= high; power++) {
    const at = y(10 ** power).toFixed(1);
    const label = power >= 0 ? String(10 ** power) : (10 ** power).toFixed(-power);
    lines.push(
      `<line class="grid" x1="${left}" x2="${width - right}" y1="${at}" y2="${at}"/>` +
        `<text x="${left - 8}" y="${at}" dy="4" text-anchor="end">${label}</text>`,
    );
  }
  return lines.join('\n');
}

function epochTicks(epochs: number, x: (epoch: number) => number): string {
  const ticks: string[] = [];
  for (let epoch = 5; epoch <= epochs; epoch += 5) {
    const label = epoch === 5 ? 'epoch 5' : String(epoch);
    ticks.push(
      `<text x="${x(epoch).toFixed(1)}" y="${height - 12}" text-anchor="middle">${label}</text>`,
    );
  }
  return ticks.join('\n');
}
