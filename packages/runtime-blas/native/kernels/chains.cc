// Chains of f32 ops. Eight vectors at a time go through all links before the next ones come; a link
// ends with a jump to the next one, and hands them over in the registers of its arguments.
#include "dispatch.h"
#include "reductions.h"

namespace vorab::blas::VORAB_ISA {
namespace {

using V = Vec<float, kNative<Dt::F32>>;
using Code = Link::Code;
constexpr size_t N = kNative<Dt::F32>;
constexpr size_t kTurnLanes = 8 * N;

struct Step;
// at: the turn's first element; left: elements from there to the end.
using LinkFn = void (*)(V, V, V, V, V, V, V, V, const Step* step, size_t at, size_t left);

struct Step {
  LinkFn fn;
  float* operand;
};

// Where vector k of a turn lies; the last turn may end before it.
template <bool Whole>
struct Place {
  float* first;
  size_t left;

  VORAB_INLINE size_t lanes(size_t k) const {
    return left >= (k + 1) * N ? N : left > k * N ? left - k * N : 0;
  }
  VORAB_INLINE V get(size_t k) const {
    if (Whole) return load<Dt::F32, N>(first, k * N);
    return load_part<Dt::F32, N>(first, k * N, lanes(k));
  }
  VORAB_INLINE void put(size_t k, V x) const {
    if (Whole)
      store<Dt::F32, N>(first, k * N, x);
    else
      store_part<Dt::F32, N>(first, k * N, lanes(k), x);
  }
};

template <class F>
VORAB_INLINE void each(V (&v)[8], F f) {
#pragma GCC unroll 8
  for (size_t k = 0; k < 8; ++k) v[k] = f(v[k], k);
}

struct LoadLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step&, const Place<Whole>& place) {
    each(v, [&](V, size_t k) VORAB_LAMBDA { return place.get(k); });
  }
};

struct StoreLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step&, const Place<Whole>& place) {
#pragma GCC unroll 8
    for (size_t k = 0; k < 8; ++k) place.put(k, v[k]);
  }
};

struct StreamLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step& step, const Place<Whole>& place) {
    if (!Whole || past_vector(place.first) != 0) return StoreLink::run(v, step, place);
#pragma GCC unroll 8
    for (size_t k = 0; k < 8; ++k) stream_vector(place.first + k * N, v[k]);
  }
};

struct FetchLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&)[8], const Step&, const Place<Whole>& place) {
    for (size_t k = 0; k < kTurnLanes; k += 16) __builtin_prefetch(place.first + k, 0, 2);
  }
};

// The operand: four vectors of sums.
template <class R>
struct ReduceLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step& step, const Place<Whole>& place) {
    const V missing = splat<V>(R::template identity<float>());
    V* const sums = reinterpret_cast<V*>(step.operand);
#pragma GCC unroll 8
    for (size_t k = 0; k < 8; ++k) {
      const V x = Whole ? v[k] : first_lanes<V>(place.lanes(k)) ? v[k] : missing;
      sums[k % 4] = R::combine(sums[k % 4], x);
    }
  }
};

template <class Op>
struct UnaryLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step&, const Place<Whole>&) {
    each(v, [](V x, size_t) VORAB_LAMBDA { return Op::apply(x); });
  }
};

struct Square {
  static VORAB_INLINE V apply(V x) { return x * x; }
};

template <class Op, bool Reverse>
VORAB_INLINE V apply_to(V value, V operand) {
  return Reverse ? Op::apply(operand, value) : Op::apply(value, operand);
}

template <class Op, bool Reverse>
struct BinaryLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step&, const Place<Whole>& place) {
    each(v, [&](V x, size_t k) VORAB_LAMBDA { return apply_to<Op, Reverse>(x, place.get(k)); });
  }
};

