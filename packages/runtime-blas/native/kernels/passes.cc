// Chains that many models have, each as one loop: from link to link would cost a jump per turn.
#include "links.h"

namespace vorab::blas::VORAB_ISA {
namespace {

using namespace links;

template <class Take, class... Bodies>
struct Pass {
  static constexpr size_t kSteps = (Bodies::kSteps + ... + Take::kSteps);

  static bool is(const Link* links, size_t count) {
    if (count != kSteps) return false;
    bool same = true;
    ((same = same && Bodies::is(links), links += Bodies::kSteps), ...);
    return same && Take::is(links);
  }

  template <bool Whole>
  static VORAB_INLINE void turn(typename Take::State& state, const Step* step, size_t at,
                                size_t left) {
    V v[8];
    ((Bodies::template run<Whole>(v, step, at, left), step += Bodies::kSteps), ...);
    Take::template take<Whole>(state, v, left);
  }

  static void run(const Chain& chain, size_t rows, size_t n) {
    Step step[kMostLinks];
    size_t row[kMostLinks];
    for (size_t l = 0; l < chain.count; ++l)
      step[l].operand = reinterpret_cast<float*>(chain.slots[chain.links[l].slot]);
    if (rows > 1) find_rows(chain, n, row);
    const size_t fetches = chain.count - kSteps;
    for (size_t r = 0;;) {
      typename Take::State state;
      size_t i = lanes_to_line(chain, step, n);
      if (i > 0) turn<false>(state, step + fetches, 0, i);
      for (; i + kTurnLanes <= n; i += kTurnLanes) {
        for (size_t f = 0; f < fetches; ++f) fetch_turn(step[f].operand + i);
        turn<true>(state, step + fetches, i, kTurnLanes);
      }
      if (i < n) {
        for (size_t f = 0; f < fetches; ++f) fetch_turn(step[f].operand + i);
        turn<false>(state, step + fetches, i, n - i);
      }
      state.finish(chain.accumulator, r, chain.start);
      if (++r == rows) break;
      for (size_t l = 0; l < chain.count; ++l) step[l].operand += row[l];
    }
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
