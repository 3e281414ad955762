// checkFinite and checkIndices: the operand itself, unless an element is refused.
#include "runtime/native/checks.h"

#include "routine.h"

namespace vorab::blas {
namespace {

fb::DType code_of(Dt dtype) { return static_cast<fb::DType>(dtype); }

class CheckStep : public Step {
 public:
  explicit CheckStep(const RoutineCall& call)
      : what_(string_attr(call.attributes, 0)), x_(call.in(0)), out_(call.out()) {
    require(out_.shape == x_.shape && out_.dtype == x_.dtype, "a check changes its operand's type");
  }

  void run(const RunContext& context) override {
    const std::byte* data = context.values[x_.value];
    if (const auto refused = refuse(data))
      throw DataFault(refused->message, checks::place(refused->at, x_.shape, x_.shape.rank));
    std::byte* out = context.values[out_.value];
    if (out != data) std::memcpy(out, data, static_cast<size_t>(x_.bytes()));
  }

 protected:
  virtual std::optional<checks::Refused> refuse(const std::byte* data) const = 0;

  std::string what_;
  ValueRef x_, out_;
};

class FiniteStep : public CheckStep {
 public:
  explicit FiniteStep(const RoutineCall& call)
      : CheckStep(call), infinities_(bool_attr(call.attributes, 1)) {}

 private:
  std::optional<checks::Refused> refuse(const std::byte* data) const override {
    return checks::not_finite(data, x_.elements(), code_of(x_.dtype), infinities_, what_);
  }

  bool infinities_;
};

class IndicesStep : public CheckStep {
 public:
  explicit IndicesStep(const RoutineCall& call)
      : CheckStep(call), extent_(dim_attr(call.attributes, 1, call.binder.binding)) {}

 private:
  std::optional<checks::Refused> refuse(const std::byte* data) const override {
    return checks::outside(data, x_.elements(), code_of(x_.dtype), extent_, what_);
  }

  int64_t extent_;
};

}  // namespace

StepPtr make_checkFinite(const RoutineCall& call) { return std::make_unique<FiniteStep>(call); }
StepPtr make_checkIndices(const RoutineCall& call) { return std::make_unique<IndicesStep>(call); }

}  // namespace vorab::blas
