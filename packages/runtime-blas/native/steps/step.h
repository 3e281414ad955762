// One step of a plan, bound to sizes and ready to run.
#pragma once

#include <memory>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "../pool.h"
#include "../tape/run.h"

namespace vorab::blas {

// What a step may use while it runs.
struct RunContext {
  std::byte* const* values;  // base pointers by value of the plan
  Pool& pool;
  const std::vector<std::byte*>& scratch;  // per thread
  std::byte* workspace;                    // shared by the threads of one step
  const int32_t* cancel = nullptr;         // set by another thread; null once state is written
};

// Thrown by a step that refuses its data: what was found, and where in them (which matrix of a
// batch, which element). Lines after the first say what would cure it.
struct DataFault : std::runtime_error {
  DataFault(const std::string& message, std::vector<int64_t> at)
      : std::runtime_error(message), index(std::move(at)) {}
  std::vector<int64_t> index;
};

// Thrown by a step that was asked to stop.
struct Cancelled : std::runtime_error {
  using std::runtime_error::runtime_error;
};

// What a step computes, for profiles.
struct Work {
  std::string what;  // "product 768x512x128"
  double flops = 0, bytes = 0;
};

class Step {
 public:
  virtual ~Step() = default;
  virtual void run(const RunContext& context) = 0;
  virtual int64_t scratch_bytes() const { return 0; }  // per thread
  virtual int64_t workspace_bytes() const { return 0; }
  virtual Work work() const { return {"routine"}; }
};

using StepPtr = std::unique_ptr<Step>;

// Below this cost (elements times instructions) a parallel region costs more than it saves.
inline constexpr double kParallelCost = 60e3;

}  // namespace vorab::blas
