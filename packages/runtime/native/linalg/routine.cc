#include "runtime/native/linalg/routine.h"

#include <limits>
#include <stdexcept>

#include "runtime/native/linalg/lapack.h"

namespace vorab::linalg {
namespace {

[[noreturn]] void misfit(const char* what) { throw std::invalid_argument(what); }

int extent(int64_t value) {
  if (value > std::numeric_limits<int>::max()) misfit("a matrix is larger than LAPACK takes");
  return static_cast<int>(value);
}

// The axes before the last `count`.
Shape leading(const Shape& shape, uint32_t count) {
  if (shape.rank < count) misfit("an operand of linear algebra is no matrix");
  Shape out = shape;
  out.rank -= count;
  return out;
}

int64_t trailing_elements(const Shape& shape, uint32_t rank) {
  int64_t count = 1;
  for (uint32_t axis = rank; axis < shape.rank; ++axis) count *= shape[axis];
  return count;
}

// Ranks of one matrix's results, and extents as the op's type rule gives them.
std::vector<std::vector<int64_t>> expected_outputs(const Application& a, int64_t m, int64_t n) {
  const int64_t k = std::min(m, n);
  switch (a.op) {
    case OP_cholesky: return {{m, m}};
    case OP_triangularSolve: return {{m, a.inputs[1][a.inputs[1].rank - 1]}};
    case OP_lu: return {{m, n}, {m}, {}};
    case OP_qr: {
      const int64_t columns = a.flags.at(0) ? m : k;
      return {{m, columns}, {columns, n}};
    }
    case OP_eigh: return {{m}, {m, m}};
    case OP_eigvalsh: return {{m}};
    case OP_svd: return {{m, k}, {k}, {k, n}};
    case OP_svdvals: return {{k}};
    default: misfit("no routine of linear algebra");
  }
}

bool square(uint16_t op) {
  return op == OP_cholesky || op == OP_triangularSolve || op == OP_eigh || op == OP_eigvalsh;
}

bool fits(const Shape& shape, const Shape& batch, const std::vector<int64_t>& matrix) {
  if (shape.rank != batch.rank + matrix.size() || shape.rank > kMaxRank) return false;
  for (uint32_t axis = 0; axis < batch.rank; ++axis) {
    if (shape[axis] != batch[axis]) return false;
  }
  for (uint32_t i = 0; i < matrix.size(); ++i) {
    if (shape[batch.rank + i] != matrix[i]) return false;
  }
  return true;
}

template <class T>
std::unique_ptr<MatrixRoutine> make(uint16_t op, const Extents& extents) {
  switch (op) {
    case OP_cholesky: return make_cholesky<T>(extents);
    case OP_triangularSolve: return make_triangular_solve<T>(extents);
    case OP_lu: return make_lu<T>(extents);
    case OP_qr: return make_qr<T>(extents);
    case OP_eigh: return make_eigh<T>(extents, true);
    case OP_eigvalsh: return make_eigh<T>(extents, false);
    case OP_svd: return make_svd<T>(extents, true);
    case OP_svdvals: return make_svd<T>(extents, false);
    default: misfit("no routine of linear algebra");
  }
}

}  // namespace

BatchedRoutine::BatchedRoutine(const Application& a) {
#if !defined(VORAB_ACCELERATE)
  // A routine runs on the thread that calls it; batches are what is cut into tasks.
  static const bool single = (scipy_openblas_set_num_threads(1), true);
  static_cast<void>(single);
#endif
  const size_t operands = a.op == OP_triangularSolve ? 2 : 1;
  if (a.inputs.size() != operands) misfit("linear algebra on another number of operands");
  batch_ = leading(a.inputs[0], 2);
  const uint32_t rank = batch_.rank;
  const int64_t m = a.inputs[0][rank], n = a.inputs[0][rank + 1];
  if (square(a.op) && m != n) misfit("a matrix that must be square is not");
  if (operands == 2 && !fits(a.inputs[1], batch_, {m, a.inputs[1][a.inputs[1].rank - 1]}))
    misfit("the right-hand sides have another shape");
  const auto expected = expected_outputs(a, m, n);
  if (a.outputs.size() != expected.size()) misfit("linear algebra with another number of results");
  const int64_t width = dtype_size(a.dtype);
  for (const Shape& shape : a.inputs)
    input_bytes_.push_back(trailing_elements(shape, rank) * width);
  bool empty = true;
  for (size_t i = 0; i < expected.size(); ++i) {
    if (!fits(a.outputs[i], batch_, expected[i])) misfit("a result has another shape");
    const bool permutation = a.op == OP_lu && i == 1;
    const int64_t count = trailing_elements(a.outputs[i], rank);
    empty &= count == 0;
    output_bytes_.push_back(count * (permutation ? int64_t{sizeof(int32_t)} : width));
  }
  if (empty || batch() == 0) return;
  Extents extents{extent(m), extent(n), 0, a.flags, false};
  if (operands == 2) extents.sides = extent(a.outputs[0][rank + 1]);
  extents.complete = a.op == OP_qr && a.flags.at(0);
  routine_ = a.dtype == fb::DType::F64 ? make<double>(a.op, extents) : make<float>(a.op, extents);
  const auto least = static_cast<double>(std::min(m, n));
  cost_ = static_cast<double>(m) * static_cast<double>(std::max(n, int64_t{extents.sides})) *
          std::max(least, 1.0);
}

Refusal BatchedRoutine::run(int64_t b, std::span<const std::byte* const> in,
                            std::span<std::byte* const> out, std::byte* work,
                            const RunHalves* run_halves) const {
  if (!routine_) return std::nullopt;
  const std::byte* from[2] = {};
  std::byte* to[3] = {};
  for (size_t i = 0; i < input_bytes_.size(); ++i) from[i] = in[i] + b * input_bytes_[i];
  for (size_t i = 0; i < output_bytes_.size(); ++i) to[i] = out[i] + b * output_bytes_[i];
  return routine_->run({{from, input_bytes_.size()}, {to, output_bytes_.size()}, work, run_halves});
}

std::vector<int64_t> BatchedRoutine::index(int64_t b) const {
  std::vector<int64_t> at(batch_.rank);
  for (uint32_t axis = batch_.rank; axis-- > 0;) {
    at[axis] = b % batch_[axis];
    b /= batch_[axis];
  }
  return at;
}

}  // namespace vorab::linalg