// All elements of the operand are equal.
template <class Op, bool Reverse>
struct FixedLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step& step, const Place<Whole>&) {
    const V y = splat<V>(*step.operand);
    each(v, [&](V x, size_t) VORAB_LAMBDA { return apply_to<Op, Reverse>(x, y); });
  }
};

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
// x / y for one y, to the bit: with the rounded 1 / y, one correction gives the rounded quotient
// where nothing overflows or falls short of normal numbers (Brisebarre, Muller, Raina, IEEE TC
// 53:8, 2004).
template <>
struct FixedLink<op_div, false> {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step& step, const Place<Whole>&) {
    using B = Bits<V>;
    constexpr uint32_t kLeast = (127 - 85) << 23, kMost = (127 + 85) << 23;
    const V y = splat<V>(*step.operand), r = 1.0f / y;
    V quotients[8];
    B least = B{} - 1, most = B{};
#pragma GCC unroll 8
    for (size_t k = 0; k < 8; ++k) {
      const V q = v[k] * r;
      quotients[k] = madd(madd(q, y, -v[k]), -r, q);  // in this form zeros keep their signs
      const B size = bits_as<B>(abs_of(v[k])), nonzero = size - 1;
      least = nonzero < least ? nonzero : least;
      most = size > most ? size : most;
    }
    const bool middle = *step.operand > 0x1p-40f && *step.operand < 0x1p40f;
    if (middle && !any_of((least < kLeast) | (most > kMost)))
      each(v, [&](V, size_t k) VORAB_LAMBDA { return quotients[k]; });
    else
      each(v, [&](V x, size_t) VORAB_LAMBDA { return x / y; });
  }
};
#endif

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
// clang-format off
struct ThenAdd { static VORAB_INLINE V apply(V x, V y, V z) { return madd(x, y, z); } };
struct ThenSubtract { static VORAB_INLINE V apply(V x, V y, V z) { return madd(x, y, -z); } };
struct ThenSubtractFrom { static VORAB_INLINE V apply(V x, V y, V z) { return madd(-x, y, z); } };
// clang-format on

// A multiplication and the next link, in one rounding.
template <class Then, bool FixedFactor, bool FixedTerm>
struct MultiplyLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step* step, size_t at, size_t left) {
    const Place<Whole> factors{step[0].operand + at, left}, terms{step[1].operand + at, left};
    const V factor = FixedFactor ? splat<V>(*step[0].operand) : V{};
    const V term = FixedTerm ? splat<V>(*step[1].operand) : V{};
    each(v, [&](V x, size_t k) VORAB_LAMBDA {
      return Then::apply(x, FixedFactor ? factor : factors.get(k), FixedTerm ? term : terms.get(k));
    });
  }
};

struct SquareSumLink {
  template <bool Whole>
  static VORAB_INLINE void run(V (&v)[8], const Step* step, size_t, size_t left) {
    V* const sums = reinterpret_cast<V*>(step[1].operand);
    const Place<Whole> place{nullptr, left};
#pragma GCC unroll 8
    for (size_t k = 0; k < 8; ++k) {
      const V x = Whole ? v[k] : first_lanes<V>(place.lanes(k)) ? v[k] : V{};
      sums[k % 4] = madd(x, x, sums[k % 4]);
    }
  }
};

// Two links at once.
template <class Body, bool Whole>
void link_two(V a, V b, V c, V d, V e, V f, V g, V h, const Step* step, size_t at, size_t left) {
  V v[8] = {a, b, c, d, e, f, g, h};
  Body::template run<Whole>(v, step, at, left);
  return step[2].fn(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], step + 2, at, left);
}

template <class Then, bool FixedFactor>
LinkFn multiply_then(bool whole, bool fixed_term) {
  if (fixed_term)
    return whole ? &link_two<MultiplyLink<Then, FixedFactor, true>, true>
                 : &link_two<MultiplyLink<Then, FixedFactor, true>, false>;
  return whole ? &link_two<MultiplyLink<Then, FixedFactor, false>, true>
               : &link_two<MultiplyLink<Then, FixedFactor, false>, false>;
}

