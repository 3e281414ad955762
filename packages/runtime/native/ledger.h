// What a session does, counted by cause and place: as many rows as an artifact has places, however
// long it runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <iterator>
#include <vector>

#include "artifact/native/program.h"
#include "runtime/native/backend.h"

namespace vorab {
namespace ledger {

// Each cause has a row for every place of its kind; `sum` is the field of vorab_stats that its rows
// add up to.
enum class Place : uint8_t { Entry, Input, Output, State, Constant, Session, Step };
enum class Sum : uint8_t { None, Run, In, Out, Device, Memory, Build, Hit, Miss, Eviction };

struct Cause {
  Place place;
  Sum sum;
};

inline constexpr Cause kCauses[] = {
    {Place::Entry, Sum::Run},        // RUN
    {Place::Entry, Sum::Build},      // BUILD
    {Place::Entry, Sum::Hit},        // HIT
    {Place::Entry, Sum::Miss},       // MISS
    {Place::Entry, Sum::Eviction},   // EVICTION
    {Place::Entry, Sum::Memory},     // ARENA
    {Place::Input, Sum::None},       // INPUT_HELD: by the addon, before it comes to the backend
    {Place::Input, Sum::In},         // INPUT_COPIED
    {Place::Input, Sum::In},         // INPUT_ALIGNED
    {Place::Input, Sum::Memory},     // INPUT_MEMORY
    {Place::Output, Sum::Out},       // OUTPUT_FILLED
    {Place::Output, Sum::None},      // OUTPUT_HANDED: by the addon
    {Place::Output, Sum::Out},       // OUTPUT_READ
    {Place::Output, Sum::Device},    // OUTPUT_LAYOUT
    {Place::Output, Sum::Memory},    // OUTPUT_MEMORY
    {Place::State, Sum::None},       // STATE_HELD: by the addon
    {Place::State, Sum::In},         // STATE_WRITTEN
    {Place::State, Sum::Out},        // STATE_READ
    {Place::State, Sum::Device},     // STATE_LAYOUT
    {Place::State, Sum::Memory},     // STATE_MEMORY
    {Place::Constant, Sum::In},      // CONSTANT_COPIED
    {Place::Constant, Sum::Memory},  // CONSTANT_MEMORY
    {Place::Session, Sum::None},     // TENSOR_HELD: by the addon
    {Place::Session, Sum::In},       // TENSOR_CREATED
    {Place::Session, Sum::Out},      // TENSOR_READ
    {Place::Session, Sum::Memory},   // TENSOR_MEMORY
    {Place::Step, Sum::Device},      // TRANSFER: by the session over several targets
};
static_assert(std::size(kCauses) == VORAB_CAUSES);

}  // namespace ledger

class Ledger {
 public:
  explicit Ledger(const fb::Program& program);

  // entry and index as the cause means them; 0 where it means none.
  void add(vorab_cause cause, uint32_t entry, uint32_t index, uint64_t bytes = 0, uint64_t ns = 0) {
    Row& row = rows_[row_of(cause, entry, index)];
    row.count += 1;
    row.bytes += bytes;
    row.ns += ns;
  }

  // Returns how many rows are not zero; writes as many as fit.
  size_t read(vorab_count* counts, size_t capacity) const;

  // Adds the rows to the fields that sum them up.
  void sum(vorab_stats& stats) const;

 private:
  struct Row {
    uint64_t count = 0, bytes = 0, ns = 0;
  };

  size_t row_of(vorab_cause cause, uint32_t entry, uint32_t index) const {
    switch (ledger::kCauses[cause].place) {
      case ledger::Place::Entry: return first_[cause] + entry;
      case ledger::Place::Input: return first_[cause] + inputs_[entry] + index;
      case ledger::Place::Output: return first_[cause] + outputs_[entry] + index;
      default: return first_[cause] + index;
    }
  }
  // The place of the row'th row of a cause.
  vorab_count place_of(uint32_t cause, size_t row) const;
  static void sum_row(vorab_stats& stats, ledger::Sum sum, const Row& row);

  std::vector<uint32_t> inputs_, outputs_;  // by entry: those of the entries before it; and the sum
  std::array<size_t, VORAB_CAUSES + 1> first_{};
  std::vector<Row> rows_;
};

}  // namespace vorab
