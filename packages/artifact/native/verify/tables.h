#pragma once

#include <span>
#include <vector>

#include "artifact/native/verify/rules.h"

namespace vorab::rules {

// Fails unless the product of the extents, zeros counted as 1, and `size` is within the limit.
void check_product(const Path& path, std::span<const int64_t> extents, int64_t size);

int64_t extent_of(const Path& path, uint32_t expr, const Binding& binding);

// Extents by expr, each at least 0.
std::vector<int64_t> extents_of(const Path& path, const char* field,
                                const flatbuffers::Vector<uint32_t>* exprs, const Binding& binding);

// Extents and sizes of all types at one binding.
void check_extents(const fb::Program& program, const Binding& binding);

void check_types(const Context& context);
void check_locations(const Context& context);
void check_constants(const Context& context);
void check_states(const Context& context);

}  // namespace vorab::rules
