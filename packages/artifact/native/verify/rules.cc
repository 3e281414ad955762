#include "artifact/native/verify/rules.h"

#include <algorithm>
#include <unordered_set>

namespace vorab::rules {

void each_once(const Path& path, const char* field, const flatbuffers::Vector<uint32_t>* indices) {
  std::unordered_set<uint32_t> seen;
  uint32_t i = 0;
  for (const uint32_t index : items(indices)) {
    if (!seen.insert(index).second) {
      fail("duplicate", path.at(field, i), "is ", index, " again");
    }
    ++i;
  }
}

bool contains(const flatbuffers::Vector<uint32_t>* indices, uint32_t index) {
  const auto& of = items(indices);
  return std::find(of.begin(), of.end(), index) != of.end();
}

bool same_type(const fb::Program& program, uint32_t a, uint32_t b) {
  if (a == b) return true;
  const fb::TensorType& x = type_at(program, a);
  const fb::TensorType& y = type_at(program, b);
  const auto& one = items(x.shape());
  const auto& other = items(y.shape());
  return x.dtype() == y.dtype() && std::equal(one.begin(), one.end(), other.begin(), other.end());
}

uint64_t dependence_of(const Context& context, uint32_t type) {
  uint64_t bits = 0;
  for (const uint32_t expr : items(type_at(context.program, type).shape())) {
    bits |= context.dependence[expr];
  }
  return bits;
}

std::string range(unsigned least, unsigned most) {
  if (most == kVariadic) return "at least " + std::to_string(least);
  if (least == most) return std::to_string(least);
  return std::to_string(least) + " to " + std::to_string(most);
}

}  // namespace vorab::rules
