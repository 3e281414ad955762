import { register } from 'node:module';

// Runs on the loader's thread, after (outside) tsx's own hook. tsx marks what it takes for CommonJS in the URL, too.
const hook = `
let active;
export function initialize(flag) {
  active = flag;
}
export async function resolve(specifier, context, next) {
  const found = await next(specifier, context);
  if (Atomics.load(active, 0) === 0 || found.format === 'module') return found;
  const [, url] = /^(file:.*?\\.tsx?)(?:%3F|[?]|$)/.exec(found.url) ?? [];
  if (url === undefined || url.includes('/node_modules/')) return found;
  return { ...found, url, format: 'module' };
}
`;

let active: Int32Array | undefined;

/**
 * Until the returned function is called, TypeScript files load as ES modules, whatever their package.json says: as
 * CommonJS they would get a copy of vorab of their own.
 */
export function loadAsEsModules(): () => void {
  if (!active) {
    active = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
    register(`data:text/javascript,${encodeURIComponent(hook)}`, { data: active });
  }
  const flag = active;
  Atomics.store(flag, 0, 1);
  return () => void Atomics.store(flag, 0, 0);
}
