// An entry bound to symbol values: steps with resolved extents, strides and offsets.
#pragma once

#include <list>
#include <utility>
#include <vector>

#include "../bind/steps.h"
#include "backend.h"

namespace vorab::blas {

struct BoundPort {
  uint32_t port;   // of the entry
  uint32_t value;  // of the plan
};

struct BoundType {
  vorab_type type{};
  uint64_t bytes = 0;
};

// What a step has taken so far, in a session that profiles.
struct StepTime {
  uint64_t runs = 0, ns = 0;
};

struct Bound {
  uint32_t entry = 0;
  std::vector<int64_t> symbols;  // those that the entry binds
  std::vector<StepPtr> steps;
  std::vector<StepTime> times;    // by step
  std::vector<std::byte*> bases;  // by value; inputs and outputs are filled in by each run
  std::vector<BoundPort> inputs, outputs;
  std::vector<BoundType> input_types, output_types;
  int64_t scratch_bytes = 0, workspace_bytes = 0;
};

// Where an entry's memory lies.
struct Memories {
  const uint8_t* file;
  std::byte* arena;
  const std::vector<std::byte*>& states;
};

struct BindRequest {
  const fb::Program& program;
  uint32_t plan;
  const fb::EntryPlan& entry;
  const KernelTable& kernels;
  Memories memories;
};

// Checks the binding, then binds every step. Throws BadPlan or Unsupported, with the step in
// `step`.
Bound bind_entry(const BindRequest& request, const int64_t* symbols, uint32_t& step);

// Symbol values of an entry alone, in its order.
std::vector<int64_t> entry_symbols(const fb::Program& program, const fb::EntryPlan& entry,
                                   const int64_t* symbols);

// The last used first; short enough to search in order.
class BoundCache {
 public:
  // symbols: one value per symbol of the program; wanted: those that the entry binds.
  Bound* find(const flatbuffers::Vector<uint32_t>& wanted, const int64_t* symbols);
  // Returns it, and whether the one that was used last of all had to go.
  std::pair<Bound*, bool> insert(Bound bound, size_t most);
  const std::list<Bound>& items() const { return items_; }

 private:
  std::list<Bound> items_;
};

}  // namespace vorab::blas
