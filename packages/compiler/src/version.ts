import { readFileSync } from 'node:fs';

const manifest: { version: string } = JSON.parse(
  readFileSync(new URL('../package.json', import.meta.url), 'utf8'),
);

/** What the artifact says made it. */
export const producer: string = `vorab ${manifest.version}`;
