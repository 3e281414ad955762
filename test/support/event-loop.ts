import { setTimeout as sleep } from 'node:timers/promises';

/** How late timers of 5 ms came while `work` went on, in milliseconds: the 99th of a hundred. */
export async function lateness(work: Promise<unknown>): Promise<number> {
  let running = true;
  const done = work.finally(() => {
    running = false;
  });
  const late: number[] = [];
  while (running) {
    const asked = performance.now();
    await sleep(5);
    late.push(performance.now() - asked - 5);
  }
  await done;
  late.sort((a, b) => a - b);
  return late[Math.floor(late.length * 0.99)] ?? 0;
}

/** The first of the sizes `first`, twice `first`, … up to `last` with which a call takes 200 ms here; `last` if none. */
export async function slowSize(
  first: number,
  last: number,
  call: (size: number) => Promise<unknown>,
): Promise<number> {
  for (let size = first; size < last; size = Math.min(last, size * 2)) {
    const start = performance.now();
    await call(size);
    if (performance.now() - start > 200) return size;
  }
  return last;
}
