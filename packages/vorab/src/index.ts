/**
 * Compile-ahead computation graphs for TypeScript: what a model file imports, what compiles it, and what runs it.
 * `Tensor` is a tensor of a graph; `DeviceTensor` is an array on a session's device.
 */
export * from '@vorab/graph';
export {
  AbortError,
  decodeFloat,
  decodeFloats,
  type ErrorCode,
  encodeFloat,
  encodeFloats,
  type Fallback,
  type InputValue,
  type Ledger,
  type LedgerBounds,
  type LedgerRow,
  type OpenOptions,
  open,
  type RuntimeChoice,
  type RuntimeName,
  type Session,
  type SessionInfo,
  type Stats,
  type StepProfile,
  Tensor as DeviceTensor,
  VorabError,
} from '@vorab/runtime';
export {
  type CompiledFile,
  type CompileFileOptions,
  compile,
  type PlacementAnswer,
  type PlacementProblem,
  type Router,
} from './compile.ts';
