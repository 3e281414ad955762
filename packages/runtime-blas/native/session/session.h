// A plan of an artifact, open: its state, its memory, and its entries bound to sizes.
#pragma once

#include <memory>
#include <vector>

#include "../cpu.h"
#include "../memory.h"
#include "bound.h"
#include "options.h"
#include "runtime/native/ledger.h"
#include "tensors.h"

namespace vorab::blas {

// A failure with the status and step that the caller sees.
struct Failure : std::runtime_error {
  Failure(vorab_status code, const std::string& message, uint32_t at = VORAB_NO_STEP,
          std::vector<int64_t> where = {})
      : std::runtime_error(message), status(code), step(at), index(std::move(where)) {}
  vorab_status status;
  uint32_t step;
  std::vector<int64_t> index;  // in the step's data
};

class Session {
 public:
  Session(const vorab_program& program, uint32_t plan, const Options& options);

  void prepare(uint32_t entry, const int64_t* symbols) { bind(entry, symbols); }
  void run(uint32_t entry, const int64_t* symbols, const vorab_input* inputs, vorab_output* outputs,
           const int32_t* cancel);

  void state_read(uint32_t state, void* destination, uint64_t bytes);
  void state_write(uint32_t state, const void* source, uint64_t bytes);

  vorab_tensor* tensor_create(const vorab_type& type, const void* host);
  void tensor_release(vorab_tensor* tensor);
  void tensor_read(const vorab_tensor& tensor, void* destination, uint64_t bytes);

  vorab_stats stats() const;
  const Ledger& ledger() const { return ledger_; }
  // JSON; valid until the next call.
  const char* profile();

 private:
  struct EntryState {
    const fb::EntryPlan* plan = nullptr;
    Memory arena;
    bool ready = false;
    BoundCache cache;
  };

  EntryState& entry_state(uint32_t entry);
  Bound& bind(uint32_t entry, const int64_t* symbols);
  Bound build(EntryState& state, const int64_t* symbols);
  void open_arena(uint32_t entry, EntryState& state);
  void reserve(const Bound& bound);
  std::unique_ptr<vorab_tensor> buffer(const vorab_type& type, uint64_t bytes, vorab_cause cause,
                                       uint32_t entry, uint32_t index);
  void place_inputs(Bound& bound, const vorab_input* inputs);
  void place_outputs(Bound& bound, const vorab_input* inputs, const vorab_output* outputs);
  std::byte* input_data(const Bound& bound, uint32_t port, const vorab_input& input);
  void run_steps(Bound& bound, uint32_t first_write, const int32_t* cancel);
  void hand_out(const Bound& bound, vorab_output* outputs);
  void drop_buffers();
  void forget(uint32_t entry);
  void allocate_states();
  std::byte* state_memory(uint32_t state, uint64_t bytes);

  const vorab_program program_;
  const fb::Program& root_;
  const uint32_t plan_;
  const KernelChoice kernels_;
  std::shared_ptr<Pool> pool_;
  Memory states_;
  std::vector<uint64_t> state_bytes_;
  std::vector<std::byte*> state_data_;
  std::vector<EntryState> entries_;
  std::vector<Memory> scratch_;
  std::vector<std::byte*> scratch_data_;
  Memory workspace_;
  Tensors tensors_;
  std::vector<std::unique_ptr<vorab_tensor>> input_copies_;
  std::vector<std::unique_ptr<vorab_tensor>> output_buffers_;  // by output of the run in progress
  vorab_stats stats_{};                                        // what no cause sums up
  Ledger ledger_;
  const size_t cache_;
  const bool profiles_, flushes_;
  std::string profile_;
};

}  // namespace vorab::blas

struct vorab_session {
  vorab::blas::Session session;
};
