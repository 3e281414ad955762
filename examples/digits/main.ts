/** Compiles the model, trains it, saves it, and has a second process use what was saved. */
import { spawn } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compile } from 'vorab';
import { batchSize, readDigits, size } from './digits.ts';
import type { Model } from './model.vorab.ts';
import { out, parseOptions, type RunRecord } from './options.ts';
import { Progress } from './progress.ts';
import { renderReport } from './report/index.ts';
import { accuracy, read, train } from './training.ts';

const { runtime, epochs } = parseOptions();
// The state is saved here, to be resumed by another process.
const checkpointEpoch = Math.max(0, epochs - 3);
const path = (name: string): string => fileURLToPath(new URL(name, out));
const progress = new Progress();
mkdirSync(out, { recursive: true });
progress.line('digits: compile, train, save, and ask from another process');

const { artifact } = await progress.step('compile model.ts', () =>
  compile(fileURLToPath(new URL('./model.ts', import.meta.url))),
);
// Loaded only now, since it has just been written.
const { open } = await progress.step(`load ${shown(artifact)}`, () => import('./model.vorab.ts'));
const model = await progress.step(`open on ${runtime}`, () => open({ runtime, seed: 0 }));
const used = model.info();
progress.line(`  ${used.runtime} (${used.reason}), plan ${used.plan ?? 'none needed'}`);

const { training, test } = readDigits();
const perEpoch = Math.ceil(size(training) / batchSize);
const steps = perEpoch * epochs;
progress.line(`train on ${size(training)} images, ${epochs} epochs, ${steps} steps`);
const started = performance.now();
const losses: number[] = [];
const accuracies: number[] = [];
await learn(model, 0, checkpointEpoch);
await model.save(path('checkpoint.safetensors'));
await learn(model, checkpointEpoch, epochs);
const ms = performance.now() - started;
progress.line(`trained in ${(ms / 1000).toFixed(1)} s, ${(ms / steps).toFixed(2)} ms a step`);

const reading = await read(model, test);
const share = accuracy(reading, test);
await model.save(path('digits.safetensors'));
await model.close();
progress.line(`saved ${shown(path('digits.safetensors'))}`);

const record: RunRecord = {
  runtime,
  accuracy: share,
  epochs,
  checkpointEpoch,
  lossesAfterCheckpoint: losses.slice(checkpointEpoch * perEpoch),
};
writeFileSync(path('run.json'), `${JSON.stringify(record)}\n`);
progress.line('a second process, with the artifact and the weights alone:');
const code = await runPredict();

const report = path('report.html');
writeFileSync(
  report,
  renderReport({ runtime: used.runtime, losses, accuracies, reading, test, perEpoch, share, ms }),
);
if (code === 0) {
  console.log(`test accuracy: ${share.toFixed(3)}`);
  console.log(`report: ${report}`);
}
process.exitCode = code;

async function learn(model: Model, from: number, to: number): Promise<void> {
  for (let epoch = from; epoch < to; epoch++) {
    await train(model, training, epoch, epoch + 1, (loss) => {
      losses.push(loss);
      progress.bar(losses.length / steps, `epoch ${epoch + 1}, loss ${loss.toFixed(4)}`);
    });
    accuracies.push(accuracy(await read(model, test), test));
    reportEpoch(epoch);
  }
}

function reportEpoch(epoch: number): void {
  const mean = losses.slice(-perEpoch).reduce((a, b) => a + b, 0) / perEpoch;
  const share = ((accuracies.at(-1) ?? 0) * 100).toFixed(1);
  const line = `  epoch ${String(epoch + 1).padStart(2)}  loss ${mean.toFixed(4)}`;
  progress.epoch(`${line}  ${share} % of the test images`, epoch + 1 === epochs || epoch % 5 === 4);
}

function runPredict(): Promise<number> {
  const predict = fileURLToPath(new URL('./predict.ts', import.meta.url));
  const args = [...process.execArgv, predict, '--runtime', runtime];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (status) => resolve(status ?? 1));
  });
}

function shown(file: string): string {
  return relative(process.cwd(), file) || file;
}
