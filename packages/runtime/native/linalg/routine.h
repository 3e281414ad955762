// Factorizations of dense matrices, one matrix at a time, for every backend whose data are in host
// memory. Matrices are row-major; LAPACK's are column-major, so it sees their transposes, and each
// routine is written so that this costs as few copies as it can.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "artifact/native/program.h"

namespace vorab::linalg {

// What is wrong with a matrix; lines after the first say what would cure it. The reference runtime
// says the same in the same words.
using Refusal = std::optional<std::string>;

// Two parts of the work on a matrix, 0 and 1, neither of which waits for the other.
using Halves = std::function<void(int half)>;
// Runs both, at once where there are threads for them.
using RunHalves = std::function<void(const Halves& halves)>;

// One matrix: where its operands and results lie, and memory to work in.
struct Place {
  std::span<const std::byte* const> in;
  std::span<std::byte* const> out;
  std::byte* work;              // 64-byte aligned
  const RunHalves* run_halves;  // null: one after the other
};

class MatrixRoutine {
 public:
  virtual ~MatrixRoutine() = default;
  virtual Refusal run(const Place& place) const = 0;
  virtual int64_t work_bytes() const { return 0; }
};

// What an op is applied to, and its attributes in their order (all bool).
struct Application {
  uint16_t op;
  fb::DType dtype;  // f32 or f64
  std::vector<Shape> inputs, outputs;
  std::vector<bool> flags;
};

// One op on every matrix of a batch.
class BatchedRoutine {
 public:
  // Throws std::invalid_argument where shapes do not fit the op, or are more than LAPACK takes.
  explicit BatchedRoutine(const Application& application);

  int64_t batch() const { return batch_.elements(); }
  int64_t work_bytes() const { return routine_ ? routine_->work_bytes() : 0; }  // per thread
  double cost() const { return cost_; }  // of one matrix, in multiplications
  // Matrix b. `in` and `out`: where the whole operands and results begin.
  Refusal run(int64_t b, std::span<const std::byte* const> in, std::span<std::byte* const> out,
              std::byte* work, const RunHalves* run_halves = nullptr) const;
  std::vector<int64_t> index(int64_t b) const;  // of matrix b in the batch

 private:
  Shape batch_;
  std::vector<int64_t> input_bytes_, output_bytes_;  // of one matrix
  std::unique_ptr<MatrixRoutine> routine_;           // none where there is nothing to compute
  double cost_ = 0;
};

// Extents of one matrix's operands, as every make function gets them.
struct Extents {
  int m = 0, n = 0;  // of the first operand
  int sides = 0;     // columns of the second
  std::vector<bool> flags;
  bool complete = false;  // qr: as many columns of Q as rows
};

template <class T>
std::unique_ptr<MatrixRoutine> make_cholesky(const Extents& extents);
template <class T>
std::unique_ptr<MatrixRoutine> make_triangular_solve(const Extents& extents);
template <class T>
std::unique_ptr<MatrixRoutine> make_lu(const Extents& extents);
template <class T>
std::unique_ptr<MatrixRoutine> make_qr(const Extents& extents);
template <class T>
std::unique_ptr<MatrixRoutine> make_eigh(const Extents& extents, bool vectors);
template <class T>
std::unique_ptr<MatrixRoutine> make_svd(const Extents& extents, bool vectors);

}  // namespace vorab::linalg
