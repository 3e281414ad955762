/** The `vorab` command. */
import { main } from './cli/main.ts';

// `vorab inspect … | head` is no failure.
process.stdout.on('error', (error: NodeJS.ErrnoException) => {
  if (error.code !== 'EPIPE') throw error;
});

process.exitCode = await main(process.argv.slice(2));
