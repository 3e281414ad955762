// What the links of a chain do to the vectors of a turn: eight, or fewer at the end of a row. A
// body takes one link or two.
#pragma once

#include "takes.h"

namespace vorab::blas::VORAB_ISA::links {

// at: the turn's first element; left: elements from there to the end.
using LinkFn = void (*)(V, V, V, V, V, V, V, V, const Step* step, size_t at, size_t left);

struct Step {
  LinkFn fn;
  float* operand;
};

// Where a turn's vectors lie.
template <bool Whole>
struct Place {
  float* first;
  size_t left;

  VORAB_INLINE Place(const Step& step, size_t at, size_t to_end)
      : first(step.operand + at), left(to_end) {}
  VORAB_INLINE V get(size_t k) const {
    if (Whole) return load<Dt::F32, N>(first, k * N);
    return load_part<Dt::F32, N>(first, k * N, lanes_of(k, left));
  }
  VORAB_INLINE void put(size_t k, V x) const {
    const size_t count = lanes_of(k, left);
    if (Whole || count == N)
      store<Dt::F32, N>(first, k * N, x);
    else
      write_pieces(first + k * N, count, x);
  }
};

template <size_t K, class F>
VORAB_INLINE void each(V (&v)[K], F f) {
#pragma GCC unroll 8
  for (size_t k = 0; k < K; ++k) v[k] = f(v[k], k);
}

// ------------------------------------------------------------------------------------------ memory

struct LoadLink : OneLink<Code::Load> {
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const NothingFixed&, const Step* step, size_t at,
                               size_t left) {
    const Place<Whole> place(*step, at, left);
    each(v, [&](V, size_t k) VORAB_LAMBDA { return place.get(k); });
  }
};

struct StoreLink : OneLink<Code::Store> {
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const NothingFixed&, const Step* step, size_t at,
                               size_t left) {
    const Place<Whole> place(*step, at, left);
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) place.put(k, v[k]);
  }
};

struct StreamLink : OneLink<Code::Stream> {
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const Fixed& fixed, const Step* step, size_t at,
                               size_t left) {
    float* const to = step->operand + at;
    if (!Whole || past_vector(to) != 0) return StoreLink::run<Whole>(v, fixed, step, at, left);
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) stream_vector(to + k * N, v[k]);
  }
};

VORAB_INLINE void fetch_turn(const float* from) {
  for (size_t k = 0; k < kTurnLanes; k += 16) __builtin_prefetch(from + k, 0, 2);
}

struct FetchLink : OneLink<Code::Fetch> {
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&)[K], const NothingFixed&, const Step* step, size_t at, size_t) {
    fetch_turn(step->operand + at);
  }
};

// ------------------------------------------------------------------------------------- arithmetic

template <Code C>
VORAB_INLINE V apply(V x) {
  if constexpr (C == Code::Square) return x * x;
  if constexpr (C == Code::Negate) return op_neg::apply(x);
  if constexpr (C == Code::Absolute) return op_abs::apply(x);
  if constexpr (C == Code::Sqrt) return op_sqrt::apply(x);
  if constexpr (C == Code::Rsqrt) return op_rsqrt::apply(x);
  if constexpr (C == Code::Exp) return op_exp::apply(x);
  if constexpr (C == Code::Log) return op_log::apply(x);
  if constexpr (C == Code::Tanh) return op_tanh::apply(x);
  if constexpr (C == Code::Erf) return op_erf::apply(x);
  if constexpr (C == Code::Sigmoid) return op_sigmoid::apply(x);
}

template <Code C>
VORAB_INLINE V apply(V value, V operand) {
  if constexpr (C == Code::Add) return op_add::apply(value, operand);
  if constexpr (C == Code::Subtract) return op_sub::apply(value, operand);
  if constexpr (C == Code::SubtractFrom) return op_sub::apply(operand, value);
  if constexpr (C == Code::Multiply) return op_mul::apply(value, operand);
  if constexpr (C == Code::Divide) return op_div::apply(value, operand);
  if constexpr (C == Code::DivideInto) return op_div::apply(operand, value);
  if constexpr (C == Code::Minimum) return op_minimum::apply(value, operand);
  if constexpr (C == Code::Maximum) return op_maximum::apply(value, operand);
}

