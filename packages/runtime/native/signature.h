// What one entry takes and gives at one binding of symbols: the sizes that the addon checks on
// every call.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <vector>

#include "artifact/native/program.h"

namespace vorab::runtime {

class Signature {
 public:
  Signature(const fb::Program& program, uint32_t plan, uint32_t entry);

  // Checks the entry's symbols against their bounds, the plan at a binding not met before, and
  // computes sizes; does nothing when the values are those of the call before. Symbols that the
  // entry does not bind count as their minimum. False: `problem` names the symbol.
  bool bind(const double* values, std::string& problem);

  const int64_t* symbols() const { return symbols_.data(); }
  size_t symbol_count() const { return symbols_.size(); }
  size_t inputs() const { return input_types_.size(); }
  size_t outputs() const { return output_types_.size(); }
  uint64_t input_bytes(size_t port) const { return input_bytes_[port]; }
  uint64_t output_bytes(size_t port) const { return output_bytes_[port]; }
  std::string input_name(size_t port) const;
  std::string output_name(size_t port) const;
  std::string name() const;

 private:
  bool check(uint32_t symbol, double value, std::string& problem) const;

  void compute(const Binding& binding);

  const fb::Program& program_;
  const uint32_t plan_;
  const uint32_t index_;
  const fb::Entry& entry_;
  std::vector<const fb::TensorType*> input_types_;
  std::vector<const fb::TensorType*> output_types_;
  std::vector<uint32_t> bound_symbols_;
  std::vector<int64_t> symbols_;
  std::vector<uint64_t> input_bytes_;
  std::vector<uint64_t> output_bytes_;
  std::set<std::vector<int64_t>> checked_;  // bindings at which the plan has been checked
  bool bound_ = false;
};

}  // namespace vorab::runtime
