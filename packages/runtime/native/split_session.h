// The session of a plan over several targets.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "runtime/native/backend.h"
#include "runtime/native/split_entry.h"

// A tensor of one of the targets.
struct vorab_tensor {
  uint32_t target;
  const vorab_backend* backend;
  vorab_tensor* inner;  // that backend's own
};

namespace vorab::runtime {

// Every function that fills an error gives a vorab_status.
class SplitSession {
 public:
  SplitSession(const vorab_program& program, uint32_t plan);
  SplitSession(const SplitSession&) = delete;
  SplitSession& operator=(const SplitSession&) = delete;
  ~SplitSession();

  int open(const std::vector<std::string>& libraries, const char* options, vorab_error& error);
  bool owner_thread() const { return owner_thread_; }

  int prepare(uint32_t entry, const int64_t* symbols, vorab_error& error);
  int run(uint32_t entry, const int64_t* symbols, const vorab_input* inputs, vorab_output* outputs,
          const int32_t* cancel, vorab_error& error);
  int state_read(uint32_t state, void* destination, uint64_t bytes, vorab_error& error);
  int state_write(uint32_t state, const void* source, uint64_t bytes, vorab_error& error);
  int tensor_create(const vorab_type& type, const void* host, vorab_tensor** tensor,
                    vorab_error& error);
  void tensor_release(vorab_tensor* tensor);
  int tensor_read(vorab_tensor* tensor, void* destination, uint64_t bytes, vorab_error& error);
  vorab_stats stats() const;
  // As the table has it: what the targets count of the parts, the runs of whole entries, and the
  // transfers of each step.
  size_t ledger(vorab_count* counts, size_t capacity) const;
  // As the table has it: of calls and transfers, and what targets say of the steps of their parts.
  const char* profile();

 private:
  struct Part {
    const vorab_backend* backend = nullptr;
    vorab_session* session = nullptr;
    uint32_t plan = 0;
  };

  // What a tensor between parts is in this call.
  struct Held {
    vorab_tensor* tensor = nullptr;  // of the target that made it
    uint32_t target = 0;
    const std::byte* data = nullptr;  // or where its elements lie
    std::vector<std::byte> host;      // kept from call to call
  };

  // What a step has taken so far.
  struct StepTime {
    uint64_t runs = 0, ns = 0;
  };

  struct EntryState {
    uint32_t entry = 0;
    uint32_t step = 0;  // that runs
    uint64_t runs = 0;
    std::map<uint32_t, vorab_count> transfers;  // by step
    std::map<uint32_t, StepTime> times;         // by step
    SplitEntry steps;
    std::vector<Held> held;                     // by value of the plan
    std::vector<std::vector<std::byte>> ports;  // inputs that came as another target's tensor
    std::vector<int64_t> symbols;               // that the sizes are of
    std::vector<uint64_t> bytes;                // by value of the plan
    std::vector<uint64_t> port_bytes;           // by input
    std::set<std::vector<int64_t>> checked;
  };

  // What the caller gave.
  struct Call {
    const int64_t* symbols;
    const vorab_input* inputs;
    vorab_output* outputs;
    const int32_t* cancel;
  };

  int bind(uint32_t entry, const int64_t* symbols, EntryState** state, vorab_error& error);
  int check(const EntryState& state, const int64_t* symbols, vorab_error& error) const;
  int run_steps(EntryState& state, const Call& call, vorab_error& error);
  int run_part(EntryState& state, const SplitStep& step, const Call& call, const int32_t* cancel,
               vorab_error& error);
  int transfer(EntryState& state, const SplitStep& step, vorab_error& error);
  int input_for(EntryState& state, const SplitStep& step, const Operand& operand, const Call& call,
                vorab_input& input, vorab_error& error);
  vorab_output output_for(EntryState& state, const Operand& operand, const Call& call);
  void take_output(EntryState& state, const SplitStep& step, const Operand& operand,
                   const vorab_output& given, const Call& call);
  void drop(EntryState& state);
  static int located(const SplitStep& step, vorab_error& error, int status);
  int copy(uint32_t target, vorab_tensor* tensor, std::vector<std::byte>& host, uint64_t bytes,
           vorab_error& error);
  vorab_tensor* wrap(uint32_t target, vorab_tensor* inner);
  const Part* owner(uint32_t state, vorab_error& error) const;
  void count_copy(EntryState& state, uint64_t bytes);

  const vorab_program view_;
  const fb::Program& program_;
  const uint32_t plan_;
  std::vector<Part> parts_;  // by target
  std::vector<uint32_t> owners_;
  std::map<uint32_t, EntryState> entries_;
  std::vector<vorab_input> inputs_;
  std::vector<vorab_output> outputs_;
  std::string profile_;
  uint64_t tensors_live_ = 0;
  bool owner_thread_ = false;
};

}  // namespace vorab::runtime

struct vorab_session {
  vorab_session(const vorab_program& program, uint32_t plan) : split(program, plan) {}
  vorab::runtime::SplitSession split;
};