template <Code C>
struct UnaryLink : OneLink<C> {
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const NothingFixed&, const Step*, size_t, size_t) {
    each(v, [](V x, size_t) VORAB_LAMBDA { return apply<C>(x); });
  }
};

inline bool is_fixed(const Link& link) { return link.reach != Link::Reach::Element; }

template <Code C>
struct BinaryLink : OneLink<C> {
  static bool is(const Link* link) { return link->code == C && !is_fixed(*link); }
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const NothingFixed&, const Step* step, size_t at,
                               size_t left) {
    const Place<Whole> place(*step, at, left);
    each(v, [&](V x, size_t k) VORAB_LAMBDA { return apply<C>(x, place.get(k)); });
  }
};

// All elements of the operand are equal.
template <Code C>
struct FixedLink : OneLink<C> {
  struct Fixed {
    V y;
    explicit VORAB_INLINE Fixed(const Step* step) : y(splat<V>(*step->operand)) {}
  };
  static bool is(const Link* link) { return link->code == C && is_fixed(*link); }
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const Fixed& fixed, const Step*, size_t, size_t) {
    each(v, [&](V x, size_t) VORAB_LAMBDA { return apply<C>(x, fixed.y); });
  }
};

#if defined(__FMA__) || defined(__ARM_FEATURE_FMA)
inline constexpr bool kRoundsOnce = true;

// x / y for one y, to the bit: with the rounded 1 / y, one correction gives the rounded quotient
// where nothing overflows or falls short of normal numbers (Brisebarre, Muller, Raina, IEEE TC
// 53:8, 2004).
template <>
struct FixedLink<Code::Divide> : OneLink<Code::Divide> {
  struct Fixed {
    V y, inverse;
    bool middle;
    explicit VORAB_INLINE Fixed(const Step* step)
        : y(splat<V>(*step->operand)),
          inverse(splat<V>(1.0f / *step->operand)),
          middle(*step->operand > 0x1p-40f && *step->operand < 0x1p40f) {}
  };
  static bool is(const Link* link) { return link->code == Code::Divide && is_fixed(*link); }
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const Fixed& fixed, const Step*, size_t, size_t) {
    const V y = fixed.y, r = fixed.inverse;
    V quotients[K];
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) {
      const V q = v[k] * r;
      quotients[k] = madd(madd(q, y, -v[k]), -r, q);  // in this form zeros keep their signs
    }
    if (fixed.middle && (all_near_one(v) || all_middle(v)))
      each(v, [&](V, size_t k) VORAB_LAMBDA { return quotients[k]; });
    else
      each(v, [&](V x, size_t) VORAB_LAMBDA { return x / y; });
  }

  // From 2^-63 to below 2^65, which is where the first two bits of the exponent differ.
  template <size_t K>
  static VORAB_INLINE bool all_near_one(const V (&v)[K]) {
    using B = Bits<V>;
    constexpr uint32_t kFirst = 1u << 30;
    B differ = B{} - 1;
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) {
      const B bits = bits_as<B>(v[k]);
      differ &= bits ^ (bits + bits);
    }
    return !any_of(~differ & kFirst);
  }

  // From 2^-85 to 2^85, or zero.
  template <size_t K>
  static VORAB_INLINE bool all_middle(const V (&v)[K]) {
    using B = Bits<V>;
    constexpr uint32_t kLeast = (127 - 85) << 23, kMost = (127 + 85) << 23;
    B least = B{} - 1, most = B{};
#pragma GCC unroll 8
    for (size_t k = 0; k < K; ++k) {
      const B size = bits_as<B>(abs_of(v[k])), nonzero = size - 1;
      least = nonzero < least ? nonzero : least;
      most = size > most ? size : most;
    }
    return !any_of((least < kLeast) | (most > kMost));
  }
};
#else
inline constexpr bool kRoundsOnce = false;
#endif

