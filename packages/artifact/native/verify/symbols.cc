#include "artifact/native/verify/symbols.h"

#include <algorithm>

namespace vorab::rules {
namespace {

constexpr int64_t kMaxExtent = 0x7fffffff;

// Smallest and largest value, over all legal bindings.
struct Interval {
  Wide low;
  Wide high;
};

Interval check_symbol(const Path& path, const fb::Symbol& symbol) {
  const int64_t min = symbol.min();
  const int64_t max = symbol.max();
  const int64_t multiple = symbol.multiple_of();
  if (min < 0 || max < min || max > kMaxExtent) {
    fail("bounds", path, "has bounds ", min, " to ", max,
         ", expected 0 <= min <= max <= ", kMaxExtent);
  }
  if (multiple < 1 || multiple > kMaxExtent) {
    fail("bounds", path, "has multiple_of ", multiple, ", expected 1 to ", kMaxExtent);
  }
  const int64_t high = max / multiple * multiple;
  if (high < min) {
    fail("bounds", path, "has no multiple of ", multiple, " from ", min, " to ", max);
  }
  return {(min + multiple - 1) / multiple * multiple, high};
}

Wide wide_floor_div(Wide a, Wide b) {
  const Wide quotient = a / b;
  return a % b != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient;
}

// What a monotonic operation reaches lies between what it gives at the corners.
template <class Of>
Interval corners(const Interval& a, const Interval& b, Of of) {
  const auto [low, high] =
      std::minmax({of(a.low, b.low), of(a.low, b.high), of(a.high, b.low), of(a.high, b.high)});
  return {low, high};
}

std::string decimal(Wide value) {
  if (value == 0) return "0";
  std::string digits;
  for (Wide rest = value; rest != 0; rest /= 10) {
    const int digit = static_cast<int>(rest % 10);
    digits += static_cast<char>('0' + (digit < 0 ? -digit : digit));
  }
  if (value < 0) digits += '-';
  return {digits.rbegin(), digits.rend()};
}

class Exprs {
 public:
  explicit Exprs(std::vector<Interval> symbols) : symbols_(std::move(symbols)) {}

  void add(const Path& path, const fb::Expr& expr) {
    is_one_of(path.field("kind"), "expr kind", expr.kind(), 5);
    const Interval interval = interval_of(path, expr);
    if (interval.low < -kLimit || interval.high > kLimit) {
      const Wide value = interval.low < -kLimit ? interval.low : interval.high;
      fail("overflow", path, "reaches ", decimal(value), ", expected ", -kLimit, " to ", kLimit);
    }
    intervals_.push_back(interval);
  }

  std::vector<uint64_t> dependence;

 private:
  Interval interval_of(const Path& path, const fb::Expr& expr) {
    if (expr.kind() == fb::ExprKind::Const) {
      dependence.push_back(0);
      return {expr.value(), expr.value()};
    }
    if (expr.kind() == fb::ExprKind::Symbol) {
      refers_to(path, "symbol", expr.value(), symbols_.size());
      dependence.push_back(uint64_t{1} << expr.value());
      return symbols_[static_cast<size_t>(expr.value())];
    }
    refers_to(path.field("lhs"), "expr", expr.lhs(), intervals_.size());
    refers_to(path.field("rhs"), "expr", expr.rhs(), intervals_.size());
    const Interval a = intervals_[expr.lhs()];
    const Interval b = intervals_[expr.rhs()];
    dependence.push_back(dependence[expr.lhs()] | dependence[expr.rhs()]);
    if (expr.kind() == fb::ExprKind::Add) return {a.low + b.low, a.high + b.high};
    if (expr.kind() == fb::ExprKind::Mul)
      return corners(a, b, [](Wide x, Wide y) { return x * y; });
    if (b.low <= 0 && b.high >= 0) fail("division", path, "divides by what can be 0");
    return corners(a, b, wide_floor_div);
  }

  std::vector<Interval> symbols_;
  std::vector<Interval> intervals_;
};

}  // namespace

Context check_dims(const fb::Program& program) {
  const Path root;
  const auto& symbols = items(program.symbols());
  if (symbols.size() > kMaxSymbols) {
    fail("bounds", root.field("symbols"), "are ", symbols.size(), ", expected at most ",
         kMaxSymbols);
  }
  Names names;
  std::vector<Interval> intervals;
  std::vector<int64_t> high;
  std::vector<int64_t> low;
  for (uint32_t i = 0; i < symbols.size(); ++i) {
    const Path path = root.at("symbols", i);
    names.add(path, symbols[i]->name());
    intervals.push_back(check_symbol(path, *symbols[i]));
    high.push_back(static_cast<int64_t>(intervals.back().high));
    low.push_back(static_cast<int64_t>(intervals.back().low));
  }
  Exprs exprs(std::move(intervals));
  for (uint32_t i = 0; i < count(program.exprs()); ++i) {
    exprs.add(root.at("exprs", i), *program.exprs()->Get(i));
  }
  return {program, Binding(program, high.data()), Binding(program, low.data()),
          std::move(exprs.dependence)};
}

void check_symbols(const fb::Program& program, const Binding& binding) {
  const Path root;
  for (uint32_t i = 0; i < count(program.symbols()); ++i) {
    const fb::Symbol& symbol = *program.symbols()->Get(i);
    const int64_t value = binding.symbol(i);
    if (value < symbol.min() || value > symbol.max() || value % symbol.multiple_of() != 0) {
      fail("bounds", root.at("symbols", i), "is bound to ", value, ", but ", text(symbol.name()),
           " is a multiple of ", symbol.multiple_of(), " from ", symbol.min(), " to ",
           symbol.max());
    }
  }
}

}  // namespace vorab::rules
