// Two programs that several tests share.
#pragma once

#include "runtime-mlx/native/test/program.h"

namespace vorab::test {

// state w: f32[3]; entry: w <- w + x, output w + x.
inline Built accumulator() {
  ProgramBuilder program;
  const uint32_t type = program.type(fb::DType::F32, {3});
  const uint32_t w = program.state("w", type);
  EntryBuilder entry = program.entry("step");
  const uint32_t x = entry.input(type);
  const uint32_t old = entry.read(w);
  const uint32_t next = entry.apply(OP_add, {old, x}, type);
  entry.write(w, next);
  const uint32_t shown = entry.apply(OP_neg, {next}, type);
  entry.output(shown);
  return program.finish();
}

// input x: f32[N]; output: x + x.
inline Built doubler() {
  ProgramBuilder program;
  const uint32_t type = program.type_of(fb::DType::F32, {program.symbol("N", 1000)});
  EntryBuilder entry = program.entry("twice");
  const uint32_t x = entry.input(type);
  entry.output(entry.apply(OP_add, {x, x}, type));
  return program.finish();
}

}  // namespace vorab::test
