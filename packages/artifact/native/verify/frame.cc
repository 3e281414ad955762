#include "artifact/native/verify/frame.h"

#include <algorithm>

namespace vorab::rules {
namespace {

std::vector<std::optional<uint32_t>> types_of(
    const flatbuffers::Vector<flatbuffers::Offset<fb::Port>>* ports) {
  std::vector<std::optional<uint32_t>> types;
  for (const fb::Port* port : items(ports)) types.push_back(port->type());
  return types;
}

std::vector<bool> marks(const flatbuffers::Vector<uint32_t>* indices, uint32_t size) {
  std::vector<bool> marked(size);
  for (const uint32_t index : items(indices)) marked[index] = true;
  return marked;
}

std::vector<uint32_t> result_types(const fb::Function& function) {
  const auto& parameters = items(function.parameters());
  std::vector<uint32_t> values(parameters.begin(), parameters.end());
  for (const fb::Node* node : items(function.nodes())) {
    const auto& outputs = items(node->outputs());
    values.insert(values.end(), outputs.begin(), outputs.end());
  }
  std::vector<uint32_t> results;
  for (const uint32_t value : items(function.results())) results.push_back(values[value]);
  return results;
}

template <class Types>
std::vector<std::optional<uint32_t>> after(const Types& types, uint32_t carries) {
  std::vector<std::optional<uint32_t>> rest(types.begin(), types.end());
  std::fill_n(rest.begin(), carries, std::nullopt);
  return rest;
}

}  // namespace

Frame entry_frame(const fb::Program& program, const fb::Entry& entry) {
  Frame frame;
  frame.inputs = types_of(entry.inputs());
  frame.outputs = types_of(entry.outputs());
  for (const fb::State* state : items(program.states())) frame.states.push_back(state->type());
  const auto states = static_cast<uint32_t>(frame.states.size());
  frame.reads = marks(entry.reads(), states);
  frame.writes = marks(entry.writes(), states);
  const auto& due = items(entry.writes());
  frame.due.assign(due.begin(), due.end());
  frame.nodes = count(program.functions()->Get(entry.function())->nodes());
  return frame;
}

Frame body_frame(const fb::Program& program, const Path& path, uint32_t carries,
                 uint32_t function) {
  const fb::Function& of = *program.functions()->Get(function);
  const auto& parameters = items(of.parameters());
  const std::vector<uint32_t> results = result_types(of);
  const size_t most = std::min<size_t>(parameters.size(), results.size());
  if (carries > most) {
    fail("carry", path.field("carries"), "is ", carries, ", expected at most ", most);
  }
  Frame frame;
  for (uint32_t i = 0; i < carries; ++i) {
    const uint32_t type = parameters[i];
    frame.states.push_back(type);
    if (same_type(program, type, results[i])) continue;
    fail("carry", path, "carries type ", type, " into a result of type ", results[i]);
  }
  frame.inputs = after(parameters, carries);
  frame.outputs = after(results, carries);
  frame.reads.assign(carries, true);
  frame.writes.assign(carries, true);
  frame.nodes = count(of.nodes());
  return frame;
}

}  // namespace vorab::rules
