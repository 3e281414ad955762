import { StateVariable } from './state.ts';
import { u32 } from './types.ts';

let shared: StateVariable | undefined;

/** The key that all programs share: a u32[2] state named `rng`, made at the first use. */
export function sharedRng(): StateVariable {
  shared ??= new StateVariable({
    kind: 'state',
    type: u32(2),
    init: (key) => key,
    naming: { form: 'absolute', name: 'rng' },
  });
  return shared;
}
