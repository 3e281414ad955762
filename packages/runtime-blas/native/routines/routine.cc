#include "routine.h"

#include <cstring>

namespace vorab::blas {
namespace {

struct Row {
  const char* name;
  StepPtr (*make)(const RoutineCall& call);
};

constexpr Row kRows[] = {
#define VORAB_ROUTINE(name) {#name, &make_##name},
#include "routines.inc"
#undef VORAB_ROUTINE
};

template <class T>
int64_t read(const std::byte* data, int64_t i) {
  T x;
  std::memcpy(&x, data + i * static_cast<int64_t>(sizeof(T)), sizeof x);
  return static_cast<int64_t>(x);
}

}  // namespace

void require(bool condition, const char* message) {
  if (!condition) throw BadPlan(message);
}

size_t RoutineCall::axis(uint32_t attribute, const Shape& shape) const {
  const int64_t axis = int_attr(attributes, attribute);
  require(axis >= 0 && axis < static_cast<int64_t>(shape.rank), "a routine's axis is out of range");
  return static_cast<size_t>(axis);
}

AxisView axis_view(const Shape& shape, size_t axis) {
  AxisView view;
  for (size_t d = 0; d < axis; ++d) view.outer *= shape[d];
  view.extent = shape[axis];
  for (size_t d = axis + 1; d < shape.rank; ++d) view.inner *= shape[d];
  return view;
}

IndexReader index_reader(Dt dtype) {
  switch (dtype) {
    case Dt::U8: return &read<uint8_t>;
    case Dt::I8: return &read<int8_t>;
    case Dt::U32: return &read<uint32_t>;
    case Dt::I32: return &read<int32_t>;
    case Dt::I64: return &read<int64_t>;
    default: throw BadPlan("indices are of no integer dtype");
  }
}

StepPtr bind_routine(const Binder& binder, const fb::Apply& apply) {
  const OpInfo* op = find_op(apply.op());
  RoutineCall call{binder, apply.attributes(), {}, {}};
  for (uint32_t value : items(apply.inputs())) call.inputs.push_back(binder.values[value]);
  for (uint32_t value : items(apply.outputs())) call.outputs.push_back(binder.values[value]);
  for (const Row& row : kRows) {
    if (op != nullptr && std::strcmp(row.name, op->name) == 0) return row.make(call);
  }
  throw Unsupported(std::string("no routine for ") + (op ? op->name : "an unknown op"));
}

}  // namespace vorab::blas
