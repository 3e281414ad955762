#include "runtime-mlx/native/lowering.h"

#include <algorithm>

#include "artifact/native/ops.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

struct Row {
  uint16_t op;
  Lower lower;
};

// A lowering gives one array, or one per output.
template <auto lower>
std::vector<mx::array> outputs_of(const Call& call) {
  return {lower(call)};
}

// Every op that is not a composite must have a row: a missing one is an undefined name here.
#define VORAB_ROW_Leaf(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_Elementwise(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_Reduce(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_View(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_Contract(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_Indexed(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_Routine(name) {OP_##name, outputs_of<lower_##name>},
#define VORAB_ROW_Composite(name)
#define VORAB_ROW_Call(name)
#define VORAB_OP(id, name, kind, min_inputs, max_inputs, outputs, attributes, accumulates) \
  VORAB_ROW_##kind(name)

constexpr Row kPrimitives[] = {
#include "artifact/native/generated/ops.inc"
};
#undef VORAB_OP

#define VORAB_MLX_COMPOSITE(name) {OP_##name, outputs_of<lower_##name>},
const std::vector<Row> kComposites = {
#include "runtime-mlx/native/composites.inc"
};
#undef VORAB_MLX_COMPOSITE

std::vector<Lower> index_rows() {
  uint16_t last = 0;
  for (const Row& row : kPrimitives) last = std::max(last, row.op);
  for (const Row& row : kComposites) last = std::max(last, row.op);
  std::vector<Lower> index(last + size_t{1}, nullptr);
  for (const Row& row : kPrimitives) index[row.op] = row.lower;
  for (const Row& row : kComposites) index[row.op] = row.lower;
  return index;
}

}  // namespace

Lower find_lowering(uint16_t op) {
  static const std::vector<Lower> index = index_rows();
  return op < index.size() ? index[op] : nullptr;
}

const std::vector<const char*>& whole_composites() {
#define VORAB_MLX_COMPOSITE(name) #name,
  static const std::vector<const char*> names = {
#include "runtime-mlx/native/composites.inc"
  };
#undef VORAB_MLX_COMPOSITE
  return names;
}

}  // namespace vorab::on_mlx
