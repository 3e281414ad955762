// One opened plan on MLX: constants, states, functions. Everything here happens on the thread that
// opened it.
#pragma once

#include <optional>
#include <unordered_map>
#include <vector>

#include "backend.h"
#include "runtime-mlx/native/cache.h"
#include "runtime-mlx/native/options.h"
#include "runtime-mlx/native/stream.h"
#include "runtime-mlx/native/types.h"
#include "runtime/native/ledger.h"

struct vorab_tensor {
  ::mlx::core::array value;                    // evaluated and row-contiguous
  uint32_t entry = VORAB_NO_STEP, output = 0;  // which call gave it, if one did
};

namespace vorab::on_mlx {

class Session {
 public:
  Session(const vorab_program& program, uint32_t plan, const Options& options);

  void prepare(uint32_t entry, const int64_t* symbols);
  void run(uint32_t entry, const int64_t* symbols, const vorab_input* inputs, vorab_output* outputs,
           const Cancel& cancel);

  void state_read(uint32_t state, void* destination, uint64_t bytes);
  void state_write(uint32_t state, const void* source, uint64_t bytes);

  vorab_tensor* tensor_create(const vorab_type& type, const void* host);
  void tensor_release(vorab_tensor* tensor);
  void tensor_read(vorab_tensor* tensor, void* destination, uint64_t bytes);

  vorab_stats stats() const;
  const Ledger& ledger() const { return ledger_; }

 private:
  const fb::EntryPlan& entry_plan(uint32_t entry) const;
  Function& function(uint32_t entry, const Binding& binding);
  std::unique_ptr<Function> build(const fb::EntryPlan& plan, const Binding& binding);
  Type port_type(Port port, const fb::Entry& entry, const Binding& binding) const;
  mx::array leaf(Port port, uint32_t entry, const Binding& binding, const vorab_input* inputs);
  mx::array input(uint32_t index, const fb::Port& port, const Type& type, const vorab_input& input,
                  uint32_t entry);
  const mx::array& constant(uint32_t index);
  std::vector<mx::array> evaluate(uint32_t entry, const std::vector<Port>& ports,
                                  const std::vector<mx::array>& arrays);
  void commit(uint32_t entry, const std::vector<Port>& ports, std::vector<mx::array> values,
              vorab_output* outputs);

  StreamLease stream_;
  vorab_program file_;
  const fb::Program& program_;
  const fb::Plan& plan_;
  std::unordered_map<uint32_t, const fb::EntryPlan*> entries_;
  std::vector<std::optional<mx::array>> constants_;  // mapped when a function is built with them
  std::vector<mx::array> states_;                    // evaluated and row-contiguous
  FunctionCache cache_;
  const bool kernels_;   // whether those of the plan run here
  vorab_stats stats_{};  // what no cause sums up
  Ledger ledger_;
  uint64_t tensor_bytes_ = 0;
};

}  // namespace vorab::on_mlx

struct vorab_session : vorab::on_mlx::Session {
  using Session::Session;
};
