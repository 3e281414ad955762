// Slots of a compiled tape: registers in scratch, recycled within a stage, and pointers.
#pragma once

#include <map>

#include "program.h"

namespace vorab::blas {

class Slots {
 public:
  explicit Slots(TapeProgram& program) : program_(program) { pointer(); }  // slot 0: no operand

  uint16_t pointer() { return add(-1); }

  uint16_t reg(int64_t elements, size_t width) { return add(allocate(bytes_of(elements, width))); }

  uint16_t reg_bytes(int64_t bytes) { return add(allocate((bytes + 63) / 64 * 64)); }

  // A register that may be given back; another one of the same width takes its place.
  uint16_t take(int64_t elements, size_t width) {
    auto& free = free_[width];
    if (free.empty()) return reg(elements, width);
    const uint16_t slot = free.back();
    free.pop_back();
    return slot;
  }
  void give(uint16_t slot, size_t width) { free_[width].push_back(slot); }

  bool is_register(uint16_t slot) const { return program_.registers[slot] >= 0; }

 private:
  // Whole vectors of up to 16 elements may be written at the end.
  static int64_t bytes_of(int64_t elements, size_t width) {
    return ((elements + 15) / 16 * 16 * static_cast<int64_t>(width) + 63) / 64 * 64;
  }
  int64_t allocate(int64_t bytes) {
    const int64_t at = program_.scratch_bytes;
    program_.scratch_bytes += bytes;
    return at;
  }
  uint16_t add(int64_t offset) {
    if (program_.registers.size() >= 0xffff) throw BadPlan("a tape needs too many registers");
    program_.registers.push_back(offset);
    return static_cast<uint16_t>(program_.registers.size() - 1);
  }

  TapeProgram& program_;
  std::map<size_t, std::vector<uint16_t>> free_;
};

}  // namespace vorab::blas
