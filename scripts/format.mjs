/** Formats everything: Biome for TypeScript, JavaScript and JSON, clang-format for C++. */
import { clangFormat } from './lib/cpp.mjs';
import { run } from './lib/process.mjs';

const biome = await run('node_modules/.bin/biome', ['check', '--write', '.']);
const cpp = await clangFormat('-i');
if (cpp.code !== 0) console.error(cpp.output);
process.exitCode = biome.code || cpp.code;
