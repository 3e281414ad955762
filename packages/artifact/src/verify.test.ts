import { expect, test } from 'vitest';
import { sample } from '../test/sample.ts';
import { verify } from './index.ts';

test('a legal program passes', () => {
  expect(verify(sample().build())).toBeNull();
});
