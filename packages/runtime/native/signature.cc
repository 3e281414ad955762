#include "runtime/native/signature.h"

#include <cmath>
#include <optional>

#include "artifact/native/verify.h"

namespace vorab::runtime {
namespace {

// Bindings met once more are not checked again, up to this many.
constexpr size_t kMaxChecked = 1024;

using Ports = flatbuffers::Vector<flatbuffers::Offset<fb::Port>>;

std::vector<const fb::TensorType*> types_of(const fb::Program& program, const Ports* ports) {
  std::vector<const fb::TensorType*> types;
  for (const fb::Port* port : items(ports)) types.push_back(&type_at(program, port->type()));
  return types;
}

}  // namespace

Signature::Signature(const fb::Program& program, uint32_t plan, uint32_t entry)
    : program_(program), plan_(plan), index_(entry), entry_(*program.entries()->Get(entry)) {
  input_types_ = types_of(program, entry_.inputs());
  output_types_ = types_of(program, entry_.outputs());
  for (const uint32_t symbol : items(entry_.symbols())) bound_symbols_.push_back(symbol);
  for (const fb::Symbol* symbol : items(program.symbols())) symbols_.push_back(symbol->min());
  input_bytes_.resize(input_types_.size());
  output_bytes_.resize(output_types_.size());
}

bool Signature::bind(const double* values, std::string& problem) {
  bool same = bound_;
  for (const uint32_t symbol : bound_symbols_)
    same = same && values[symbol] == static_cast<double>(symbols_[symbol]);
  if (same) return true;
  for (const uint32_t symbol : bound_symbols_) {
    if (!check(symbol, values[symbol], problem)) return false;
  }
  bound_ = false;
  for (const uint32_t symbol : bound_symbols_)
    symbols_[symbol] = static_cast<int64_t>(values[symbol]);
  const Binding binding(program_, symbols_.data());
  if (!checked_.contains(symbols_)) {
    if (const std::optional<Fault> fault = check_binding(program_, plan_, index_, binding)) {
      problem = fault->message;
      return false;
    }
    if (checked_.size() >= kMaxChecked) checked_.clear();
    checked_.insert(symbols_);
  }
  compute(binding);
  bound_ = true;
  return true;
}

void Signature::compute(const Binding& binding) {
  for (size_t i = 0; i < input_types_.size(); ++i) {
    input_bytes_[i] = static_cast<uint64_t>(byte_size(*input_types_[i], binding));
  }
  for (size_t i = 0; i < output_types_.size(); ++i) {
    output_bytes_[i] = static_cast<uint64_t>(byte_size(*output_types_[i], binding));
  }
}

bool Signature::check(uint32_t symbol, double value, std::string& problem) const {
  const fb::Symbol& bounds = *program_.symbols()->Get(symbol);
  const bool whole = value == std::floor(value);
  const bool inside =
      value >= static_cast<double>(bounds.min()) && value <= static_cast<double>(bounds.max());
  if (whole && inside && std::fmod(value, static_cast<double>(bounds.multiple_of())) == 0)
    return true;
  problem = "dim " + std::string(text(bounds.name())) + " is " + std::to_string(value) +
            ", expected a multiple of " + std::to_string(bounds.multiple_of()) + " from " +
            std::to_string(bounds.min()) + " to " + std::to_string(bounds.max());
  return false;
}

std::string Signature::name() const { return std::string(text(entry_.name())); }

std::string Signature::input_name(size_t port) const {
  return std::string(text(entry_.inputs()->Get(static_cast<uint32_t>(port))->name()));
}

std::string Signature::output_name(size_t port) const {
  return std::string(text(entry_.outputs()->Get(static_cast<uint32_t>(port))->name()));
}

}  // namespace vorab::runtime
