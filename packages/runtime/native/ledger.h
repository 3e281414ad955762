// What a session does, counted by cause and place: as many rows as an artifact has places, however
// long it runs.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "artifact/native/program.h"
#include "runtime/native/backend.h"

namespace vorab {

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
  // What a cause counts: each has rows of its own for all places of this kind.
  enum class Place : uint8_t { Entry, Input, Output, State, Constant, Session };
  enum class Sum : uint8_t { None, Run, In, Out, Device, Memory, Build, Hit, Miss, Eviction };
  struct Cause {
    Place place;
    Sum sum;
  };
  struct Row {
    uint64_t count = 0, bytes = 0, ns = 0;
  };
  static const std::array<Cause, VORAB_CAUSES> kCauses;

  size_t row_of(vorab_cause cause, uint32_t entry, uint32_t index) const {
    switch (kCauses[cause].place) {
      case Place::Entry: return first_[cause] + entry;
      case Place::Input: return first_[cause] + inputs_[entry] + index;
      case Place::Output: return first_[cause] + outputs_[entry] + index;
      default: return first_[cause] + index;
    }
  }
  // The place of the row'th row of a cause.
  vorab_count place_of(uint32_t cause, size_t row) const;
  static void sum_row(vorab_stats& stats, Sum sum, const Row& row);

  std::vector<uint32_t> inputs_, outputs_;  // by entry: those of the entries before it; and the sum
  std::array<size_t, VORAB_CAUSES + 1> first_{};
  std::vector<Row> rows_;
};

}  // namespace vorab
