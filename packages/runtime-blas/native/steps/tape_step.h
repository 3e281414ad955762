#pragma once

#include "../tape/program.h"
#include "step.h"

namespace vorab::blas {

// Runs a tape over all its items, in tasks.
void run_tape(const TapeProgram& program, const RunContext& context, const Bases& bases);

class TapeStep : public Step {
 public:
  explicit TapeStep(TapeProgram program) : program_(std::move(program)) {}
  void run(const RunContext& context) override {
    run_tape(program_, context, {context.values, nullptr, nullptr});
  }
  int64_t scratch_bytes() const override { return run_bytes(program_); }
  int64_t workspace_bytes() const override { return program_.partial_bytes; }
  Work work() const override;

 private:
  TapeProgram program_;
};

}  // namespace vorab::blas
