// Ops that only move elements, as tapes of a load and a store.
#include <algorithm>
#include <numeric>

#include "../steps/tape_step.h"
#include "../tape/compile.h"
#include "artifact/native/ops.h"
#include "routine.h"

namespace vorab::blas {
namespace {

class TapesStep : public Step {
 public:
  explicit TapesStep(std::vector<TapeProgram> programs) : programs_(std::move(programs)) {}
  void run(const RunContext& context) override {
    for (const TapeProgram& program : programs_)
      run_tape(program, context, {context.values, nullptr, nullptr});
  }
  int64_t scratch_bytes() const override {
    int64_t most = 0;
    for (const TapeProgram& program : programs_) most = std::max(most, run_bytes(program));
    return most;
  }

 private:
  std::vector<TapeProgram> programs_;
};

using Strides = std::vector<int64_t>;

std::vector<int64_t> dims_of(const Shape& shape) { return {shape.begin(), shape.end()}; }

SourceInstr load_instr(Dt dtype) {
  SourceInstr instr;
  instr.dtype = dtype;
  return instr;
}

SourceInstr store_instr(Dt dtype, uint16_t access, uint16_t value) {
  SourceInstr instr;
  instr.kind = Kind::Store;
  instr.dtype = dtype;
  instr.arg[0] = access;
  instr.arg[1] = value;
  return instr;
}

struct Side {
  const ValueRef& ref;
  int64_t offset;
  Strides strides;

  SourceAccess access() const { return {ref.value, ref.dtype, ref.place, offset, strides}; }
};

TapeProgram copy(const RoutineCall& call, std::vector<int64_t> dims, const Side& from,
                 const Side& to) {
  require(from.ref.dtype == to.ref.dtype, "a view changes the dtype");
  TapeSource source;
  source.dims = std::move(dims);
  source.accesses = {from.access(), to.access()};
  source.instrs = {load_instr(from.ref.dtype), store_instr(to.ref.dtype, 1, 0)};
  return compile_tape(source, call.binder.kernels);
}

StepPtr one(TapeProgram program) { return std::make_unique<TapeStep>(std::move(program)); }

TapeProgram fill(const RoutineCall& call, double value) {
  const ValueRef& out = call.out();
  TapeSource source;
  source.dims = dims_of(out.shape);
  source.accesses = {Side{out, 0, dense_strides(out.shape)}.access()};
  SourceInstr constant = load_instr(out.dtype);
  constant.kind = Kind::Const;
  constant.bits = bits_of(value, out.dtype);
  source.instrs = {constant, store_instr(out.dtype, 0, 0)};
  return compile_tape(source, call.binder.kernels);
}

Shape checked_axes(const std::vector<int64_t>& axes, size_t count, size_t rank) {
  require(axes.size() == count, "a view has another number of axes");
  Shape out;
  for (int64_t axis : axes) {
    require(axis >= 0 && axis < static_cast<int64_t>(rank), "a view's axis is out of range");
    out[out.rank++] = axis;
  }
  return out;
}

}  // namespace

StepPtr make_full(const RoutineCall& call) {
  return one(fill(call, float_attr(call.attributes, 0)));
}

StepPtr make_iota(const RoutineCall& call) {
  const ValueRef& out = call.out();
  const size_t axis = call.axis(1, out.shape);
  TapeSource source;
  source.dims = dims_of(out.shape);
  source.accesses = {Side{out, 0, dense_strides(out.shape)}.access()};
  SourceInstr index = load_instr(Dt::I32);
  index.kind = Kind::Index;
  index.arg[0] = static_cast<uint16_t>(axis);
  source.instrs = {index};
  if (out.dtype != Dt::I32) {
    SourceInstr cast = load_instr(out.dtype);
    cast.kind = Kind::Scalar;
    cast.op = OP_cast;
    cast.arity = 1;
    source.instrs.push_back(cast);
  }
  source.instrs.push_back(
      store_instr(out.dtype, 0, static_cast<uint16_t>(source.instrs.size() - 1)));
  return one(compile_tape(source, call.binder.kernels));
}

StepPtr make_reshape(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  require(in.elements() == out.elements(), "a reshape changes the number of elements");
  if (in.place.space == out.place.space && in.place.offset == out.place.offset) {
    return std::make_unique<TapesStep>(std::vector<TapeProgram>{});
  }
  return one(copy(call, {in.elements()}, {in, 0, {1}}, {out, 0, {1}}));
}

StepPtr make_transpose(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  const Shape axes = checked_axes(ints_attr(call.attributes, 0), out.shape.rank, in.shape.rank);
  require(in.shape.rank == out.shape.rank, "a transposition changes the rank");
  const Strides dense = dense_strides(in.shape);
  Strides strides;
  for (int64_t axis : axes) strides.push_back(dense[static_cast<size_t>(axis)]);
  Shape moved = axes;
  for (size_t d = 0; d < axes.rank; ++d) moved[d] = in.shape[static_cast<size_t>(axes[d])];
  require(moved == out.shape, "a transposition has another shape");
  return one(copy(call, dims_of(out.shape), {in, 0, strides}, {out, 0, dense_strides(out.shape)}));
}

StepPtr make_broadcast(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  const Shape axes = checked_axes(ints_attr(call.attributes, 1), in.shape.rank, out.shape.rank);
  const Strides dense = dense_strides(in.shape);
  Strides strides(out.shape.rank, 0);
  for (size_t d = 0; d < axes.rank; ++d) {
    const auto to = static_cast<size_t>(axes[d]);
    require(in.shape[d] == out.shape[to], "a broadcast changes an extent");
    strides[to] = dense[d];
  }
  return one(copy(call, dims_of(out.shape), {in, 0, strides}, {out, 0, dense_strides(out.shape)}));
}

StepPtr make_slice(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  const Shape start = shape_attr(call.attributes, 0, call.binder.binding);
  const std::vector<int64_t> step = ints_attr(call.attributes, 2);
  const size_t rank = in.shape.rank;
  require(start.rank == rank && step.size() == rank && out.shape.rank == rank,
          "a slice has another rank");
  Strides strides = dense_strides(in.shape);
  int64_t offset = 0;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t extent = out.shape[d], last = start[d] + (extent - 1) * step[d];
    require(step[d] >= 1 && start[d] >= 0 && (extent == 0 || last < in.shape[d]),
            "a slice leaves its operand");
    offset += start[d] * strides[d];
    strides[d] *= step[d];
  }
  return one(
      copy(call, dims_of(out.shape), {in, offset, strides}, {out, 0, dense_strides(out.shape)}));
}

