// Written by vorab 0.1.0 from model.ts. Do not edit: compile the model again.

import type { InputValue, OpenOptions, Session, Tensor } from 'vorab/runtime';
import { open as openArtifact } from 'vorab/runtime';

/** The entries: their docs, inputs and outputs. */
export interface Entries {
  /**
   * Class probabilities of 8×8 digit images.
   *
   * N from 1 to 256
   */
  readonly classify: {
    readonly inputs: {
      /** `f32[N, 64]` */
      readonly image: InputValue<'f32', readonly ['N', 64]>;
    };
    readonly outputs: {
      /** `f32[N, 10]` */
      readonly probs: Tensor<'f32', readonly ['N', 10]>;
    };
  };
  /**
   * One step of training on a batch of images and their digits.
   *
   * N from 1 to 256
   */
  readonly fit: {
    readonly inputs: {
      /** `f32[N, 64]` */
      readonly image: InputValue<'f32', readonly ['N', 64]>;
      /** `i32[N]` */
      readonly label: InputValue<'i32', readonly ['N']>;
    };
    readonly outputs: {
      /** `f32[]` */
      readonly loss: Tensor<'f32', readonly []>;
    };
  };
}

/** An open artifact: its entries are methods. */
export type Model = Session<Entries>;

/** Opens the artifact that lies beside this file. */
export function open(options: OpenOptions = {}): Promise<Model> {
  return openArtifact<Entries>(new URL('./model.vorab', import.meta.url), options);
}
