/** From the artifact's schema: where each field of each table lies, for the bounds checks of both verifiers. */
import { readFileSync } from 'node:fs';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '../..');
const artifact = 'packages/artifact';

/** Bytes of the scalar types that the schema uses. */
const scalarSizes: Readonly<Record<string, number>> = {
  bool: 1,
  ubyte: 1,
  ushort: 2,
  uint: 4,
  int: 4,
  long: 8,
  ulong: 8,
  double: 8,
};

interface Field {
  readonly name: string;
  readonly slot: number;
  readonly kind: string;
  readonly required: boolean;
  /** Bytes of one element where it is stored inline. */
  readonly size: number;
  readonly align: number;
  /** Index of the table or union that it refers to. */
  readonly ref: number;
}

interface Declaration {
  readonly keyword: string;
  readonly name: string;
  readonly body: string;
}

const declarations = (schema: string): Declaration[] =>
  [...schema.matchAll(/^(table|struct|enum|union) (\w+)(?: : \w+)? \{([^}]*)\}/gms)].map(
    ([, keyword = '', name = '', body = '']) => ({ keyword, name, body }),
  );

const fieldsOf = (body: string): { name: string; type: string; required: boolean }[] =>
  [...body.matchAll(/(\w+): (\[?[\w:]+\]?)[^;]*?(\(required\))?;/g)].map(
    ([, name = '', type = '', required]) => ({ name, type, required: required !== undefined }),
  );

class Schema {
  readonly tables: readonly Declaration[];
  readonly unions: readonly Declaration[];
  private readonly all: readonly Declaration[];

  constructor(text: string) {
    this.all = declarations(text.replace(/\/\/.*$/gm, ''));
    this.tables = this.all.filter(({ keyword }) => keyword === 'table');
    this.unions = this.all.filter(({ keyword }) => keyword === 'union');
  }

  private find(keyword: string, name: string): Declaration | undefined {
    return this.all.find((one) => one.keyword === keyword && one.name === name);
  }

  table(name: string): number {
    const index = this.tables.findIndex((table) => table.name === name);
    if (index < 0) throw new Error(`the schema has no table ${name}`);
    return index;
  }

  /** Table indices of a union's members, in order. */
  members(union: Declaration): number[] {
    return union.body
      .split(',')
      .map((member) => member.trim())
      .filter((member) => member !== '')
      .map((member) => this.table(member));
  }

  /** Size and alignment of what is stored inline, if `type` is. */
  private inline(type: string): { size: number; align: number } | undefined {
    const scalar = this.find('enum', type) ? 1 : scalarSizes[type];
    if (scalar !== undefined) return { size: scalar, align: scalar };
    const array = /^\[(\w+):(\d+)\]$/.exec(type);
    if (array) {
      const element = scalarSizes[array[1] ?? ''] ?? 0;
      return { size: element * Number(array[2]), align: element };
    }
    const struct = this.find('struct', type);
    if (!struct) return undefined;
    let size = 0;
    let align = 1;
    for (const field of fieldsOf(struct.body)) {
      const part = this.inline(field.type);
      if (!part) throw new Error(`struct ${type}: ${field.type} is not inline`);
      size = Math.ceil(size / part.align) * part.align + part.size;
      align = Math.max(align, part.align);
    }
    return { size: Math.ceil(size / align) * align, align };
  }

  fields(table: Declaration): Field[] {
    const result: Field[] = [];
    let slot = 0;
    for (const { name, type, required } of fieldsOf(table.body)) {
      const add = (kind: string, of: { size: number; align: number }, ref: number): void => {
        result.push({ name, slot: slot++, kind, required, ref, ...of });
      };
      const element = /^\[(\w+)\]$/.exec(type)?.[1];
      const own = this.inline(type);
      const offset = { size: 4, align: 4 };
      if (own) add('Inline', own, 0);
      else if (type === 'string') add('String', offset, 0);
      else if (element === 'string') add('Strings', offset, 0);
      else if (element !== undefined) {
        const inline = this.inline(element);
        if (inline) add('Inlines', inline, 0);
        else add('Tables', offset, this.table(element));
      } else if (this.find('union', type)) {
        slot += 1;
        add(
          'Union',
          offset,
          this.unions.findIndex((union) => union.name === type),
        );
      } else add('Table', offset, this.table(type));
    }
    return result;
  }
}

const note = 'Generated from schema/vorab.fbs by `npm run generate`.';

const cpp = (schema: Schema): string => {
  const fields = schema.tables.map((table) => schema.fields(table));
  const row = (f: Field): string =>
    `    {"${f.name}", ${f.slot}, FieldKind::${f.kind}, ${f.required}, ${f.size}, ${f.align}, ${f.ref}},`;
  const first = fields.map((_, index) => fields.slice(0, index).flat().length);
  return [
    `// ${note}`,
    'inline constexpr Field kFields[] = {',
    ...fields.flatMap((of) => of.map(row)),
    '};',
    'inline constexpr Table kTables[] = {',
    ...schema.tables.map(
      ({ name }, index) => `    {"${name}", ${first[index]}, ${fields[index]?.length}},`,
    ),
    '};',
    `inline constexpr uint16_t kRoot = ${schema.table('Program')};`,
    ...schema.unions.map(
      (union) =>
        `inline constexpr uint16_t k${union.name}[] = {${schema.members(union).join(', ')}};`,
    ),
    'inline constexpr std::span<const uint16_t> kUnions[] = {',
    ...schema.unions.map(({ name }) => `    k${name},`),
    '};',
    '',
  ].join('\n');
};

const typescript = (schema: Schema): string =>
  [
    `// ${note}`,
    "import type { TableLayout } from '../layout.ts';",
    '',
    'export const tables: readonly TableLayout[] = [',
    ...schema.tables.flatMap((table) => [
      `  { name: '${table.name}', fields: [`,
      ...schema
        .fields(table)
        .map(
          (f) =>
            `    { name: '${f.name}', slot: ${f.slot}, kind: '${f.kind}', required: ${f.required}, size: ${f.size}, align: ${f.align}, ref: ${f.ref} },`,
        ),
      '  ] },',
    ]),
    '];',
    `export const root = ${schema.table('Program')};`,
    'export const unions: readonly (readonly number[])[] = [',
    ...schema.unions.map((union) => `  [${schema.members(union).join(', ')}],`),
    '];',
    '',
  ].join('\n');

/** The generated files: path from the repository root, and text. */
export const outputs = (): Map<string, string> => {
  const schema = new Schema(readFileSync(path.join(root, artifact, 'schema/vorab.fbs'), 'utf8'));
  return new Map([
    [`${artifact}/native/generated/layout.inc`, cpp(schema)],
    [`${artifact}/src/generated/layout.ts`, typescript(schema)],
  ]);
};
