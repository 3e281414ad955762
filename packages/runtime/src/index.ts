/** Opens a .vorab file: sessions, device tensors and the native executor. */
export {
  type Backend,
  type BackendEntry,
  type BackendFailure,
  type BackendInput,
  type BackendOptions,
  type BackendOutput,
  type BackendSession,
  type BackendStatName,
  BackendStatus,
  backendStats,
  type LoadedArtifact,
} from './backend.ts';
export {
  type Cause,
  type CountedCause,
  causeNumbers,
  causes,
  type LedgerDirection,
  type LedgerKind,
} from './causes.ts';
export type { LedgerCounter } from './counters.ts';
export {
  type Capability,
  type DoctorReport,
  doctor,
  examineRuntime,
  isCapability,
  type RuntimeReport,
} from './doctor.ts';
export {
  type ArrayOf,
  type DType,
  dtypeBytes,
  dtypes,
  type Float16ArrayLike,
  type GivenArray,
  type ScalarOf,
  type TypedArray,
} from './dtype.ts';
export { environmentVariables } from './env.ts';
export { AbortError, type ErrorCode, VorabError } from './errors.ts';
export type { LedgerBound, LedgerBounds } from './expect.ts';
export type { Fallback } from './fallback.ts';
export {
  decodeFloat,
  decodeFloats,
  encodeFloat,
  encodeFloats,
  type HalfDType,
} from './half.ts';
export { Ledger, type LedgerRow, type LedgerTotals } from './ledger.ts';
export type { Session } from './make-session.ts';
export { NativeBackend } from './native-backend.ts';
export { load, open, openOn } from './open.ts';
export type { OpenOptions } from './open-options.ts';
export type {
  EntryInfo,
  PlanInfo,
  PortInfo,
  ProgramInfo,
  StateInfo,
  StateKind,
  SymbolInfo,
} from './program.ts';
export {
  type BackendMaker,
  type RuntimeChoice,
  type RuntimeName,
  registerBackend,
  runtimeNames,
} from './registry.ts';
export type { SessionBase } from './session.ts';
export type {
  CloseOptions,
  ExpectOptions,
  NamedCallOptions,
  SessionInfo,
  Stats,
  StepProfile,
} from './session-types.ts';
export type { Sizes } from './sizes.ts';
export type { Hyper, States } from './state.ts';
export { type Nested, type Shape, Tensor } from './tensor.ts';
export type {
  AnyEntries,
  CallOptions,
  EntriesTypes,
  EntryMethod,
  EntryTypes,
  OutOf,
  ResultOf,
  SyncMethod,
  SyncOptions,
} from './types.ts';
export type { InputValue, Shaped } from './values.ts';
export type { LoadOptions } from './weights.ts';
