// Random tapes against the plain interpreter: shapes, layouts, broadcasts, stages of reductions,
// in-place stores.
#include <algorithm>

#include "check.h"
#include "tape.h"

namespace vorab::blas::test {
namespace {

class Maker {
 public:
  explicit Maker(uint32_t seed) : random_(seed), tape_(dims_for(seed)) {}

  void run(uint32_t seed) {
    const size_t rank = tape_.source.dims.size();
    tape_.source.reduced = static_cast<uint32_t>(below(static_cast<int64_t>(rank) + 1));
    if (tape_.source.reduced > 0 && chance(3)) {
      tape_.source.inner =
          static_cast<uint32_t>(below(static_cast<int64_t>(rank) - tape_.source.reduced + 1));
    }
    for (int64_t i = 0, n = 1 + below(3); i < n; ++i) values_.push_back(load(chance(2)));
    values_.push_back(tape_.constant(0.75));
    for (int64_t i = 0, n = 2 + below(8); i < n; ++i) grow();
    for (int64_t i = 0, n = 1 + below(2); i < n; ++i)
      store(values_[values_.size() - 1 - static_cast<size_t>(i)]);
    const std::vector<Dt> dtypes(sizes_.size(), Dt::F32);
    Buffers buffers;
    for (int64_t size : sizes_)
      buffers.push_back(
          random_data(Dt::F32, static_cast<size_t>(std::max<int64_t>(size, 1)), random_));
    expect_same(("seed " + std::to_string(seed)).c_str(), tape_.source, dtypes, buffers, 2e-4);
  }

 private:
  std::vector<int64_t> dims_for(uint32_t seed) {
    const int64_t choices[] = {1, 2, 3, 5, 8, 17, 40, 130};
    std::vector<int64_t> dims;
    int64_t total = 1;
    for (uint32_t d = 0; d <= seed % 4; ++d) {
      dims.push_back(choices[below(8)]);
      total *= dims.back();
      if (total > 3000) dims.back() = 1 + below(2), total = 3000;
    }
    if (chance(30)) dims[0] = 0;
    return dims;
  }

  int64_t below(int64_t n) { return static_cast<int64_t>(random_() % static_cast<uint32_t>(n)); }
  bool chance(int64_t one_in) { return below(one_in) == 0; }

  // Dense over a random order of the dims that take part.
  std::vector<int64_t> layout(const std::vector<bool>& part, int64_t& span) {
    const size_t rank = tape_.source.dims.size();
    std::vector<size_t> order(rank);
    for (size_t d = 0; d < rank; ++d) order[d] = d;
    if (chance(2)) std::shuffle(order.begin(), order.end(), random_);
    std::vector<int64_t> strides(rank, 0);
    span = 1;
    for (size_t i = rank; i-- > 0;) {
      if (!part[order[i]]) continue;
      strides[order[i]] = span;
      span *= tape_.source.dims[order[i]];
    }
    return strides;
  }

  uint16_t load(bool broadcast) {
    std::vector<bool> part(tape_.source.dims.size(), true);
    for (size_t d = 0; broadcast && d < part.size(); ++d) part[d] = chance(2);
    int64_t span = 0;
    auto strides = layout(part, span);
    sizes_.push_back(span);
    return tape_.load(static_cast<uint32_t>(sizes_.size() - 1), Dt::F32, std::move(strides));
  }

  uint16_t pick() {
    return values_[static_cast<size_t>(below(static_cast<int64_t>(values_.size())))];
  }

  void grow() {
    const char* binary[] = {"add", "sub", "mul", "maximum"};
    const int64_t kind = below(8);
    if (kind == 0 && tape_.source.reduced > 0) {
      values_.push_back(tape_.reduce(chance(2) ? Reduction::Sum : Reduction::Max, pick()));
      // Keeps magnitudes small over stages.
      values_.push_back(tape_.scalar("tanh", {values_.back()}));
    } else if (kind < 3) {
      values_.push_back(tape_.scalar(chance(2) ? "sigmoid" : "neg", {pick()}));
    } else {
      const uint16_t x = pick(), y = pick();
      const uint16_t z = tape_.scalar(binary[below(4)], {x, y});
      values_.push_back(chance(3) ? tape_.scalar("tanh", {z}) : z);
    }
  }

  // Whether a value varies over the reduced dims, as a store must.
  bool varies(uint16_t value) const {
    const SourceInstr& instr = tape_.source.instrs[value];
    const size_t to = tape_.source.dims.size() - tape_.source.inner,
                 from = to - tape_.source.reduced;
    if (instr.kind == Kind::Load) {
      const auto& strides = tape_.source.accesses[instr.arg[0]].strides;
      return std::any_of(strides.begin() + static_cast<std::ptrdiff_t>(from),
                         strides.begin() + static_cast<std::ptrdiff_t>(to),
                         [](int64_t s) { return s != 0; });
    }
    bool any = false;
    for (int k = 0; instr.kind == Kind::Scalar && k < instr.arity; ++k)
      any = any || varies(instr.arg[k]);
    return any;
  }

  void store(uint16_t value) {
    const size_t to = tape_.source.dims.size() - tape_.source.inner,
                 from = to - tape_.source.reduced;
    std::vector<bool> part(tape_.source.dims.size(), true);
    for (size_t d = from; d < to; ++d) part[d] = varies(value) || chance(2);
    // A kept store, or one over all reduced dims.
    for (size_t d = from; d < to; ++d) part[d] = part[from];
    int64_t span = 0;
    auto strides = layout(part, span);
    sizes_.push_back(span);
    tape_.store(static_cast<uint32_t>(sizes_.size() - 1), value, std::move(strides));
  }

  std::mt19937 random_;
  TapeBuilder tape_;
  std::vector<int64_t> sizes_;
  std::vector<uint16_t> values_;
};

}  // namespace

VORAB_TEST(random_tapes) {
  for (uint32_t seed = 1; seed <= 600; ++seed) Maker(seed).run(seed);
}

}  // namespace vorab::blas::test
