import { fb } from '@vorab/artifact';
import { describe, expect, it } from 'vitest';
import { generateBinding } from './index.ts';

const expr = (kind: fb.ExprKind, value: bigint, lhs = 0, rhs = 0) =>
  new fb.ExprT(value, lhs, rhs, kind);

function exampleProgram(): fb.ProgramT {
  const program = new fb.ProgramT('vorab 0.1.0');
  program.symbols = [new fb.SymbolT('N', 1n, 256n, 1n)];
  program.exprs = [
    expr(fb.ExprKind.Symbol, 0n),
    expr(fb.ExprKind.Const, 64n),
    expr(fb.ExprKind.Add, 0n, 0, 1),
    expr(fb.ExprKind.Mul, 0n, 1, 2),
  ];
  program.types = [
    new fb.TensorTypeT(fb.DType.F32, [0, 1]),
    new fb.TensorTypeT(fb.DType.I32, [3]),
    new fb.TensorTypeT(fb.DType.F32, []),
  ];
  const port = (name: string, type: number, doc: string | null = null) =>
    new fb.PortT(name, type, doc);
  program.entries = [
    new fb.EntryT('init', null, fb.EntryKind.Init, 0, [port('seed', 1)]),
    new fb.EntryT('fit', 'One step.\n\nOf */ training.', fb.EntryKind.Program, 1),
    new fb.EntryT('tick', null, fb.EntryKind.Program, 2),
  ];
  const fit = program.entries[1] as fb.EntryT;
  fit.inputs = [port('image', 0, 'Pixels.'), port("it's", 1)];
  fit.outputs = [port('loss', 2)];
  fit.symbols = [0];
  return program;
}

describe('generateBinding', () => {
  it('gives each entry its docs, inputs and outputs as types', () => {
    const binding = generateBinding(exampleProgram(), {
      artifact: './model.vorab',
      source: 'model.ts',
    });
    expect(binding).toMatchInlineSnapshot(`
      "// Written by vorab 0.1.0 from model.ts. Do not edit: compile the model again.

      import type { InputValue, OpenOptions, Session, Tensor } from 'vorab/runtime';
      import { open as openArtifact } from 'vorab/runtime';

      /** The entries: their docs, inputs and outputs. */
      export interface Entries {
        /**
         * One step.
         *
         * Of *\\/ training.
         *
         * N from 1 to 256
         */
        readonly fit: {
          readonly inputs: {
            /** \`f32[N, 64]\` Pixels. */
            readonly image: InputValue<'f32', readonly ['N', 64]>;
            /** \`i32[64*(N + 64)]\` */
            readonly 'it\\'s': InputValue<'i32', readonly ['64*(N + 64)']>;
          };
          readonly outputs: {
            /** \`f32[]\` */
            readonly loss: Tensor<'f32', readonly []>;
          };
        };
        readonly tick: {
          readonly inputs: Record<never, never>;
          readonly outputs: Record<never, never>;
        };
      }

      /** An open artifact: its entries are methods. */
      export type Model = Session<Entries>;

      /** Opens the artifact that lies beside this file. */
      export function open(options: OpenOptions = {}): Promise<Model> {
        return openArtifact<Entries>(new URL('./model.vorab', import.meta.url), options);
      }
      "
    `);
  });
});
