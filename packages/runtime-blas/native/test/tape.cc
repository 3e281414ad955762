#include "tape.h"

#include <algorithm>
#include <cmath>

#include "../bind/values.h"
#include "artifact/native/ops.h"
#include "check.h"

namespace vorab::blas::test {

uint16_t op_id(const char* name) {
  for (uint32_t id = 0; id < 0xffff; ++id) {
    const OpInfo* op = find_op(static_cast<uint16_t>(id));
    if (op != nullptr && std::strcmp(op->name, name) == 0) return op->id;
  }
  throw std::runtime_error(std::string("the registry has no op ") + name);
}

uint16_t TapeBuilder::add(SourceInstr instr) {
  source.instrs.push_back(instr);
  return static_cast<uint16_t>(source.instrs.size() - 1);
}

uint16_t TapeBuilder::access(uint32_t value, Dt dtype, Strides strides, int64_t offset) {
  source.accesses.push_back({value, dtype, {value, 0, 0}, offset, std::move(strides)});
  return static_cast<uint16_t>(source.accesses.size() - 1);
}

uint16_t TapeBuilder::load(uint32_t value, Dt dtype, Strides strides, int64_t offset) {
  SourceInstr instr;
  instr.dtype = dtype;
  instr.arg[0] = access(value, dtype, std::move(strides), offset);
  return add(instr);
}

uint16_t TapeBuilder::constant(double x, Dt dtype) {
  SourceInstr instr;
  instr.kind = Kind::Const;
  instr.dtype = dtype;
  instr.bits = bits_of(x, dtype);
  return add(instr);
}

uint16_t TapeBuilder::index(uint16_t dim, Dt dtype) {
  SourceInstr instr;
  instr.kind = Kind::Index;
  instr.dtype = dtype;
  instr.arg[0] = dim;
  return add(instr);
}

uint16_t TapeBuilder::scalar(const char* op, std::vector<uint16_t> args) {
  const Dt dtype = source.instrs.at(args.at(args.size() - 1)).dtype;
  return scalar(op, dtype, std::move(args));
}

uint16_t TapeBuilder::scalar(const char* op, Dt dtype, std::vector<uint16_t> args) {
  SourceInstr instr;
  instr.kind = Kind::Scalar;
  instr.dtype = dtype;
  instr.op = op_id(op);
  instr.arity = static_cast<uint8_t>(args.size());
  args.resize(4);
  std::copy(args.begin(), args.end(), instr.arg);
  return add(instr);
}

uint16_t TapeBuilder::reduce(Reduction reduction, uint16_t arg) {
  SourceInstr instr;
  instr.kind = Kind::Reduce;
  instr.dtype = source.instrs[arg].dtype;
  instr.reduction = reduction;
  instr.arg[0] = arg;
  return add(instr);
}

void TapeBuilder::store(uint32_t value, uint16_t arg, Strides strides, int64_t offset) {
  SourceInstr instr;
  instr.kind = Kind::Store;
  instr.dtype = source.instrs[arg].dtype;
  instr.arg[0] = access(value, instr.dtype, std::move(strides), offset);
  instr.arg[1] = arg;
  add(instr);
}

TapeBuilder::Strides TapeBuilder::dense() const {
  Strides strides(source.dims.size(), 1);
  for (size_t d = strides.size(); d-- > 1;) strides[d - 1] = strides[d] * source.dims[d];
  return strides;
}

TapeBuilder::Strides TapeBuilder::kept() const {
  Strides strides(source.dims.size(), 0);
  const size_t to = strides.size() - source.inner, from = to - source.reduced;
  int64_t stride = 1;
  for (size_t d = strides.size(); d-- > 0;) {
    if (d >= from && d < to) continue;
    strides[d] = stride;
    stride *= source.dims[d];
  }
  return strides;
}

std::vector<std::byte*> pointers(Buffers& buffers) {
  std::vector<std::byte*> out;
  for (auto& buffer : buffers) out.push_back(buffer.data());
  return out;
}

Buffers run_step(Step& step, Buffers buffers, int threads) {
  Pool pool(threads);
  // Exactly as much as it asks for, so that sanitizers see what lies behind.
  Buffers memory(static_cast<size_t>(threads),
                 std::vector<std::byte>(static_cast<size_t>(step.scratch_bytes())));
  const std::vector<std::byte*> scratch = pointers(memory);
  std::vector<std::byte> workspace(static_cast<size_t>(step.workspace_bytes()));
  std::vector<std::byte*> values = pointers(buffers);
  step.run({values.data(), pool, scratch, workspace.data()});
  return buffers;
}

Buffers run_compiled(const TapeSource& source, Buffers buffers, int threads, const char* cpu) {
  const KernelChoice kernels = choose_kernels(cpu);
  TapeStep step(compile_tape(source, *kernels.kernels));
  Pool pool(threads);
  std::vector<Memory> scratch;
  std::vector<std::byte*> scratch_data;
  for (int t = 0; t < threads; ++t) {
    scratch.emplace_back(static_cast<uint64_t>(step.scratch_bytes()) + 64);
    scratch_data.push_back(scratch.back().data());
  }
  const Memory workspace(static_cast<uint64_t>(step.workspace_bytes()));
  const std::vector<std::byte*> values = pointers(buffers);
  step.run({values.data(), pool, scratch_data, workspace.data()});
  return buffers;
}

void expect_same(const char* what, const TapeSource& source, const std::vector<Dt>& dtypes,
                 const Buffers& buffers, double relative) {
  const Buffers expected = ReferenceTape(source, buffers).run();
  const Buffers found = run_compiled(source, buffers);
  for (size_t b = 0; b < buffers.size(); ++b) {
    const auto n = static_cast<int64_t>(buffers[b].size() / width(dtypes[b]));
    for (int64_t i = 0; i < n; ++i) {
      const Real x = read(dtypes[b], found[b].data(), i),
                 y = read(dtypes[b], expected[b].data(), i);
      const bool same = x == y || (x != x && y != y) ||
                        (is_float(dtypes[b]) && std::fabs(x - y) <= relative * (1 + std::fabs(y)));
      CHECK(same, std::string(what) + ": value " + std::to_string(b) + " element " +
                      std::to_string(i) + " found " + std::to_string(static_cast<double>(x)) +
                      ", expected " + std::to_string(static_cast<double>(y)));
      if (!same) return;
    }
  }
}

}  // namespace vorab::blas::test
