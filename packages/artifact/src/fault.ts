/** Why a file was refused: a code to compare, and what was found and expected, where. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** A `.vorab` file that is not one, or not a legal one. */
export class ArtifactError extends Error {
  readonly code: string;

  constructor({ code, message }: Fault) {
    super(message);
    this.name = 'ArtifactError';
    this.code = code;
  }
}

/** Where in a program a fault lies; rendered only to fail. */
export class Path {
  static readonly program: Path = new Path(null, '', null);

  private readonly parent: Path | null;
  private readonly name: string;
  private readonly index: number | null;

  private constructor(parent: Path | null, name: string, index: number | null) {
    this.parent = parent;
    this.name = name;
    this.index = index;
  }

  field(name: string): Path {
    return new Path(this, name, null);
  }

  at(name: string, index: number): Path {
    return new Path(this, name, index);
  }

  /** `plans[0].entries[1].values[3]` */
  toString(): string {
    if (this.parent === null) return '';
    const before = this.parent.toString();
    const own = this.index === null ? this.name : `${this.name}[${this.index}]`;
    return before === '' ? own : `${before}.${own}`;
  }
}

/** Refuses the file. */
export function fail(code: string, path: Path, text: string): never {
  const where = path.toString();
  throw new ArtifactError({ code, message: `${where === '' ? 'program' : where}: ${text}` });
}
