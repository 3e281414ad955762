import { formatLocation, type SourceLocation } from '@vorab/graph';

/** One thing that keeps a model file from being compiled. */
export interface ModelProblem {
  readonly message: string;
  readonly location?: SourceLocation | undefined;
}

export type ModelErrorCode =
  | 'no-file'
  | 'syntax'
  | 'no-programs'
  | 'not-a-program'
  | 'entry-name'
  | 'threw'
  | 'other-vorab';

/** A model file that cannot be compiled. `message` holds every problem, each with `file:line:column` where known. */
export class ModelError extends Error {
  override readonly name: string = 'ModelError';

  constructor(
    readonly code: ModelErrorCode,
    readonly problems: readonly ModelProblem[],
    readonly cure?: string,
    options?: ErrorOptions,
  ) {
    const lines = problems.map(({ message, location }) =>
      location ? `${formatLocation(location)}: ${message}` : message,
    );
    super([...lines, ...(cure ? [`  fix: ${cure}`] : [])].join('\n'), options);
  }

  get location(): SourceLocation | undefined {
    return this.problems[0]?.location;
  }
}
