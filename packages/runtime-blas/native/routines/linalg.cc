// Linear algebra by LAPACK, a matrix at a time; the matrices of a batch are spread over the
// threads.
#include "runtime/native/linalg/routine.h"

#include <atomic>

#include "routine.h"

namespace vorab::blas {
namespace {

linalg::Application application(const RoutineCall& call, uint16_t op) {
  const Dt dtype = call.in(0).dtype;
  if (dtype != Dt::F32 && dtype != Dt::F64)
    throw Unsupported(std::string("linear algebra of ") + name_of(dtype));
  linalg::Application out{op, dtype == Dt::F32 ? fb::DType::F32 : fb::DType::F64, {}, {}, {}};
  for (const ValueRef& x : call.inputs) {
    require(x.dtype == dtype, "the operands of linear algebra are of two dtypes");
    out.inputs.push_back(x.shape);
  }
  for (size_t i = 0; i < call.outputs.size(); ++i) {
    const bool permutation = op == OP_lu && i == 1;
    require(call.outputs[i].dtype == (permutation ? Dt::I32 : dtype),
            "a result of linear algebra has another dtype");
    out.outputs.push_back(call.outputs[i].shape);
  }
  for (uint32_t i = 0; i < items(call.attributes).size(); ++i)
    out.flags.push_back(bool_attr(call.attributes, i));
  return out;
}

linalg::BatchedRoutine batched(const RoutineCall& call, uint16_t op) try {
  return linalg::BatchedRoutine(application(call, op));
} catch (const std::invalid_argument& fault) {
  throw BadPlan(fault.what());
}

class LinalgStep : public Step {
 public:
  LinalgStep(const RoutineCall& call, uint16_t op) : routine_(batched(call, op)) {
    for (const ValueRef& x : call.inputs) inputs_.push_back(x.value);
    for (const ValueRef& x : call.outputs) outputs_.push_back(x.value);
    const int64_t batch = routine_.batch();
    const double tasks = static_cast<double>(batch) * routine_.cost() / kParallelCost;
    tasks_ = static_cast<int64_t>(std::clamp(tasks, 1.0, 64.0));
    tasks_ = std::clamp<int64_t>(tasks_, 1, std::max<int64_t>(batch, 1));
  }

  void run(const RunContext& context) override {
    const std::byte* in[2] = {};
    std::byte* out[3] = {};
    for (size_t i = 0; i < inputs_.size(); ++i) in[i] = context.values[inputs_[i]];
    for (size_t i = 0; i < outputs_.size(); ++i) out[i] = context.values[outputs_[i]];
    const int64_t batch = routine_.batch();
    if (batch == 1) {
      if (linalg::Refusal refusal = run_alone(context, in, out))
        throw DataFault(*refusal, routine_.index(0));
      return;
    }
    std::atomic<int64_t> refused{batch};
    const auto apply = [&](int64_t b, int thread) {
      return routine_.run(b, in, out, context.scratch[static_cast<size_t>(thread)]);
    };
    context.pool.run(tasks_, [&](int64_t task, int thread) {
      for (int64_t b = batch * task / tasks_; b < batch * (task + 1) / tasks_; ++b) {
        if (!apply(b, thread)) continue;
        int64_t first = refused.load(std::memory_order_relaxed);
        while (b < first && !refused.compare_exchange_weak(first, b)) {
        }
        return;
      }
    });
    // The first of the batch is reported, however many threads there are.
    const int64_t first = refused.load();
    if (first < batch) throw DataFault(apply(first, 0).value_or(""), routine_.index(first));
  }

  int64_t scratch_bytes() const override { return routine_.work_bytes(); }

 private:
  // One matrix: what it has of parallel work is shared.
  linalg::Refusal run_alone(const RunContext& context, std::span<const std::byte* const> in,
                            std::span<std::byte* const> out) const {
    const linalg::RunHalves run_halves = [&context](const linalg::Halves& halves) {
      context.pool.run(2, [&](int64_t half, int) { halves(static_cast<int>(half)); });
    };
    const bool pays = routine_.cost() >= kParallelCost;
    return routine_.run(0, in, out, context.scratch[0], pays ? &run_halves : nullptr);
  }

  linalg::BatchedRoutine routine_;
  std::vector<uint32_t> inputs_, outputs_;
  int64_t tasks_ = 1;
};

}  // namespace

#define VORAB_LINALG(name)                                \
  StepPtr make_##name(const RoutineCall& call) {          \
    return std::make_unique<LinalgStep>(call, OP_##name); \
  }
VORAB_LINALG(cholesky)
VORAB_LINALG(eigh)
VORAB_LINALG(eigvalsh)
VORAB_LINALG(lu)
VORAB_LINALG(qr)
VORAB_LINALG(svd)
VORAB_LINALG(svdvals)
VORAB_LINALG(triangularSolve)
#undef VORAB_LINALG

}  // namespace vorab::blas
