// One application of an op, as a lowering sees it: arrays, attributes at the binding, and the types
// that must come out.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <variant>
#include <vector>

#include "runtime-mlx/native/findings.h"
#include "runtime-mlx/native/types.h"

namespace vorab::on_mlx {

using AttributeValue =
    std::variant<int64_t, double, bool, std::string, std::vector<int64_t>, mx::Dtype, mx::Shape>;

// Resolved once per function, so that a call reads no FlatBuffer.
class AttributeValues {
 public:
  AttributeValues() = default;
  AttributeValues(Attributes attributes, const Binding& binding);

  size_t size() const { return values_.size(); }
  int64_t integer(size_t i) const { return std::get<int64_t>(values_[i]); }  // also a dim
  double number(size_t i) const { return std::get<double>(values_[i]); }
  bool flag(size_t i) const { return std::get<bool>(values_[i]); }
  const std::string& text(size_t i) const { return std::get<std::string>(values_[i]); }
  const std::vector<int64_t>& ints(size_t i) const {
    return std::get<std::vector<int64_t>>(values_[i]);
  }
  mx::Dtype dtype(size_t i) const { return std::get<mx::Dtype>(values_[i]); }
  const mx::Shape& shape(size_t i) const { return std::get<mx::Shape>(values_[i]); }

 private:
  std::vector<AttributeValue> values_;
};

struct Call {
  std::span<const mx::array> inputs;  // a constant attribute's data come after the op's own
  const AttributeValues& attributes;
  std::span<const Type> outputs;
  uint32_t step = VORAB_NO_STEP;
  std::shared_ptr<Findings> findings = nullptr;  // where an op says that it refuses its data

  const mx::array& in(size_t i) const { return inputs[i]; }
  const Type& out(size_t i = 0) const { return outputs[i]; }
  int axis(size_t i) const { return static_cast<int>(attributes.integer(i)); }
  std::vector<int> axes(size_t i) const { return to_ints(attributes.ints(i)); }
};

}  // namespace vorab::on_mlx
