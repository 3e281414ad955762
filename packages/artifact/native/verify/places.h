// What the values, accesses and tapes of a verified plan refer to.
#pragma once

#include "artifact/native/verify/rules.h"

namespace vorab::rules {

using Values = flatbuffers::Vector<flatbuffers::Offset<fb::Value>>;

// Axes [from, to) of an iteration space.
struct Axes {
  uint32_t from;
  uint32_t to;
};

// A stride that is 0 at every binding.
bool is_zero(const fb::Program& program, uint32_t expr);

Axes reduced_axes(const fb::Fused& fused);

// Whether what this access reads or writes changes along a reduced dim.
bool access_varies(const fb::Program& program, const fb::Fused& fused, const fb::Access& access);

// The value that holds the memory: itself, or what an alias refers to.
uint32_t base_of(const Values& values, uint32_t value);

bool owns_memory(fb::Storage storage);

// A number that is the same for all values at one place (input, output, state, constant, or own
// memory).
uint64_t place_of(const Values& values, uint32_t value);
uint64_t place_key(fb::Storage storage, uint32_t index);

fb::DType dtype_of(const fb::Program& program, const Values& values, uint32_t value);

}  // namespace vorab::rules
