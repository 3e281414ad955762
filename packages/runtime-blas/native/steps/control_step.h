// Steps that run functions: how often and in which order is the op's meaning. They allocate nothing
// and copy only the first values of carries.
#pragma once

#include <vector>

#include "body.h"

namespace vorab::blas {

// An operand or result of a control step.
struct Whole {
  uint32_t value;  // of the plan
  int64_t bytes;   // of all of it
};

class ControlStep : public Step {
 public:
  ControlStep(std::vector<Body> bodies, std::vector<Whole> inputs, std::vector<Whole> outputs)
      : bodies_(std::move(bodies)), inputs_(std::move(inputs)), outputs_(std::move(outputs)) {}
  int64_t scratch_bytes() const override;
  int64_t workspace_bytes() const override;

 protected:
  // Carries begin as the first operands, and lie in the first outputs from then on.
  void begin_carries(const RunContext& context, size_t carries) const;

  std::vector<Body> bodies_;
  std::vector<Whole> inputs_, outputs_;
};

class ScanStep : public ControlStep {
 public:
  struct Extent {
    int64_t length;
    uint32_t carries, sequences;
    bool reverse;
  };
  ScanStep(std::vector<Body> bodies, std::vector<Whole> inputs, std::vector<Whole> outputs,
           Extent extent);
  void run(const RunContext& context) override;

 private:
  // How far an operand or result moves from one element to the next.
  struct Moving {
    std::byte* base;
    int64_t bytes;
  };

  Extent extent_;
  std::vector<std::byte*> from_, to_;
  std::vector<Moving> moving_from_, moving_to_;
};

class CondStep : public ControlStep {
 public:
  CondStep(std::vector<Body> bodies, std::vector<Whole> inputs, std::vector<Whole> outputs);
  void run(const RunContext& context) override;

 private:
  std::vector<std::byte*> from_, to_;
};

class WhileStep : public ControlStep {
 public:
  WhileStep(std::vector<Body> bodies, std::vector<Whole> inputs, std::vector<Whole> outputs,
            uint32_t carries);
  void run(const RunContext& context) override;

 private:
  bool holds(const RunContext& context);

  uint32_t carries_;
  std::vector<std::byte*> from_, to_;
};

}  // namespace vorab::blas
