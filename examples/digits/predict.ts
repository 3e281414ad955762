/**
 * Asks and trains on, in a process of its own: it has the artifact, its typed binding and the weights, and neither the
 * model's source nor the compiler.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { classes, pixels, range, readDigits, size } from './digits.ts';
import { type Model, open } from './model.vorab.ts';
import { out, parseOptions, type RunRecord } from './options.ts';
import { accuracy, read, train } from './training.ts';

const singles = 8;

const { runtime } = parseOptions();
const record = JSON.parse(readFileSync(new URL('run.json', out), 'utf8')) as RunRecord;
const { training, test } = readDigits();
const file = (name: string): string => fileURLToPath(new URL(name, out));

await using model = await open({ runtime, weights: file('digits.safetensors') });
await readAgain(model);
await resume(model);

async function readAgain(model: Model): Promise<void> {
  const reading = await read(model, test);
  const found = accuracy(reading, test);
  expectEqual('accuracy of all test images', found, record.accuracy);
  console.log(`  ${size(test)} images in batches: accuracy ${found.toFixed(3)}, as before`);

  const one = await read(model, range(test, 0, singles), 1);
  const seen: string[] = [];
  for (const [i, digit] of one.digits.entries()) {
    expectEqual(`image ${i} alone`, digit, reading.digits[i] ?? -1);
    const certainty = one.probs[i * classes + digit] ?? 0;
    seen.push(`${digit} (${Math.round(certainty * 100)} %)`);
  }
  console.log(`  single images of ${pixels} pixels: ${seen.join(', ')}`);
}

async function resume(model: Model): Promise<void> {
  await model.load(file('checkpoint.safetensors'));
  const { epochs, checkpointEpoch } = record;
  const losses = await train(model, training, checkpointEpoch, epochs);
  const expected = record.lossesAfterCheckpoint;
  expectEqual('number of steps', losses.length, expected.length);
  for (const [i, loss] of losses.entries())
    expectEqual(`loss ${i}`, loss, expected[i] ?? Number.NaN);
  expectEqual('accuracy at the end', accuracy(await read(model, test), test), record.accuracy);
  console.log(
    `  resumed after epoch ${checkpointEpoch}: ${losses.length} losses, equal bit for bit`,
  );
}

function expectEqual(what: string, found: number, expected: number): void {
  if (Object.is(found, expected)) return;
  throw new Error(`${what} is ${found}, but was ${expected} in the process that trained`);
}
