#include "runtime-mlx/native/supports.h"

#include "artifact/native/ops.h"
#include "runtime-mlx/native/apply.h"
#include "runtime-mlx/native/device.h"
#include "runtime-mlx/native/failure.h"
#include "runtime-mlx/native/lowering.h"

namespace vorab::on_mlx {
namespace {

class Search {
 public:
  explicit Search(const fb::Program& program)
      : program_(program), seen_(items(program.functions()).size()) {}

  void op(uint16_t op, Attributes attributes, const std::string& entry, uint32_t step) {
    const OpInfo* info = find_op(op);
    if (info && info->kind == OpKind::Call) {
      functions(attributes, entry, step);
    } else if (!find_lowering(op)) {
      throw Failure(VORAB_UNSUPPORTED, "entry '" + entry + "': mlx has no row for " + op_name(op),
                    step);
    }
  }

  void step(const fb::Step& step, const std::string& entry, uint32_t number) {
    const fb::Apply* apply = step.body_as_Apply();
    if (apply) op(apply->op(), apply->attributes(), entry, number);
    const fb::Kernel* kernel = step.body_as_Kernel();
    if (!kernel) return;
    for (const fb::Step* inner : items(kernel->steps())) this->step(*inner, entry, number);
  }

 private:
  void functions(Attributes attributes, const std::string& entry, uint32_t step) {
    for (uint32_t i = 0; i < items(attributes).size(); ++i) {
      if (attributes->Get(i)->value_type() != fb::AttributeValue::FunctionAttr) continue;
      const uint32_t function = function_attr(attributes, i);
      if (seen_[function]) continue;
      seen_[function] = true;
      for (const fb::Node* node : items(program_.functions()->Get(function)->nodes()))
        op(node->op(), node->attributes(), entry, step);
    }
  }

  const fb::Program& program_;
  std::vector<bool> seen_;
};

// As much as it seems to take may lie in another array, or be one element again and again.
bool makes_memory(uint16_t op) {
  const OpInfo* info = find_op(op);
  if (!info || op == OP_pad || op == OP_concat) return true;
  return info->kind != OpKind::View && info->kind != OpKind::Leaf && info->kind != OpKind::Call;
}

}  // namespace

void refuse_too_large(const std::string& what, const Type& type, uint32_t step) {
  // byte_size would wrap around.
  double bytes = static_cast<double>(mx::size_of(type.dtype));
  for (const auto extent : type.shape) bytes *= static_cast<double>(extent);
  const size_t limit = mx::get_memory_limit();
  if (bytes <= static_cast<double>(limit)) return;
  constexpr double kMiB = 1 << 20;
  throw Failure(VORAB_MEMORY,
                what + " needs " + std::to_string(static_cast<uint64_t>(bytes / kMiB)) +
                    " MiB for " + describe(type) + ", MLX takes at most " +
                    std::to_string(limit / (1 << 20)) + " MiB here",
                step);
}

void refuse_too_large(uint16_t op, const std::vector<Type>& types, uint32_t step) {
  // Where MLX fuses steps, what lies between them is never made; there it throws by itself.
  if (device().fuses || !makes_memory(op)) return;
  for (const Type& type : types) refuse_too_large(op_name(op), type, step);
}

void refuse_missing_ops(const fb::Program& program, const fb::Plan& plan) {
  Search search(program);
  for (const fb::EntryPlan* entry : items(plan.entries())) {
    const std::string name(text(program.entries()->Get(entry->entry())->name()));
    uint32_t number = 0;
    for (const fb::Region* region : items(entry->regions())) {
      for (const fb::Step* step : items(region->steps())) {
        search.step(*step, name, number++);
      }
    }
  }
}

}  // namespace vorab::on_mlx
