/** The C++ unit tests under AddressSanitizer and UndefinedBehaviorSanitizer. */
import { packagesWithTests, runCppTests } from './lib/cpp.mjs';
import { setup } from './setup.mjs';

let ok = (await setup(['npm', 'python'])).ok;
for (const name of packagesWithTests()) ok = ok && (await runCppTests(name, true));
process.exitCode = ok ? 0 : 1;
