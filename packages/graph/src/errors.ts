import type { SourceLocation } from './location.ts';
import { formatLocation } from './location.ts';

/** What an error in a model says: what was found, what was expected, where, and what cures it. */
export interface GraphErrorDetails {
  /** Stable, machine readable, such as `shape-mismatch`. */
  readonly code: string;
  /** One sentence: what was found and what was expected. */
  readonly message: string;
  /** What the user can do about it. */
  readonly cure?: string | undefined;
  /** The user's line. */
  readonly location?: SourceLocation | undefined;
}

/** An error in a user's model. `message` begins with `file:line:column` where that is known. */
export class GraphError extends Error {
  override readonly name: string = 'GraphError';
  readonly code: string;
  readonly detail: string;
  readonly cure: string | undefined;
  readonly location: SourceLocation | undefined;

  constructor(details: GraphErrorDetails) {
    const at = details.location ? `${formatLocation(details.location)}: ` : '';
    const cure = details.cure ? `\n  fix: ${details.cure}` : '';
    super(`${at}${details.message}${cure}`);
    this.code = details.code;
    this.detail = details.message;
    this.cure = details.cure;
    this.location = details.location;
  }
}

/**
 * Thrown by an op that refuses its data when it runs (a singular matrix); who runs it adds the op
 * and the user's line.
 */
export class DataError extends Error {
  override readonly name: string = 'DataError';
  /** Where in its data: which matrix of a batch, which element. Empty: nowhere in particular. */
  readonly index: readonly number[];
  readonly cure: string | undefined;

  constructor(message: string, index: readonly number[], cure?: string) {
    super(message);
    this.index = index;
    this.cure = cure;
  }
}

/** Thrown by a type rule; `make` adds the op, its operands and the user's line. */
export class TypeRuleError extends Error {
  override readonly name: string = 'TypeRuleError';
  readonly code: string;
  readonly cure: string | undefined;

  constructor(code: string, message: string, cure?: string) {
    super(message);
    this.code = code;
    this.cure = cure;
  }
}
