#include <algorithm>

#include "runtime-mlx/native/apply.h"
#include "runtime-mlx/native/control.h"
#include "runtime-mlx/native/failure.h"
#include "runtime-mlx/native/supports.h"

namespace vorab::on_mlx {
namespace {

// The constants of a node's attributes, as places in the list of all.
std::vector<uint32_t> constants_of(Attributes attributes, std::vector<uint32_t>& all) {
  std::vector<uint32_t> places;
  for (uint32_t i = 0; i < items(attributes).size(); ++i) {
    if (attributes->Get(i)->value_type() != fb::AttributeValue::ConstantAttr) continue;
    places.push_back(static_cast<uint32_t>(all.size()));
    all.push_back(constant_attr(attributes, i));
  }
  return places;
}

std::vector<Type> types_of(const fb::Program& program, const flatbuffers::Vector<uint32_t>* types,
                           const Binding& binding) {
  std::vector<Type> out;
  for (const uint32_t type : items(types)) out.push_back(type_of(type_at(program, type), binding));
  return out;
}

}  // namespace

struct Body::Node {
  uint16_t op;
  Lower lower;                             // null: control
  std::shared_ptr<const Control> control;  // null: lower
  std::vector<uint32_t> inputs;            // values: parameters, then outputs of nodes
  std::vector<uint32_t> constants;         // of those that are handed in
  std::vector<Type> types;
  AttributeValues attributes;
};

Body::~Body() = default;
Body::Body(Body&&) noexcept = default;

Body::Body(const fb::Program& program, uint32_t function, const Binding& binding,
           std::vector<uint32_t>& constants) {
  const fb::Function& of = *program.functions()->Get(function);
  parameters_ = types_of(program, of.parameters(), binding);
  for (const fb::Node* node : items(of.nodes())) {
    const auto& inputs = items(node->inputs());
    Node made{node->op(),
              find_lowering(node->op()),
              Control::make(program, node->op(), node->attributes(), binding, constants),
              {inputs.begin(), inputs.end()},
              constants_of(node->attributes(), constants),
              types_of(program, node->outputs(), binding),
              AttributeValues(node->attributes(), binding)};
    if (!made.lower && !made.control)
      throw Failure(VORAB_UNSUPPORTED,
                    "mlx has no row for " + op_name(made.op) + ", in a function");
    refuse_too_large(made.op, made.types, VORAB_NO_STEP);
    nodes_.push_back(std::move(made));
  }
  const auto& results = items(of.results());
  results_.assign(results.begin(), results.end());
}

bool Body::evaluates() const {
  return std::any_of(nodes_.begin(), nodes_.end(),
                     [](const Node& node) { return node.control && node.control->evaluates(); });
}

std::vector<mx::array> Body::operator()(std::span<const mx::array> parameters,
                                        std::span<const mx::array> constants,
                                        const Building& building) const {
  if (parameters.size() != parameters_.size())
    throw Failure(VORAB_INVALID, "a function has another number of operands", building.step);
  std::vector<mx::array> values(parameters.begin(), parameters.end());
  for (size_t i = 0; i < values.size(); ++i) {
    const Type found = type_of(values[i]);
    if (found == parameters_[i]) continue;
    throw Failure(VORAB_INVALID,
                  "a function takes " + describe(parameters_[i]) + ", not " + describe(found),
                  building.step);
  }
  for (const Node& node : nodes_) {
    for (mx::array& made : run(node, values, constants, building))
      values.push_back(std::move(made));
  }
  std::vector<mx::array> results;
  results.reserve(results_.size());
  for (const uint32_t value : results_) results.push_back(values[value]);
  return results;
}

std::vector<mx::array> Body::run(const Node& node, const std::vector<mx::array>& values,
                                 std::span<const mx::array> constants,
                                 const Building& building) const {
  std::vector<mx::array> inputs;
  inputs.reserve(node.inputs.size() + node.constants.size());
  for (const uint32_t value : node.inputs) inputs.push_back(values[value]);
  if (node.control) return node.control->run(inputs, constants, node.types, building);
  for (const uint32_t constant : node.constants) inputs.push_back(constants[constant]);
  const Call call{inputs, node.attributes, node.types, building.step, building.findings};
  return apply(node.op, node.lower, call);
}

}  // namespace vorab::on_mlx
