// Building tapes in a line or two, and running them on a pool.
#pragma once

#include "../cpu.h"
#include "../memory.h"
#include "../pool.h"
#include "../steps/tape_step.h"
#include "../tape/compile.h"
#include "reference.h"

namespace vorab::blas::test {

uint16_t op_id(const char* name);

// Any of the whole numbers from `from` to `to`, both included.
inline int64_t pick(std::mt19937& random, int64_t from, int64_t to) {
  return std::uniform_int_distribution<int64_t>(from, to)(random);
}

class TapeBuilder {
 public:
  explicit TapeBuilder(std::vector<int64_t> dims, uint32_t reduced = 0, uint32_t inner = 0) {
    source.dims = std::move(dims);
    source.reduced = reduced;
    source.inner = inner;
  }

  using Strides = std::vector<int64_t>;

  uint16_t load(uint32_t value, Dt dtype, Strides strides, int64_t offset = 0);
  uint16_t constant(double x, Dt dtype = Dt::F32);
  uint16_t index(uint16_t dim, Dt dtype = Dt::I32);
  uint16_t scalar(const char* op, std::vector<uint16_t> args);
  uint16_t scalar(const char* op, Dt dtype, std::vector<uint16_t> args);
  uint16_t reduce(Reduction reduction, uint16_t arg);
  void store(uint32_t value, uint16_t arg, Strides strides, int64_t offset = 0);
  // Dense strides over all dims, or over those that are kept (0 on the others).
  Strides dense() const;
  Strides kept() const;

  TapeSource source;

 private:
  uint16_t access(uint32_t value, Dt dtype, Strides strides, int64_t offset);
  uint16_t add(SourceInstr instr);
};

std::vector<std::byte*> pointers(Buffers& buffers);
// What the values are when the step has run.
Buffers run_step(Step& step, Buffers values, int threads);
Buffers run_compiled(const TapeSource& source, Buffers buffers, int threads = 1,
                     const char* cpu = "");

// Runs compiled and reference, and compares every buffer; ulp: per element, of its dtype.
void expect_same(const char* what, const TapeSource& source, const std::vector<Dt>& dtypes,
                 const Buffers& buffers, double relative = 2e-6);

}  // namespace vorab::blas::test
