import { userError } from '../fail.ts';

/** Refuses an option that is not in [0, below). */
export function checkRange(
  rule: string,
  option: string,
  value: number,
  below: number = Number.POSITIVE_INFINITY,
): void {
  if (value >= 0 && value < below) return;
  const range =
    below === Number.POSITIVE_INFINITY ? 'a number from 0' : `a number in [0, ${below})`;
  throw userError({
    code: 'optimizer',
    message: `${rule}: ${option} is ${value}, expected ${range}`,
  });
}

/** Refuses an option that is not an integer from 1 on. */
export function checkCount(rule: string, option: string, value: number): void {
  if (Number.isSafeInteger(value) && value >= 1) return;
  throw userError({
    code: 'optimizer',
    message: `${rule}: ${option} is ${value}, expected an integer from 1`,
  });
}
