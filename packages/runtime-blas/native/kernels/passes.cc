// Chains that many models have, each as one loop: from link to link would cost a jump per turn.
#include "links.h"

namespace vorab::blas::VORAB_ISA {
namespace {

using namespace links;

template <class Take, class... Bodies>
struct Pass {
  static constexpr size_t kSteps = (Bodies::kSteps + ... + Take::kSteps);
  static constexpr bool kStreams = (std::is_same_v<Bodies, StreamLink> || ...);

  static bool is(const Link* links, size_t count) {
    if (count != kSteps) return false;
    bool same = true;
    ((same = same && Bodies::is(links), links += Bodies::kSteps), ...);
    return same && Take::is(links);
  }

  template <bool Whole, size_t K>
  static VORAB_INLINE void turn(typename Take::State& state, const Step* step, size_t at,
                                size_t left) {
    V v[K];
    ((Bodies::template run<Whole>(v, step, at, left), step += Bodies::kSteps), ...);
    Take::template take<Whole>(state, v, left);
  }

  // Fewer elements than a turn's: masks are for the last vector alone.
  static VORAB_INLINE void part(typename Take::State& state, const Step* step, size_t at,
                                size_t left) {
    if ((left & 4 * N) != 0) turn<true, 4>(state, step, at, left), at += 4 * N;
    if ((left & 2 * N) != 0) turn<true, 2>(state, step, at, left), at += 2 * N;
    if ((left & N) != 0) turn<true, 1>(state, step, at, left), at += N;
    if (left % N != 0) turn<false, 1>(state, step, at, left % N);
  }

  static void run(const Chain& chain, size_t rows, size_t n) {
    // Of a known number, so that they stay in registers from row to row.
    Step step[kSteps];
    size_t row[kSteps] = {}, all_rows[kMostLinks];
    const size_t fetches = chain.count - kSteps;
    const float* fetch[kMostLinks];
    if (rows > 1) find_rows(chain, n, all_rows);
    for (size_t f = 0; f < fetches; ++f) fetch[f] = operand(chain, f);
#pragma GCC unroll 16
    for (size_t s = 0; s < kSteps; ++s) {
      step[s].operand = operand(chain, fetches + s);
      if (rows > 1) row[s] = all_rows[fetches + s];
    }
    for (size_t r = 0;;) {
      typename Take::State state;
      size_t i = kStreams ? lanes_to_line(step[kSteps - 1].operand, n) : 0;
      if (i > 0) part(state, step, 0, i);
      for (; i + kTurnLanes <= n; i += kTurnLanes) {
        for (size_t f = 0; f < fetches; ++f) fetch_turn(fetch[f] + i);
        turn<true, 8>(state, step, i, kTurnLanes);
      }
      if (i < n) {
        for (size_t f = 0; f < fetches; ++f) fetch_turn(fetch[f] + i);
        part(state, step, i, n - i);
      }
      state.finish(chain.accumulator, r, chain.start);
      if (++r == rows) break;
      for (size_t f = 0; f < fetches; ++f) fetch[f] += all_rows[f];
#pragma GCC unroll 16
      for (size_t s = 0; s < kSteps; ++s) step[s].operand += row[s];
    }
  }

  static float* operand(const Chain& chain, size_t link) {
    return reinterpret_cast<float*>(chain.slots[chain.links[link].slot]);
  }
};

template <class... Passes>
ChainFn first_of(const Link* links, size_t count) {
  ChainFn found = nullptr;
  ((found = found == nullptr && Passes::is(links, count) ? &Passes::run : found), ...);
  return found;
}

template <Code C>
using Each = BinaryLink<C>;
template <Code C>
using Same = FixedLink<C>;
using Exp = UnaryLink<Code::Exp>;
using Scale = MultiplyLink<Code::Add, false, false>;  // by elements, and a bias

}  // namespace

ChainFn find_pass(const Link* links, size_t count) {
  while (count > 0 && links->code == Code::Fetch) ++links, --count;
  if constexpr (!kRoundsOnce) return nullptr;
  return first_of<
      // norms
      Pass<TakeSquares, LoadLink>,                                   //
      Pass<TakeSquares, LoadLink, Same<Code::Subtract>>,             //
      Pass<TakeNothing, LoadLink, Same<Code::Multiply>, StoreLink>,  //
      Pass<TakeNothing, LoadLink, Same<Code::Multiply>, Each<Code::Multiply>, StoreLink>,
      Pass<TakeNothing, LoadLink, Same<Code::Subtract>, Same<Code::Multiply>, StoreLink>,
      Pass<TakeNothing, LoadLink, Same<Code::Subtract>, Same<Code::Multiply>, Scale, StoreLink>,
      Pass<TakeMax, LoadLink, Same<Code::Subtract>, Same<Code::Multiply>, Scale, StoreLink>,
      // softmax
      Pass<TakeMax, LoadLink, Same<Code::Multiply>>,                  //
      Pass<TakeSum, LoadLink, Same<Code::Subtract>, Exp>,             //
      Pass<TakeSum, LoadLink, Same<Code::Subtract>, Exp, StoreLink>,  //
      Pass<TakeNothing, LoadLink, Same<Code::Divide>, StoreLink>,     //
      Pass<TakeNothing, LoadLink, Same<Code::Divide>, StreamLink>,
      // sums of layers, biases
      Pass<TakeNothing, LoadLink, Each<Code::Add>, StoreLink>,  //
      Pass<TakeNothing, LoadLink, Each<Code::Add>, Each<Code::Add>, StoreLink>,
      Pass<TakeNothing, LoadLink, Scale, StoreLink>>(links, count);
}

}  // namespace vorab::blas::VORAB_ISA
