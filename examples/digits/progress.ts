const width = 24;

/** Progress: a line that moves on a terminal, a few plain lines elsewhere. */
export class Progress {
  readonly #terminal: boolean = process.stdout.isTTY === true;
  #shown = 0;

  line(text: string): void {
    this.#clear();
    console.log(text);
  }

  /** Does something and says how long it took. */
  async step<T>(title: string, work: () => Promise<T>): Promise<T> {
    const start = performance.now();
    this.#overwrite(`${title} …`);
    const result = await work();
    this.line(`${title.padEnd(44)} ${((performance.now() - start) / 1000).toFixed(2)} s`);
    return result;
  }

  /** Moves the bar to `share` of its length; nothing where there is no terminal. */
  bar(share: number, text: string): void {
    const now = performance.now();
    if (!this.#terminal || (now - this.#shown < 50 && share < 1)) return;
    this.#shown = now;
    const done = Math.round(share * width);
    this.#overwrite(`${'█'.repeat(done)}${'░'.repeat(width - done)} ${text}`);
  }

  /** An epoch's line; where there is no terminal, only of the epochs that are `told`. */
  epoch(text: string, told: boolean): void {
    if (told) this.line(text);
  }

  #overwrite(text: string): void {
    if (this.#terminal) process.stdout.write(`\r\x1b[K${text}`);
  }

  #clear(): void {
    if (this.#terminal) process.stdout.write('\r\x1b[K');
  }
}
