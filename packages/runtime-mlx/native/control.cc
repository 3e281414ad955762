#include "runtime-mlx/native/control.h"

#include <algorithm>

#include "artifact/native/ops.h"
#include "runtime-mlx/native/apply.h"
#include "runtime-mlx/native/failure.h"

namespace vorab::on_mlx {
namespace {

using Arrays = std::vector<mx::array>;
using Operands = std::span<const mx::array>;

// The graph of a longer loop is evaluated each time it has grown by as many steps: its memory is
// bounded, and it can be cancelled.
constexpr int64_t kSteps = 64;

// What goes wrong here went wrong on these data. What an op refused ends the call here: on what it
// gave instead of results a loop might never end.
void evaluate(const Arrays& arrays, const Building& building) {
  try {
    mx::eval(arrays);
  } catch (const std::exception& error) {
    throw Failure(is_memory_error(error) ? VORAB_MEMORY : VORAB_FAILED,
                  std::string("MLX failed while evaluating: ") + error.what(), building.step);
  }
  if (const auto failure = building.findings->take()) throw *failure;
}

bool holds(const mx::array& condition, const Building& building) {
  if (condition.dtype() != mx::bool_ || condition.ndim() != 0)
    throw Failure(VORAB_INVALID, "a condition is " + describe(type_of(condition)), building.step);
  evaluate({condition}, building);
  return condition.item<bool>();
}

mx::array zeros(const Type& type) { return mx::zeros(type.shape, type.dtype); }

mx::array element(const mx::array& x, int64_t at, uint32_t step) {
  const mx::Shape& shape = x.shape();
  if (shape.empty() || at >= shape[0])
    throw Failure(VORAB_INVALID, "a sequence is shorter than its scan", step);
  mx::Shape start(shape.size(), 0);
  mx::Shape stop = shape;
  start[0] = static_cast<mx::ShapeElem>(at);
  stop[0] = start[0] + 1;
  return mx::reshape(mx::slice(x, start, stop), mx::Shape(shape.begin() + 1, shape.end()));
}

class Scan : public Control {
 public:
  Scan(std::vector<Body> bodies, const AttributeValues& attributes)
      : Control(std::move(bodies)),
        length_(attributes.integer(1)),
        carries_(static_cast<size_t>(attributes.integer(2))),
        sequences_(static_cast<size_t>(attributes.integer(3))),
        reverse_(attributes.flag(4)) {}

  Arrays run(Operands inputs, Operands constants, std::span<const Type> types,
             const Building& building) const override {
    if (carries_ + sequences_ > inputs.size() || carries_ > types.size())
      throw Failure(VORAB_INVALID, "a scan has too few operands", building.step);
    Arrays carried(inputs.begin(), inputs.begin() + static_cast<ptrdiff_t>(carries_));
    std::vector<Arrays> stacked(types.size() - carries_);
    const int64_t steps = building.dry ? std::min<int64_t>(length_, 1) : length_;
    for (int64_t step = 0; step < steps; ++step) {
      building.cancel.check();
      const int64_t at = reverse_ ? length_ - 1 - step : step;
      Arrays results = bodies_[0](operands(inputs, carried, at, building), constants, building);
      if (results.size() != types.size())
        throw Failure(VORAB_INVALID, "a scan's body gives other results", building.step);
      for (size_t i = 0; i < carries_; ++i) carried[i] = results[i];
      for (size_t i = 0; i < stacked.size(); ++i) stacked[i].push_back(results[carries_ + i]);
      if (length_ > kSteps && step % kSteps == kSteps - 1 && !building.dry)
        evaluate(results, building);
    }
    for (size_t i = 0; i < stacked.size(); ++i)
      carried.push_back(whole(stacked[i], types[carries_ + i], building));
    return carried;
  }

  bool evaluates() const override { return length_ > kSteps || Control::evaluates(); }

 private:
  Arrays operands(Operands inputs, const Arrays& carried, int64_t at,
                  const Building& building) const {
    Arrays out = carried;
    for (size_t i = carries_; i < inputs.size(); ++i) {
      const bool moves = i < carries_ + sequences_;
      out.push_back(moves ? element(inputs[i], at, building.step) : inputs[i]);
    }
    return out;
  }

  mx::array whole(Arrays& elements, const Type& type, const Building& building) const {
    if (elements.empty() || building.dry) return zeros(type);
    if (reverse_) std::reverse(elements.begin(), elements.end());
    return mx::stack(elements, 0);
  }

