import type { Inputs } from './entry.ts';
import { SessionBase } from './session.ts';
import type { NamedCallOptions, SessionParts } from './session-types.ts';
import { isTapsEntry } from './taps.ts';
import type { AnyEntries, EntryMethods, SyncMethods } from './types.ts';

/** A session with its entries as methods: `session.fit(inputs)`, and `session.sync.fit(inputs)`. */
export type Session<E = AnyEntries> = Omit<EntryMethods<E>, keyof SessionBase | 'sync'> &
  SessionBase & { readonly sync: SyncMethods<E> };

/** Plain functions on the session, one for each entry whose name is free; the others are reached by `call`. */
export function makeSession<E>(parts: SessionParts): Session<E> {
  const session = new SessionBase(parts);
  const sync: Record<string, unknown> = {};
  const methods: Record<string, unknown> = { sync };
  for (const { name, kind } of parts.program.entries) {
    if (kind !== 'program' || isTapsEntry(name)) continue;
    // Bound at the first call: opening does not pay for entries that are never called.
    sync[name] = (inputs?: Inputs, options?: NamedCallOptions) =>
      options?.taps === undefined
        ? session.entry(name).sync(inputs, options?.out)
        : session.callSync(name, inputs, options);
    if (name in session || name === 'sync') continue;
    methods[name] = async (inputs?: Inputs, options?: NamedCallOptions) =>
      options?.taps === undefined
        ? session.entry(name).call(inputs, options?.out, options?.signal)
        : session.call(name, inputs, options);
  }
  return Object.assign(session, methods) as unknown as Session<E>;
}
