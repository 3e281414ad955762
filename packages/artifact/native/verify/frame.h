#pragma once

#include <optional>

#include "artifact/native/verify/places.h"

namespace vorab::rules {

// What a list of steps is given, and what it has to give: an entry, or the function of a body.
struct Frame {
  // Types by number; none where the function's parameter or result of that number is a carry.
  std::vector<std::optional<uint32_t>> inputs;
  std::vector<std::optional<uint32_t>> outputs;
  std::vector<uint32_t> states;
  std::vector<bool> reads;    // by state
  std::vector<bool> writes;   // by state
  std::vector<uint32_t> due;  // the states that some step must write
  uint32_t nodes;             // of the function, that steps may name
};

Frame entry_frame(const fb::Program& program, const fb::Entry& entry);

// A body's carries are its states; one that no step writes keeps its value.
Frame body_frame(const fb::Program& program, const Path& path, uint32_t carries, uint32_t function);

}  // namespace vorab::rules
