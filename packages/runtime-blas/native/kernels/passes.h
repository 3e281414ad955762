// Whole chains as one loop each: from link to link would cost a jump per turn.
#pragma once

#include <array>
#include <tuple>
#include <utility>

#include "links.h"

namespace vorab::blas::VORAB_ISA::links {

// Fetches: whether links that fetch come before the bodies.
template <bool Fetches, class Take, class... Bodies>
class Pass {
  static constexpr size_t kSteps = (Bodies::kSteps + ... + Take::kSteps);
  static constexpr std::index_sequence_for<Bodies...> kEach{};
  static constexpr std::array<size_t, sizeof...(Bodies)> kFirst = [] {  // steps of the bodies
    std::array<size_t, sizeof...(Bodies)> first{};
    size_t body = 0, next = 0;
    ((first[body++] = next, next += Bodies::kSteps), ...);
    return first;
  }();
  // What stores past the caches comes last.
  static constexpr bool kStreams = (std::is_same_v<Bodies, StreamLink> || ...);
  using Fixed = std::tuple<typename Bodies::Fixed...>;

 public:
  static bool is(const Link* links, size_t count) {
    if (count != kSteps) return false;
    bool same = true;
    ((same = same && Bodies::is(links), links += Bodies::kSteps), ...);
    return same && Take::is(links);
  }

  static void run(const Chain& chain, size_t rows, size_t n) {
    size_t row_of[kMostLinks];
    Pass pass(chain, rows, n, row_of);
    for (size_t r = 0; r < rows; ++r, pass.advance()) {
      Row row(pass, r);
      while (row.has_turn()) row.turn();
      row.rest();
    }
  }

  // Of a known number, so that they stay in registers from row to row.
  VORAB_INLINE Pass(const Chain& chain, size_t rows, size_t n, size_t* row_of)
      : chain_(chain), row_of_(row_of), n_(n), fetches_(chain.count - kSteps) {
    if (rows > 1) find_rows(chain, n, row_of);
#pragma GCC unroll 16
    for (size_t s = 0; s < kSteps; ++s) {
      step_[s].operand = operand(fetches_ + s);
      if (rows > 1) row_[s] = row_of[fetches_ + s];
    }
    if constexpr (kStreams) fetch_ends(rows);
  }

  // To the next row.
  VORAB_INLINE void advance() {
#pragma GCC unroll 16
    for (size_t s = 0; s < kSteps; ++s) step_[s].operand += row_[s];
  }

  // Row r, turn by turn.
  class Row {
   public:
    VORAB_INLINE Row(const Pass& pass, size_t r)
        : pass_(pass), fixed_(fixed_of(pass.step_, kEach)), r_(r) {
      const size_t lead = kStreams ? lanes_to_line(pass.step_[kSteps - 1].operand, pass.n_) : 0;
      if (lead > 0) part(lead);
    }
    VORAB_INLINE bool has_turn() const { return at_ + kTurnLanes <= pass_.n_; }
    VORAB_INLINE void turn() {
      pass_.fetch(r_, at_);
      run<true, 8>(kTurnLanes, kEach);
      at_ += kTurnLanes;
    }
    // Fewer elements than a turn's, and the end.
    VORAB_INLINE void rest() {
      if (at_ < pass_.n_) {
        pass_.fetch(r_, at_);
        part(pass_.n_ - at_);
      }
      state_.finish(pass_.chain_.accumulator, r_, pass_.chain_.start);
    }

   private:
    template <size_t... B>
    static VORAB_INLINE Fixed fixed_of(const Step* step, std::index_sequence<B...>) {
      return Fixed(typename Bodies::Fixed(step + kFirst[B])...);
    }
    template <bool Whole, size_t K, size_t... B>
    VORAB_INLINE void run(size_t left, std::index_sequence<B...>) {
      V v[K];
      (Bodies::template run<Whole>(v, std::get<B>(fixed_), pass_.step_ + kFirst[B], at_, left),
       ...);
      Take::template take<Whole>(state_, v, left);
    }
    // Masks are for the last vector alone.
    VORAB_INLINE void part(size_t left) {
      if ((left & 4 * N) != 0) run<true, 4>(left, kEach), at_ += 4 * N;
      if ((left & 2 * N) != 0) run<true, 2>(left, kEach), at_ += 2 * N;
      if ((left & N) != 0) run<true, 1>(left, kEach), at_ += N;
      if (left % N != 0) run<false, 1>(left % N, kEach), at_ += left % N;
    }

    const Pass& pass_;
    const Fixed fixed_;
    typename Take::State state_;
    const size_t r_;
    size_t at_ = 0;
  };

 private:
  VORAB_INLINE float* operand(size_t link) const {
    return reinterpret_cast<float*>(chain_.slots[chain_.links[link].slot]);
  }
  VORAB_INLINE void fetch(size_t r, size_t at) const {
    if constexpr (!Fetches) return;
    for (size_t f = 0; f < fetches_; ++f)
      fetch_turn(operand(f) + (r == 0 ? 0 : r * row_of_[f]) + at);
  }
  // Lines that rows share are stored in parts.
  VORAB_INLINE void fetch_ends(size_t rows) const {
    const float* end = step_[kSteps - 1].operand + n_;
    for (size_t r = 0; r < rows; ++r, end += row_[kSteps - 1])
      if (past_vector(end) != 0) __builtin_prefetch(end, 1, 3);
  }

  const Chain& chain_;
  const size_t* const row_of_;  // by link, where there are several rows
  const size_t n_, fetches_;
  Step step_[kSteps];
  size_t row_[kSteps] = {};
};

// Two passes over the same number of rows, turn by turn. The first one reads ahead of what the
// second one stores.
template <class First, class Second>
struct Pair {
  static void run(const Chain& first, const Chain& second, size_t rows, size_t n) {
    size_t row_of_first[kMostLinks], row_of_second[kMostLinks];
    First a(first, rows, n, row_of_first);
    Second b(second, rows, n, row_of_second);
    for (size_t r = 0; r < rows; ++r, a.advance(), b.advance()) {
      typename First::Row row(a, r);
      typename Second::Row other(b, r);
      while (row.has_turn()) {
        row.turn();
        other.turn();
      }
      row.rest();
      while (other.has_turn()) other.turn();
      other.rest();
    }
  }
};

}  // namespace vorab::blas::VORAB_ISA::links
