// Chains that many models have.
#include "passes.h"

namespace vorab::blas::VORAB_ISA {
namespace {

using namespace links;

// A chain, but for what it fetches.
template <class Take, class... Bodies>
struct Of {
  template <bool Fetches>
  using With = Pass<Fetches, Take, Bodies...>;
  static ChainFn find(const Link* links, size_t count, bool fetches) {
    if (!With<false>::is(links, count)) return nullptr;
    return fetches ? &With<true>::run : &With<false>::run;
  }
};

template <class... Chains>
ChainFn first_of(const Link* links, size_t count, bool fetches) {
  ChainFn found = nullptr;
  ((found = found == nullptr ? Chains::find(links, count, fetches) : found), ...);
  return found;
}

template <Code C>
using Each = BinaryLink<C>;
template <Code C>
using Same = FixedLink<C>;
using Exp = UnaryLink<Code::Exp>;
using Scale = MultiplyLink<Code::Add, false, false>;  // by elements, and a bias

using SumOfExp = Of<TakeSum, LoadLink, Same<Code::Subtract>, Exp, StoreLink>;
using StreamQuotients = Of<TakeNothing, LoadLink, Same<Code::Divide>, StreamLink>;

size_t fetches_of(const Link* links, size_t count) {
  size_t fetches = 0;
  while (fetches < count && links[fetches].code == Code::Fetch) ++fetches;
  return fetches;
}

}  // namespace

ChainFn find_pass(const Link* links, size_t count) {
  if constexpr (!kRoundsOnce) return nullptr;
  const size_t fetches = fetches_of(links, count);
  return first_of<
      // norms
      Of<TakeSquares, LoadLink>,                                   //
      Of<TakeSquares, LoadLink, Same<Code::Subtract>>,             //
      Of<TakeNothing, LoadLink, Same<Code::Multiply>, StoreLink>,  //
      Of<TakeNothing, LoadLink, Same<Code::Multiply>, Each<Code::Multiply>, StoreLink>,
      Of<TakeNothing, LoadLink, Same<Code::Subtract>, Same<Code::Multiply>, StoreLink>,
      Of<TakeNothing, LoadLink, Same<Code::Subtract>, Same<Code::Multiply>, Scale, StoreLink>,
      Of<TakeMax, LoadLink, Same<Code::Subtract>, Same<Code::Multiply>, Scale, StoreLink>,
      // softmax
      Of<TakeMax, LoadLink, Same<Code::Multiply>>,               //
      Of<TakeSum, LoadLink, Same<Code::Subtract>, Exp>,          //
      SumOfExp,                                                  //
      Of<TakeNothing, LoadLink, Same<Code::Divide>, StoreLink>,  //
      StreamQuotients,                                           //
      // sums of layers, biases
      Of<TakeNothing, LoadLink, Each<Code::Add>, StoreLink>,  //
      Of<TakeNothing, LoadLink, Each<Code::Add>, Each<Code::Add>, StoreLink>,
      Of<TakeNothing, LoadLink, Scale, StoreLink>>(links + fetches, count - fetches, fetches > 0);
}

PairFn find_pair(const Link* first, size_t count, const Link* second, size_t other) {
  if constexpr (!kRoundsOnce) return nullptr;
  const size_t fetches = fetches_of(second, other);
  const bool softmax = StreamQuotients::With<false>::is(first, count) &&
                       SumOfExp::With<false>::is(second + fetches, other - fetches);
  return softmax ? &Pair<StreamQuotients::With<false>, SumOfExp::With<true>>::run : nullptr;
}

}  // namespace vorab::blas::VORAB_ISA
