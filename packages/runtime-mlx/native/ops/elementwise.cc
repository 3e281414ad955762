#include "runtime-mlx/native/ops/arithmetic.h"
#include "runtime-mlx/native/ops/libm.h"
#include "runtime-mlx/native/ops/rows.h"

namespace vorab::on_mlx {
namespace {

const mx::array& operand(const Call& call, size_t i) {
  return call.in(std::min(i, call.inputs.size() - 1));
}

}  // namespace

// A row names as many of its operands as the op has.
#define VORAB_MLX(name, ...)                                \
  mx::array lower_##name(const Call& call) {                \
    [[maybe_unused]] const mx::array& a = operand(call, 0); \
    [[maybe_unused]] const mx::array& b = operand(call, 1); \
    [[maybe_unused]] const mx::array& c = operand(call, 2); \
    return __VA_ARGS__;                                     \
  }
#include "runtime-mlx/native/ops/elementwise.inc"
#undef VORAB_MLX

}  // namespace vorab::on_mlx
