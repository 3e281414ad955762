#include "runtime-mlx/native/supports.h"

#include <vector>

#include "artifact/native/ops.h"
#include "runtime-mlx/native/apply.h"
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

}  // namespace

void refuse_missing_ops(const fb::Program& program, const fb::Plan& plan) {
  Search search(program);
  for (const fb::EntryPlan* entry : items(plan.entries())) {
    const std::string name(text(program.entries()->Get(entry->entry())->name()));
    uint32_t number = 0;
    for (const fb::Region* region : items(entry->regions())) {
      for (const fb::Step* step : items(region->steps())) {
        const fb::Apply* apply = step->body_as_Apply();
        if (apply) search.op(apply->op(), apply->attributes(), name, number);
        ++number;
      }
    }
  }
}

}  // namespace vorab::on_mlx
