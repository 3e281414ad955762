import { asFailure, ReferenceFailure } from './failure.ts';

/** Work in small steps: between two of them others get the thread, and an abort is honoured. */
export type Steps<T> = Generator<void, T, void>;

interface Job {
  readonly id: number;
  readonly begin: () => Steps<unknown>;
  readonly resolve: (value: unknown) => void;
  readonly reject: (error: unknown) => void;
  steps: Steps<unknown> | undefined;
}

/** Work goes on this long before timers and I/O get their turn. */
const sliceMilliseconds = 4;

/** First in, first out, on the JavaScript thread, in slices. */
export class Queue {
  readonly #capacity: number;
  readonly #jobs: Job[] = [];
  #nextId = 1;
  #scheduled = false;
  #closed = false;

  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  get outstanding(): number {
    return this.#jobs.length;
  }

  /** The id of the job that was posted last. */
  get lastId(): number {
    return this.#nextId - 1;
  }

  post<T>(begin: () => Steps<T>, always = false): Promise<T> {
    if (this.#closed) return Promise.reject(closedFailure());
    if (!always && this.#jobs.length >= this.#capacity) {
      return Promise.reject(new ReferenceFailure('queueFull', "the session's queue is full"));
    }
    return new Promise<T>((resolve, reject) => {
      const id = this.#nextId++;
      this.#jobs.push({ id, begin, resolve: resolve as Job['resolve'], reject, steps: undefined });
      this.#schedule();
    });
  }

  /** Does all that is queued, then this, at once. */
  run<T>(begin: () => Steps<T>): T {
    if (this.#closed) throw closedFailure();
    while (this.#jobs.length > 0) this.#advance(Number.POSITIVE_INFINITY);
    try {
      return finish(begin());
    } catch (error) {
      throw asFailure(error);
    }
  }

  abort(id: number): void {
    const index = this.#jobs.findIndex((job) => job.id === id);
    const [job] = index < 0 ? [] : this.#jobs.splice(index, 1);
    job?.reject(new ReferenceFailure('aborted', 'aborted'));
  }

  /** Nothing is taken any more; what is queued still runs. */
  close(): void {
    this.#closed = true;
  }

  #schedule(): void {
    if (this.#scheduled || this.#jobs.length === 0) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#advance(performance.now() + sliceMilliseconds);
      this.#schedule();
    });
  }

  /** The first job, to its end or the deadline. */
  #advance(deadline: number): void {
    const [job] = this.#jobs;
    if (job === undefined) return;
    try {
      job.steps ??= job.begin();
      do {
        const { done, value } = job.steps.next();
        if (done) {
          this.#jobs.shift();
          job.resolve(value);
          return;
        }
      } while (performance.now() < deadline);
    } catch (error) {
      this.#jobs.shift();
      job.reject(asFailure(error));
    }
  }
}

function finish<T>(steps: Steps<T>): T {
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

function closedFailure(): ReferenceFailure {
  return new ReferenceFailure('closed', 'the session is closed');
}
