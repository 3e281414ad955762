#include "bound.h"

#include <algorithm>

#include "artifact/native/verify.h"

namespace vorab::blas {
namespace {

BoundType bound_type(const fb::TensorType& type, const Binding& binding) {
  const Shape extents = shape(type, binding);
  BoundType out;
  out.type.dtype = static_cast<uint8_t>(type.dtype());
  out.type.rank = static_cast<uint8_t>(extents.rank);
  std::copy(extents.begin(), extents.end(), out.type.shape);
  out.bytes = static_cast<uint64_t>(byte_size(type, binding));
  return out;
}

std::vector<BoundType> bound_types(const fb::Program& program,
                                   const flatbuffers::Vector<flatbuffers::Offset<fb::Port>>* ports,
                                   const Binding& binding) {
  std::vector<BoundType> out;
  for (const fb::Port* port : items(ports))
    out.push_back(bound_type(type_at(program, port->type()), binding));
  return out;
}

void place_values(const BindRequest& request, Bound& bound) {
  const auto& values = items(request.entry.values());
  for (uint32_t i = 0; i < values.size(); ++i) {
    const fb::Value& value = *values[i];
    std::byte* base = nullptr;
    switch (value.storage()) {
      case fb::Storage::Input: bound.inputs.push_back({value.index(), i}); break;
      case fb::Storage::Output: bound.outputs.push_back({value.index(), i}); break;
      case fb::Storage::State: base = request.memories.states.at(value.index()); break;
      case fb::Storage::Constant:
        // Never written: the verifier admits no plan that stores into a constant.
        base = const_cast<std::byte*>(
            constant_data(request.memories.file, request.program, value.index()));
        break;
      case fb::Storage::Arena: base = request.memories.arena + value.offset(); break;
      case fb::Storage::Alias: break;  // steps refer to the root
      case fb::Storage::Device: throw BadPlan("a plan for blas holds a value on a device");
    }
    bound.bases.push_back(base);
  }
}

}  // namespace

Bound bind_entry(const BindRequest& request, const int64_t* symbols, uint32_t& step) {
  const Binding binding(request.program, symbols);
  if (const auto fault =
          check_binding(request.program, request.plan, request.entry.entry(), binding)) {
    throw BadPlan(fault->message);
  }
  const Values values(request.program, items(request.entry.values()), binding);
  const Binder binder{
      request.program,       binding, values, request.kernels, request.memories.file,
      request.memories.arena};
  const fb::Entry& entry = *items(request.program.entries())[request.entry.entry()];
  Bound bound;
  bound.entry = request.entry.entry();
  bound.symbols = entry_symbols(request.program, request.entry, symbols);
  bound.input_types = bound_types(request.program, entry.inputs(), binding);
  bound.output_types = bound_types(request.program, entry.outputs(), binding);
  place_values(request, bound);
  step = 0;
  for (const fb::Region* region : items(request.entry.regions())) {
    for (const fb::Step* body : items(region->steps())) {
      bound.steps.push_back(bind_step(binder, *body));
      bound.scratch_bytes = std::max(bound.scratch_bytes, bound.steps.back()->scratch_bytes());
      bound.workspace_bytes =
          std::max(bound.workspace_bytes, bound.steps.back()->workspace_bytes());
      ++step;
    }
  }
  bound.times.resize(bound.steps.size());
  return bound;
}

std::vector<int64_t> entry_symbols(const fb::Program& program, const fb::EntryPlan& entry,
                                   const int64_t* symbols) {
  std::vector<int64_t> out;
  for (uint32_t s : items(items(program.entries())[entry.entry()]->symbols()))
    out.push_back(symbols[s]);
  return out;
}

Bound* BoundCache::find(const flatbuffers::Vector<uint32_t>& wanted, const int64_t* symbols) {
  const auto same = [&](const Bound& b) {
    for (uint32_t i = 0; i < wanted.size(); ++i) {
      if (b.symbols[i] != symbols[wanted[i]]) return false;
    }
    return true;
  };
  const auto found = std::find_if(items_.begin(), items_.end(), same);
  if (found == items_.end()) return nullptr;
  if (found != items_.begin()) items_.splice(items_.begin(), items_, found);
  return &items_.front();
}

std::pair<Bound*, bool> BoundCache::insert(Bound bound, size_t most) {
  const bool full = items_.size() >= most;
  if (full) items_.pop_back();
  items_.push_front(std::move(bound));
  return {&items_.front(), full};
}

}  // namespace vorab::blas
