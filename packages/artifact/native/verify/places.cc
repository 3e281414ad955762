#include "artifact/native/verify/places.h"

namespace vorab::rules {

bool is_zero(const fb::Program& program, uint32_t expr) {
  const fb::Expr& of = *program.exprs()->Get(expr);
  return of.kind() == fb::ExprKind::Const && of.value() == 0;
}

Axes reduced_axes(const fb::Fused& fused) {
  const uint32_t to = count(fused.dims()) - fused.inner();
  return {to - fused.reduced(), to};
}

bool access_varies(const fb::Program& program, const fb::Fused& fused, const fb::Access& access) {
  const auto [from, to] = reduced_axes(fused);
  for (uint32_t axis = from; axis < to; ++axis) {
    if (!is_zero(program, access.strides()->Get(axis))) return true;
  }
  return false;
}

uint32_t base_of(const Values& values, uint32_t value) {
  const fb::Value& of = *values[value];
  return of.storage() == fb::Storage::Alias ? of.index() : value;
}

bool owns_memory(fb::Storage storage) {
  return storage == fb::Storage::Arena || storage == fb::Storage::Device;
}

uint64_t place_key(fb::Storage storage, uint32_t index) {
  return uint64_t{index} * 8 + static_cast<uint64_t>(storage);
}

uint64_t place_of(const Values& values, uint32_t value) {
  const uint32_t base = base_of(values, value);
  const fb::Value& of = *values[base];
  return place_key(of.storage(), owns_memory(of.storage()) ? base : of.index());
}

fb::DType dtype_of(const fb::Program& program, const Values& values, uint32_t value) {
  return type_at(program, values[value]->type()).dtype();
}

}  // namespace vorab::rules