StepPtr make_windows(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  const std::vector<int64_t> listed = ints_attr(call.attributes, 0);
  const Shape axes = checked_axes(listed, listed.size(), in.shape.rank);
  const std::vector<int64_t> sizes = ints_attr(call.attributes, 1),
                             steps = ints_attr(call.attributes, 2),
                             dilations = ints_attr(call.attributes, 3);
  require(sizes.size() == axes.rank && steps.size() == axes.rank && dilations.size() == axes.rank &&
              out.shape.rank == in.shape.rank + axes.rank,
          "windows have another rank");
  const Strides dense = dense_strides(in.shape);
  const size_t behind = axes.rank == 0 ? 0 : static_cast<size_t>(axes[axes.rank - 1]) + 1;
  Strides strides = dense;
  strides.insert(strides.begin() + static_cast<std::ptrdiff_t>(behind), axes.rank, 0);
  for (size_t d = 0; d < in.shape.rank; ++d) {
    const bool moved = std::find(axes.begin(), axes.end(), static_cast<int64_t>(d)) != axes.end();
    require(moved || out.shape[d < behind ? d : d + axes.rank] == in.shape[d],
            "windows change an extent");
  }
  for (size_t i = 0; i < axes.rank; ++i) {
    const auto axis = static_cast<size_t>(axes[i]);
    require(i == 0 || axes[i] > axes[i - 1], "the axes of windows do not ascend");
    const int64_t count = out.shape[axis], size = out.shape[behind + i];
    require(axis < behind && size == sizes[i] && steps[i] >= 1 && dilations[i] >= 1 &&
                (count == 0 || size == 0 ||
                 (count - 1) * steps[i] + (size - 1) * dilations[i] < in.shape[axis]),
            "a window leaves its operand");
    strides[axis] *= steps[i];
    strides[behind + i] = dense[axis] * dilations[i];
  }
  return one(copy(call, dims_of(out.shape), {in, 0, strides}, {out, 0, dense_strides(out.shape)}));
}

StepPtr make_flip(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  require(in.shape == out.shape, "a flip changes the shape");
  const std::vector<int64_t> listed = ints_attr(call.attributes, 0);
  const Shape axes = checked_axes(listed, listed.size(), in.shape.rank);
  Strides strides = dense_strides(in.shape);
  int64_t offset = 0;
  for (int64_t axis : axes) {
    const auto d = static_cast<size_t>(axis);
    offset += (in.shape[d] - 1) * strides[d];
    strides[d] = -strides[d];
  }
  return one(
      copy(call, dims_of(out.shape), {in, offset, strides}, {out, 0, dense_strides(out.shape)}));
}

StepPtr make_pad(const RoutineCall& call) {
  const ValueRef &in = call.in(0), &out = call.out();
  const Shape low = shape_attr(call.attributes, 0, call.binder.binding);
  const std::vector<int64_t> interior = ints_attr(call.attributes, 2);
  const size_t rank = in.shape.rank;
  require(low.rank == rank && interior.size() == rank && out.shape.rank == rank,
          "a pad has another rank");
  Strides strides = dense_strides(out.shape);
  int64_t offset = 0;
  for (size_t d = 0; d < rank; ++d) {
    const int64_t step = interior[d] + 1, last = low[d] + (in.shape[d] - 1) * step;
    require(step >= 1 && low[d] >= 0 && (in.shape[d] == 0 || last < out.shape[d]),
            "a pad leaves its result");
    offset += low[d] * strides[d];
    strides[d] *= step;
  }
  std::vector<TapeProgram> programs;
  programs.push_back(fill(call, float_attr(call.attributes, 3)));
  programs.push_back(
      copy(call, dims_of(in.shape), {in, 0, dense_strides(in.shape)}, {out, offset, strides}));
  return std::make_unique<TapesStep>(std::move(programs));
}

StepPtr make_concat(const RoutineCall& call) {
  const ValueRef& out = call.out();
  const size_t axis = call.axis(0, out.shape);
  const Strides strides = dense_strides(out.shape);
  std::vector<TapeProgram> programs;
  int64_t at = 0;
  for (const ValueRef& in : call.inputs) {
    Shape expected = out.shape;
    require(in.shape.rank == out.shape.rank, "a concat changes the rank");
    expected[axis] = in.shape[axis];
    require(in.shape == expected && at + in.shape[axis] <= out.shape[axis],
            "a concat's operand has another shape");
    programs.push_back(copy(call, dims_of(in.shape), {in, 0, dense_strides(in.shape)},
                            {out, at * strides[axis], strides}));
    at += in.shape[axis];
  }
  require(at == out.shape[axis], "a concat's operands do not fill its result");
  return std::make_unique<TapesStep>(std::move(programs));
}

}  // namespace vorab::blas
