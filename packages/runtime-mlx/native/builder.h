// From an entry's plan at a binding to the instructions of a Function.
#pragma once

#include <map>
#include <set>

#include "runtime-mlx/native/function.h"

namespace vorab::on_mlx {

class FunctionBuilder {
 public:
  // kernels: whether those of the plan run; else their steps do.
  FunctionBuilder(const fb::Program& program, const fb::EntryPlan& plan, const Binding& binding,
                  bool kernels, Function& function)
      : program_(program), plan_(plan), binding_(binding), kernels_(kernels), function_(function) {}

  void build();

 private:
  void add_region(const fb::Region& region);
  void add_step(const fb::Step& step);
  void add_apply(const fb::Step& step, const fb::Apply& apply);
  void add_kernel(const fb::Kernel& kernel);
  void add_results();
  void add_result(Port port, const std::string& name);

  Operand read(uint32_t value);
  Operand write(uint32_t value);
  Operand read_constant(uint32_t constant);
  uint32_t slot(Port port);
  uint32_t leaf(Port port);
  bool is_alias(uint32_t value) const;
  uint32_t home(uint32_t value) const;  // where an alias points, else the value itself
  const fb::Value& root(uint32_t value) const;
  Port port(uint32_t value) const;
  Type type(uint32_t value) const;
  std::vector<Type> types(const flatbuffers::Vector<uint32_t>* values) const;

  const fb::Program& program_;
  const fb::EntryPlan& plan_;
  const Binding& binding_;
  const bool kernels_;
  Function& function_;
  std::map<Port, uint32_t> slots_;
  std::set<Port> written_;
  uint32_t step_ = 0;
};

}  // namespace vorab::on_mlx
