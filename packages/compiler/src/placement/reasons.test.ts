import { expect, test } from 'vitest';
import { joinReasons } from './reasons.ts';

const of = (op: string, reason: string) => ({ op, reason });

test('a reason that all ops share stands alone', () => {
  expect(joinReasons([of('svd', 'cheapest'), of('add', 'cheapest')])).toBe('cheapest');
  expect(joinReasons([of('svd', '')])).toBe('');
  expect(joinReasons([])).toBe('');
});

test('reasons of several ops name them', () => {
  const ops = [of('add', 'cheapest'), of('svd', 'asked for'), of('add', 'cheapest')];
  expect(joinReasons(ops)).toBe('add ×2: cheapest; svd: asked for');
  // What holds for some ops is not said of all, though of the others nothing is known.
  expect(joinReasons([of('add', ''), of('svd', 'asked for')])).toBe('svd: asked for');
});
