// Chains of f32 ops. Eight vectors at a time go through all links before the next ones come; a link
// ends with a jump to the next one, and hands them over in the registers of its arguments.
#include "links.h"

namespace vorab::blas::VORAB_ISA {
namespace {

using namespace links;

template <class Body, bool Whole>
void link(V a, V b, V c, V d, V e, V f, V g, V h, const Step* step, size_t at, size_t left) {
  V v[8] = {a, b, c, d, e, f, g, h};
  Body::template run<Whole>(v, typename Body::Fixed(step), step, at, left);
  constexpr size_t next = Body::kSteps;
  return step[next].fn(v[0], v[1], v[2], v[3], v[4], v[5], v[6], v[7], step + next, at, left);
}

void last_link(V, V, V, V, V, V, V, V, const Step*, size_t, size_t) {}

template <class Body>
LinkFn either(bool whole) {
  return whole ? &link<Body, true> : &link<Body, false>;
}

template <Code C>
LinkFn unary() {
  return &link<UnaryLink<C>, true>;
}

template <Code C>
LinkFn binary(bool whole, bool fixed) {
  return fixed ? &link<FixedLink<C>, true> : either<BinaryLink<C>>(whole);
}

LinkFn function_of(const Link& link, bool whole) {
  const bool fixed = is_fixed(link);
  switch (link.code) {
    case Code::Load: return either<LoadLink>(whole);
    case Code::Store: return either<StoreLink>(whole);
    case Code::Stream: return either<StreamLink>(whole);
    case Code::Fetch: return either<FetchLink>(whole);
    case Code::Sum: return either<ReduceLink<TakeSum>>(whole);
    case Code::Max: return either<ReduceLink<TakeMax>>(whole);
    case Code::Add: return binary<Code::Add>(whole, fixed);
    case Code::Subtract: return binary<Code::Subtract>(whole, fixed);
    case Code::SubtractFrom: return binary<Code::SubtractFrom>(whole, fixed);
    case Code::Multiply: return binary<Code::Multiply>(whole, fixed);
    case Code::Divide: return binary<Code::Divide>(whole, fixed);
    case Code::DivideInto: return binary<Code::DivideInto>(whole, fixed);
    case Code::AddScaled:
    case Code::Factor: return either<AddScaledLink>(whole);
    case Code::Minimum: return binary<Code::Minimum>(whole, fixed);
    case Code::Maximum: return binary<Code::Maximum>(whole, fixed);
    case Code::Square: return unary<Code::Square>();
    case Code::Negate: return unary<Code::Negate>();
    case Code::Absolute: return unary<Code::Absolute>();
    case Code::Sqrt: return unary<Code::Sqrt>();
    case Code::Rsqrt: return unary<Code::Rsqrt>();
    case Code::Exp: return unary<Code::Exp>();
    case Code::Log: return unary<Code::Log>();
    case Code::Tanh: return unary<Code::Tanh>();
    case Code::Erf: return unary<Code::Erf>();
    case Code::Sigmoid: return unary<Code::Sigmoid>();
  }
  return nullptr;
}

template <Code Then, bool FixedFactor>
LinkFn multiply_then(bool whole, bool fixed_term) {
  return fixed_term ? either<MultiplyLink<Then, FixedFactor, true>>(whole)
                    : either<MultiplyLink<Then, FixedFactor, false>>(whole);
}

template <Code Then>
LinkFn multiply_then(bool whole, bool fixed_factor, bool fixed_term) {
  return fixed_factor ? multiply_then<Then, true>(whole, fixed_term)
                      : multiply_then<Then, false>(whole, fixed_term);
}

// Null where two links stay two.
LinkFn function_of_two(const Link* two, bool whole) {
  if (!kRoundsOnce) return nullptr;
  if (TakeSquares::is(two)) return either<ReduceLink<TakeSquares>>(whole);
  if (two[0].code != Code::Multiply) return nullptr;
  const bool factor = is_fixed(two[0]), term = is_fixed(two[1]);
  switch (two[1].code) {
    case Code::Add: return multiply_then<Code::Add>(whole, factor, term);
    case Code::Subtract: return multiply_then<Code::Subtract>(whole, factor, term);
    case Code::SubtractFrom: return multiply_then<Code::SubtractFrom>(whole, factor, term);
    default: return nullptr;
  }
}

// Where the operands lie, and what runs; row by row.
struct Steps {
  Step step[kMostLinks + 1];

  void prepare(const Chain& chain, bool whole, void* state) {
    for (size_t l = 0; l < chain.count; ++l) {
      const Link& link = chain.links[l];
      step[l] = {reinterpret_cast<LinkFn>(whole ? link.whole : link.part),
                 reinterpret_cast<float*>(chain.slots[link.slot])};
    }
    if (reduces(chain.links[chain.count - 1]))
      step[chain.count - 1].operand = static_cast<float*>(state);
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

// Sums keep their order, wherever memory lies.
size_t lanes_to_line(const Chain& chain, const Step* steps, size_t n) {
  if (!chain.streams || chain.accumulator != nullptr) return 0;
  for (size_t l = 0; l < chain.count; ++l) {
    if (chain.links[l].code == Code::Stream) return links::lanes_to_line(steps[l].operand, n);
  }
  return 0;
}

template <class Take>
void run_rows(const Chain& chain, size_t rows, size_t n) {
  typename Take::State state;
  Steps whole, part;
  size_t row[kMostLinks];
  const bool in_parts = n % kTurnLanes != 0 || chain.streams;
  if (n >= kTurnLanes) whole.prepare(chain, true, &state);
  if (in_parts) part.prepare(chain, false, &state);
  if (rows > 1) find_rows(chain, n, row);
  for (size_t r = 0;;) {
    state = {};
    size_t i = in_parts ? lanes_to_line(chain, part.step, n) : 0;
    if (i > 0) part.run(0, i);
    for (; i + kTurnLanes <= n; i += kTurnLanes) whole.run(i, kTurnLanes);
    if (i < n) part.run(i, n - i);
    state.finish(chain.accumulator, r, chain.start);
    if (++r == rows) break;
    if (n >= kTurnLanes) whole.advance(chain.count, row);
    if (in_parts) part.advance(chain.count, row);
  }
}

}  // namespace

ChainFn find_chain(Link* links, size_t count) {
  if (ChainFn whole = find_pass(links, count)) return whole;
  for (size_t l = 0; l < count; ++l) {
    const auto find = [&](bool whole) {
      LinkFn two = l + 1 < count ? function_of_two(links + l, whole) : nullptr;
      return reinterpret_cast<void (*)()>(two != nullptr ? two : function_of(links[l], whole));
    };
    links[l].whole = find(true);
    links[l].part = find(false);
  }
  switch (links[count - 1].code) {
    case Code::Sum: return &run_rows<TakeSum>;
    case Code::Max: return &run_rows<TakeMax>;
    default: return &run_rows<TakeNothing>;
  }
}

}  // namespace vorab::blas::VORAB_ISA
