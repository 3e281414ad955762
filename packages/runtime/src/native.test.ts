import { expect, test } from 'vitest';
import { stubArtifact, stubLibrary } from '../test/stub.ts';
import { locateAddon } from './locate.ts';
import { addonExports, loadAddon, sessionMethods } from './native.ts';

const addon = loadAddon(locateAddon().path ?? 'vorab.node is not built: npm run setup');

test('the addon exports what the interface declares, and nothing else', () => {
  const exported = Object.entries(addon).map(([name, value]) => [name, typeof value]);
  expect(Object.fromEntries(exported)).toEqual(addonExports);
});

test('its session has the methods that the interface declares, and no others', async () => {
  const artifact = await addon.openArtifact(stubArtifact);
  const session = await addon.openSession(artifact, stubLibrary('stub'), 0, '{}', 8);
  const methods = Object.getOwnPropertyNames(Object.getPrototypeOf(session));
  expect(methods.filter((name) => name !== 'constructor').sort()).toEqual(
    Object.keys(sessionMethods).sort(),
  );
  await session.close();
});

test('a call that the TypeScript side should have refused is refused by the addon too', async () => {
  const artifact = await addon.openArtifact(stubArtifact);
  const session = await addon.openSession(artifact, stubLibrary('stub'), 0, '{}', 8);
  const echo = session.bindEntry(0);
  echo.symbols[0] = 2;
  expect(() => echo.sync(new Float32Array(4), undefined)).toThrow(
    'echo: x has 16 bytes, expected 32',
  );
  expect(() => echo.sync(7, undefined)).toThrow('echo: x is a disposed tensor');
  expect(() => echo.sync(undefined, undefined)).toThrow('x is neither a typed array nor a tensor');
  expect(() => echo.sync(new Float32Array(8), new Float32Array(4))).toThrow('to fill, expected 32');
  echo.symbols[0] = 257;
  expect(() => echo.sync(new Float32Array(8), undefined)).toThrow('dim N is 257');
  echo.symbols[0] = 1.5;
  expect(() => echo.sync(new Float32Array(8), undefined)).toThrow('dim N is 1.5');
  expect(() => session.bindEntry(99)).toThrow('no such entry');
  expect(() => session.readTensorSync(0)).toThrow('disposed');
  await session.close();
});

test('a library that is no backend is refused', async () => {
  const artifact = await addon.openArtifact(stubArtifact);
  const itself = locateAddon().path ?? '';
  await expect(addon.openSession(artifact, itself, 0, '{}', 8)).rejects.toThrow(
    'does not export vorab_backend_v1',
  );
  await expect(addon.openSession(artifact, '/nowhere.so', 0, '{}', 8)).rejects.toThrow(
    'cannot load /nowhere.so',
  );
});