  int64_t length_;
  size_t carries_, sequences_;
  bool reverse_;
};

class Cond : public Control {
 public:
  explicit Cond(std::vector<Body> bodies) : Control(std::move(bodies)) {}

  Arrays run(Operands inputs, Operands constants, std::span<const Type>,
             const Building& building) const override {
    if (inputs.empty()) throw Failure(VORAB_INVALID, "a cond has no condition", building.step);
    const Operands operands = inputs.subspan(1);
    if (building.dry) {
      bodies_[1](operands, constants, building);
      return bodies_[0](operands, constants, building);
    }
    return bodies_[holds(inputs[0], building) ? 0 : 1](operands, constants, building);
  }

  bool evaluates() const override { return true; }
};

class While : public Control {
 public:
  While(std::vector<Body> bodies, const AttributeValues& attributes)
      : Control(std::move(bodies)), carries_(static_cast<size_t>(attributes.integer(2))) {}

  Arrays run(Operands inputs, Operands constants, std::span<const Type> types,
             const Building& building) const override {
    if (carries_ > inputs.size() || carries_ != types.size())
      throw Failure(VORAB_INVALID, "a loop has other operands than its carries", building.step);
    Arrays operands(inputs.begin(), inputs.end());
    while (goes_on(operands, constants, building)) {
      building.cancel.check();
      const Arrays results = bodies_[1](operands, constants, building);
      if (results.size() != carries_)
        throw Failure(VORAB_INVALID, "a loop's body gives other results", building.step);
      std::copy(results.begin(), results.end(), operands.begin());
      if (building.dry) break;
      evaluate(results, building);
    }
    return {operands.begin(), operands.begin() + static_cast<ptrdiff_t>(carries_)};
  }

  bool evaluates() const override { return true; }

 private:
  bool goes_on(const Arrays& operands, Operands constants, const Building& building) const {
    const Arrays found = bodies_[0](operands, constants, building);
    if (found.size() != 1)
      throw Failure(VORAB_INVALID, "a loop's condition gives no bool", building.step);
    return building.dry || holds(found[0], building);
  }

  size_t carries_;
};

// Types that come out are checked against those of the plan, as for any other op.
class Checked : public Control {
 public:
  Checked(uint16_t op, std::shared_ptr<const Control> of)
      : Control({}), op_(op), of_(std::move(of)) {}

  Arrays run(Operands inputs, Operands constants, std::span<const Type> types,
             const Building& building) const override {
    Arrays outputs = of_->run(inputs, constants, types, building);
    if (outputs.size() != types.size())
      throw Failure(VORAB_INVALID, op_name(op_) + ": another number of results", building.step);
    expect(op_, building.step, types, outputs);
    return outputs;
  }

  bool evaluates() const override { return of_->evaluates(); }

 private:
  uint16_t op_;
  std::shared_ptr<const Control> of_;
};

std::shared_ptr<const Control> make_op(uint16_t op, std::vector<Body> bodies,
                                       const AttributeValues& attributes) {
  switch (op) {
    case OP_scan: return std::make_shared<Scan>(std::move(bodies), attributes);
    case OP_cond: return std::make_shared<Cond>(std::move(bodies));
    case OP_whileLoop: return std::make_shared<While>(std::move(bodies), attributes);
    default: return nullptr;
  }
}

}  // namespace

void Cancel::check() const {
  if (flag && __atomic_load_n(flag, __ATOMIC_RELAXED) != 0) {
    throw Failure(VORAB_ABORTED, "the call was cancelled before evaluation; no state changed");
  }
}

bool Control::evaluates() const {
  return std::any_of(bodies_.begin(), bodies_.end(),
                     [](const Body& body) { return body.evaluates(); });
}

std::shared_ptr<const Control> Control::make(const fb::Program& program, uint16_t op,
                                             Attributes attributes, const Binding& binding,
                                             std::vector<uint32_t>& constants) {
  const OpInfo* info = find_op(op);
  if (!info || info->kind != OpKind::Call) return nullptr;
  std::vector<Body> bodies;
  for (uint32_t i = 0; i < items(attributes).size(); ++i) {
    if (attributes->Get(i)->value_type() != fb::AttributeValue::FunctionAttr) continue;
    bodies.emplace_back(program, function_attr(attributes, i), binding, constants);
  }
  auto made = make_op(op, std::move(bodies), AttributeValues(attributes, binding));
  if (!made) throw Failure(VORAB_UNSUPPORTED, "mlx has no row for " + op_name(op));
  return std::make_shared<Checked>(op, std::move(made));
}

}  // namespace vorab::on_mlx
