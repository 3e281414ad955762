/** Promise calls that are queued or running, and the signals that may abort them. */
export class PendingCalls {
  readonly #abort: (call: number) => void;
  readonly #calls: Set<number> = new Set();
  /** One listener for each signal, however many calls share it. */
  readonly #bySignal: Map<AbortSignal, SignalCalls> = new Map();

  constructor(abort: (call: number) => void) {
    this.#abort = abort;
  }

  /** Waits for a call that has begun; `signal` aborts it meanwhile. */
  async settle<T>(call: number, started: Promise<T>, signal: AbortSignal | undefined): Promise<T> {
    this.#calls.add(call);
    if (signal !== undefined) this.#listen(signal, call);
    try {
      return await started;
    } finally {
      this.#calls.delete(call);
      if (signal !== undefined) this.#forget(signal, call);
    }
  }

  abortAll(): void {
    for (const call of this.#calls) this.#abort(call);
  }

  #listen(signal: AbortSignal, call: number): void {
    const known = this.#bySignal.get(signal);
    if (known !== undefined) {
      known.calls.add(call);
      return;
    }
    const calls = new Set([call]);
    const listener = (): void => {
      for (const each of calls) this.#abort(each);
    };
    signal.addEventListener('abort', listener);
    this.#bySignal.set(signal, { calls, listener });
  }

  #forget(signal: AbortSignal, call: number): void {
    const known = this.#bySignal.get(signal);
    if (known === undefined) return;
    known.calls.delete(call);
    if (known.calls.size > 0) return;
    signal.removeEventListener('abort', known.listener);
    this.#bySignal.delete(signal);
  }
}

interface SignalCalls {
  readonly calls: Set<number>;
  readonly listener: () => void;
}