template <class Then>
LinkFn multiply_then(bool whole, bool fixed_factor, bool fixed_term) {
  return fixed_factor ? multiply_then<Then, true>(whole, fixed_term)
                      : multiply_then<Then, false>(whole, fixed_term);
}

// Null where two links stay two.
LinkFn function_of_two(const Link& first, const Link& second, bool whole) {
  const bool fixed_factor = first.reach != Link::Reach::Element;
  const bool fixed_term = second.reach != Link::Reach::Element;
  if (first.code == Code::Square && second.code == Code::Sum)
    return whole ? &link_two<SquareSumLink, true> : &link_two<SquareSumLink, false>;
  if (first.code != Code::Multiply) return nullptr;
  switch (second.code) {
    case Code::Add: return multiply_then<ThenAdd>(whole, fixed_factor, fixed_term);
    case Code::Subtract: return multiply_then<ThenSubtract>(whole, fixed_factor, fixed_term);
    case Code::SubtractFrom:
      return multiply_then<ThenSubtractFrom>(whole, fixed_factor, fixed_term);
    default: return nullptr;
  }
}
#else
LinkFn function_of_two(const Link&, const Link&, bool) { return nullptr; }
#endif

template <class Body, bool Whole>
void link(V a, V b, V c, V d, V e, V f, V g, V h, const Step* step, size_t at, size_t left) {
  V v[8] = {a, b, c, d, e, f, g, h};
  Body::run(v, *step, Place<Whole>{step->operand + at, left});
  return step[1].fn(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], step + 1, at, left);
}

void last_link(V, V, V, V, V, V, V, V, const Step*, size_t, size_t) {}

template <class Body>
LinkFn moves(bool whole) {
  return whole ? &link<Body, true> : &link<Body, false>;
}

template <class Op>
LinkFn unary() {
  return &link<UnaryLink<Op>, true>;
}

template <class Op, bool Reverse = false>
LinkFn binary(bool whole, bool fixed) {
  return fixed ? &link<FixedLink<Op, Reverse>, true> : moves<BinaryLink<Op, Reverse>>(whole);
}

LinkFn function_of(const Link& link, bool whole) {
  const bool fixed = link.reach != Link::Reach::Element;
  switch (link.code) {
    case Code::Load: return moves<LoadLink>(whole);
    case Code::Store: return moves<StoreLink>(whole);
    case Code::Stream: return moves<StreamLink>(whole);
    case Code::Fetch: return moves<FetchLink>(whole);
    case Code::Sum: return moves<ReduceLink<Sum>>(whole);
    case Code::Max: return moves<ReduceLink<Max>>(whole);
    case Code::Add: return binary<op_add>(whole, fixed);
    case Code::Subtract: return binary<op_sub>(whole, fixed);
    case Code::SubtractFrom: return binary<op_sub, true>(whole, fixed);
    case Code::Multiply: return binary<op_mul>(whole, fixed);
    case Code::Divide: return binary<op_div>(whole, fixed);
    case Code::DivideInto: return binary<op_div, true>(whole, fixed);
    case Code::Minimum: return binary<op_minimum>(whole, fixed);
    case Code::Maximum: return binary<op_maximum>(whole, fixed);
    case Code::Square: return unary<Square>();
    case Code::Negate: return unary<op_neg>();
    case Code::Absolute: return unary<op_abs>();
    case Code::Sqrt: return unary<op_sqrt>();
    case Code::Rsqrt: return unary<op_rsqrt>();
    case Code::Exp: return unary<op_exp>();
    case Code::Log: return unary<op_log>();
    case Code::Tanh: return unary<op_tanh>();
    case Code::Erf: return unary<op_erf>();
    case Code::Sigmoid: return unary<op_sigmoid>();
  }
  return nullptr;
}

bool reduces(const Link& link) { return link.code == Code::Sum || link.code == Code::Max; }

// Where the operands lie, and what runs; row by row.
struct Steps {
  Step step[kMostLinks + 1];