// A product and the link after it, in one rounding.
template <Code Then>
VORAB_INLINE V multiply_then(V x, V factor, V term) {
  if constexpr (Then == Code::Add) return madd(x, factor, term);
  if constexpr (Then == Code::Subtract) return madd(x, factor, -term);
  if constexpr (Then == Code::SubtractFrom) return madd(-x, factor, term);
}

template <Code Then, bool FixedFactor, bool FixedTerm>
struct MultiplyLink {
  static constexpr size_t kSteps = 2;
  static bool is(const Link* link) {
    return link[0].code == Code::Multiply && is_fixed(link[0]) == FixedFactor &&
           link[1].code == Then && is_fixed(link[1]) == FixedTerm;
  }
  struct Fixed {
    V factor{}, term{};
    explicit VORAB_INLINE Fixed(const Step* step) {
      if (FixedFactor) factor = splat<V>(*step[0].operand);
      if (FixedTerm) term = splat<V>(*step[1].operand);
    }
  };
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const Fixed& fixed, const Step* step, size_t at,
                               size_t left) {
    const Place<Whole> factors(step[0], at, left), terms(step[1], at, left);
    each(v, [&](V x, size_t k) VORAB_LAMBDA {
      return multiply_then<Then>(x, FixedFactor ? fixed.factor : factors.get(k),
                                 FixedTerm ? fixed.term : terms.get(k));
    });
  }
};

// Elements times one factor, added in one rounding where the hardware does so.
struct AddScaledLink {
  static constexpr size_t kSteps = 2;
  static bool is(const Link* link) { return link->code == Code::AddScaled; }
  struct Fixed {
    V factor;
    explicit VORAB_INLINE Fixed(const Step* step) : factor(splat<V>(*step[1].operand)) {}
  };
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const Fixed& fixed, const Step* step, size_t at,
                               size_t left) {
    const Place<Whole> place(*step, at, left);
    each(v, [&](V x, size_t k) VORAB_LAMBDA { return madd(place.get(k), fixed.factor, x); });
  }
};

// ------------------------------------------------------------------------------------- reductions

// The operand is the state.
template <class Take>
struct ReduceLink {
  using Fixed = NothingFixed;
  static constexpr size_t kSteps = Take::kSteps;
  static bool is(const Link* link) { return Take::is(link); }
  template <bool Whole, size_t K>
  static VORAB_INLINE void run(V (&v)[K], const NothingFixed&, const Step* step, size_t,
                               size_t left) {
    auto* const state = reinterpret_cast<typename Take::State*>(step[kSteps - 1].operand);
    Take::template take<Whole>(*state, v, left);
  }
};

// ------------------------------------------------------------------------------------------- rows

inline bool reduces(const Link& link) { return link.code == Code::Sum || link.code == Code::Max; }

// Elements from one row of an operand to the next.
inline void find_rows(const Chain& chain, size_t n, size_t* rows) {
  for (size_t l = 0; l < chain.count; ++l) {
    const Link& link = chain.links[l];
    const size_t row = link.row == Link::kDense ? n : link.row;
    rows[l] = link.reach == Link::Reach::Element ? row : link.reach == Link::Reach::Row ? 1 : 0;
  }
  if (reduces(chain.links[chain.count - 1])) rows[chain.count - 1] = 0;
}

// Elements before the first whole vector that is stored past the caches, of the n from `to` on.
inline size_t lanes_to_line(const float* to, size_t n) {
  const size_t past = past_vector(to) / sizeof(float);
  return past == 0 || n <= N ? 0 : N - past;
}

}  // namespace vorab::blas::VORAB_ISA::links
