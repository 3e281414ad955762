#include "runtime-mlx/native/apply.h"

#include "artifact/native/ops.h"
#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {

std::string op_name(uint16_t op) {
  const OpInfo* info = find_op(op);
  return info ? info->name : "op " + std::to_string(op);
}

void expect(uint16_t op, uint32_t step, std::span<const Type> types,
            const std::vector<mx::array>& found) {
  for (size_t i = 0; i < types.size(); ++i) {
    const Type type = type_of(found.at(i));
    if (type == types[i]) continue;
    throw Failure(
        VORAB_INVALID,
        op_name(op) + ": MLX gave " + describe(type) + ", the plan says " + describe(types[i]),
        step);
  }
}

std::vector<mx::array> apply(uint16_t op, Lower lower, const Call& call) try {
  std::vector<mx::array> outputs = lower(call);
  expect(op, call.step, call.outputs, outputs);
  return outputs;
} catch (const Failure&) {
  throw;
} catch (const std::exception& error) {
  // MLX checks shapes and dtypes as the graph is built: it lacks what the plan asks for.
  throw Failure(VORAB_UNSUPPORTED, op_name(op) + ": " + error.what(), call.step);
}

}  // namespace vorab::on_mlx