  void prepare(const Chain& chain, bool whole, V* sums) {
    for (size_t l = 0; l < chain.count; ++l) {
      const Link& link = chain.links[l];
      step[l] = {reinterpret_cast<LinkFn>(whole ? link.whole : link.part),
                 reinterpret_cast<float*>(chain.slots[link.slot])};
    }
    if (reduces(chain.links[chain.count - 1]))
      step[chain.count - 1].operand = reinterpret_cast<float*>(sums);
    step[chain.count] = {&last_link, nullptr};
  }
  void advance(size_t count, const size_t* rows) {
    for (size_t l = 0; l < count; ++l) step[l].operand += rows[l];
  }
  void run(size_t i, size_t left) const {
    const V zero{};
    step[0].fn(zero, zero, zero, zero, zero, zero, zero, zero, step, i, left);
  }
};

// Elements from one row of an operand to the next.
void find_rows(const Chain& chain, size_t n, size_t* rows) {
  for (size_t l = 0; l < chain.count; ++l) {
    const Link& link = chain.links[l];
    const size_t row = link.row == Link::kDense ? n : link.row;
    rows[l] = link.reach == Link::Reach::Element ? row : link.reach == Link::Reach::Row ? 1 : 0;
  }
  if (reduces(chain.links[chain.count - 1])) rows[chain.count - 1] = 0;
}

// Elements before the first whole vector that is stored past the caches. Sums keep their order,
// wherever memory lies.
size_t lanes_to_line(const Chain& chain, const Steps& steps, size_t n) {
  if (!chain.streams || chain.accumulator != nullptr || n <= N) return 0;
  for (size_t l = 0; l < chain.count; ++l) {
    if (chain.links[l].code != Code::Stream) continue;
    const size_t past = past_vector(steps.step[l].operand) / sizeof(float);
    return past == 0 ? 0 : N - past;
  }
  return 0;
}

template <class R>
void finish(const Chain& chain, size_t row, const V (&sums)[4]) {
  using A = Accumulator<R, Dt::F32>;
  const A sum = across<R>(R::combine(R::combine(sums[0], sums[1]), R::combine(sums[2], sums[3])));
  A* to = static_cast<A*>(chain.accumulator) + row;
  *to = chain.start ? sum : R::one(*to, sum);
}

}  // namespace

void find_links(Link* links, size_t count) {
  for (size_t l = 0; l < count; ++l) {
    const auto find = [&](bool whole) {
      LinkFn two = l + 1 < count ? function_of_two(links[l], links[l + 1], whole) : nullptr;
      return reinterpret_cast<void (*)()>(two != nullptr ? two : function_of(links[l], whole));
    };
    links[l].whole = find(true);
    links[l].part = find(false);
  }
}

void run_chain(const Chain& chain, size_t rows, size_t n) {
  const bool sums_up = chain.links[chain.count - 1].code == Code::Sum;
  const V none = splat<V>(sums_up ? 0.0f : -kInf);
  V sums[4];
  Steps whole, part;
  size_t row[kMostLinks];
  const bool in_parts = n % kTurnLanes != 0 || chain.streams;
  if (n >= kTurnLanes) whole.prepare(chain, true, sums);
  if (in_parts) part.prepare(chain, false, sums);
  if (rows > 1) find_rows(chain, n, row);
  for (size_t r = 0;;) {
    for (V& sum : sums) sum = none;
    size_t i = in_parts ? lanes_to_line(chain, part, n) : 0;
    if (i > 0) part.run(0, i);
    for (; i + kTurnLanes <= n; i += kTurnLanes) whole.run(i, kTurnLanes);
    if (i < n) part.run(i, n - i);
    if (chain.accumulator != nullptr)
      sums_up ? finish<Sum>(chain, r, sums) : finish<Max>(chain, r, sums);
    if (++r == rows) break;
    if (n >= kTurnLanes) whole.advance(chain.count, row);
    if (in_parts) part.advance(chain.count, row);
  }
}

}  // namespace vorab::blas::VORAB_ISA
