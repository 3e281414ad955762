#include "runtime/native/ledger.h"

#include <algorithm>

namespace vorab {

using ledger::kCauses;
using ledger::Place;
using ledger::Sum;

Ledger::Ledger(const fb::Program& program) {
  inputs_.push_back(0);
  outputs_.push_back(0);
  for (const fb::Entry* entry : items(program.entries())) {
    inputs_.push_back(inputs_.back() + items(entry->inputs()).size());
    outputs_.push_back(outputs_.back() + items(entry->outputs()).size());
  }
  const auto rows = [&](Place place) -> size_t {
    switch (place) {
      case Place::Entry: return items(program.entries()).size();
      case Place::Input: return inputs_.back();
      case Place::Output: return outputs_.back();
      case Place::State: return items(program.states()).size();
      case Place::Constant: return items(program.constants()).size();
      case Place::Session: return 1;
      case Place::Step: return 0;  // no backend counts any
    }
    return 0;
  };
  for (size_t cause = 0; cause < VORAB_CAUSES; ++cause)
    first_[cause + 1] = first_[cause] + rows(kCauses[cause].place);
  rows_.resize(first_.back());
}

vorab_count Ledger::place_of(uint32_t cause, size_t row) const {
  const auto at = static_cast<uint32_t>(row);
  const auto within = [&](const std::vector<uint32_t>& ends) -> vorab_count {
    const auto next = std::upper_bound(ends.begin(), ends.end(), at);
    const auto entry = static_cast<uint32_t>(next - ends.begin() - 1);
    return {cause, entry, at - ends[entry], 0, 0, 0};
  };
  switch (kCauses[cause].place) {
    case Place::Entry: return {cause, at, 0, 0, 0, 0};
    case Place::Input: return within(inputs_);
    case Place::Output: return within(outputs_);
    default: return {cause, 0, at, 0, 0, 0};
  }
}

size_t Ledger::read(vorab_count* counts, size_t capacity) const {
  size_t found = 0;
  for (uint32_t cause = 0; cause < VORAB_CAUSES; ++cause) {
    for (size_t at = first_[cause]; at < first_[cause + 1]; ++at) {
      const Row& row = rows_[at];
      if (row.count == 0) continue;
      if (found < capacity) {
        counts[found] = place_of(cause, at - first_[cause]);
        counts[found].count = row.count;
        counts[found].bytes = row.bytes;
        counts[found].ns = row.ns;
      }
      ++found;
    }
  }
  return found;
}

void Ledger::sum(vorab_stats& stats) const {
  for (size_t cause = 0; cause < VORAB_CAUSES; ++cause) {
    for (size_t at = first_[cause]; at < first_[cause + 1]; ++at)
      sum_row(stats, kCauses[cause].sum, rows_[at]);
  }
}

void Ledger::sum_row(vorab_stats& stats, ledger::Sum sum, const Row& row) {
  const auto both = [&](uint64_t& count, uint64_t& other, uint64_t more) {
    count += row.count;
    other += more;
  };
  switch (sum) {
    case Sum::None: break;
    case Sum::Run: stats.runs += row.count; break;
    case Sum::In: both(stats.copies_in, stats.bytes_in, row.bytes); break;
    case Sum::Out: both(stats.copies_out, stats.bytes_out, row.bytes); break;
    case Sum::Device: both(stats.copies_device, stats.bytes_device, row.bytes); break;
    case Sum::Memory: both(stats.allocations, stats.allocated_bytes, row.bytes); break;
    case Sum::Build: both(stats.builds, stats.build_ns, row.ns); break;
    case Sum::Hit: stats.cache_hits += row.count; break;
    case Sum::Miss: stats.cache_misses += row.count; break;
    case Sum::Eviction: stats.cache_evictions += row.count; break;
  }
}

}  // namespace vorab
