// Small programs for the blas backend, built with the schema's object API, and run through the C
// table.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <vector>

#include "artifact/native/program.h"
#include "backend.h"
#include "scalar.h"
#include "tape.h"

namespace vorab::blas::test {

using Bytes = std::vector<std::byte>;

class Program {
 public:
  Program();

  uint32_t expr(int64_t value);
  uint32_t symbol(const char* name, int64_t max);  // its expr
  uint32_t times(uint32_t a, uint32_t b);
  uint32_t type(Dt dtype, std::vector<uint32_t> exprs);
  uint32_t fixed(Dt dtype, std::vector<int64_t> shape);

  // Values of the one entry's plan.
  uint32_t input(uint32_t type);
  uint32_t output(uint32_t type);
  uint32_t state(uint32_t type);
  uint32_t arena(uint32_t type, uint64_t bytes);
  uint32_t value(uint32_t type, fb::Storage storage, uint32_t index, uint64_t offset = 0,
                 uint64_t bytes = 0);

  std::unique_ptr<fb::FusedT> fused(const TapeSource& source);
  void tape(const TapeSource& source);  // values of the source are values of the plan
  void step(fb::StepBodyUnion body);
  void apply(const char* op, std::vector<uint32_t> inputs, std::vector<uint32_t> outputs,
             std::vector<fb::AttributeValueUnion> attributes = {});

  std::vector<uint8_t> finish();

  fb::ProgramT program;
  fb::EntryPlanT& plan() { return *program.plans[0]->entries[0]; }

 private:
  std::unique_ptr<fb::AccessT> access(const SourceAccess& source);
};

fb::AttributeValueUnion int_attribute(int64_t value);
fb::AttributeValueUnion ints_attribute(std::vector<int64_t> values);
fb::AttributeValueUnion shape_attribute(std::vector<uint32_t> exprs);

struct BackendError : std::runtime_error {
  BackendError(int code, const vorab_error& fault)
      : std::runtime_error(fault.message), status(code), step(fault.step) {}
  int status;
  uint32_t step;
};

class Runner {
 public:
  explicit Runner(Program& program, const std::string& options = "{}");
  ~Runner();
  Runner(const Runner&) = delete;
  Runner& operator=(const Runner&) = delete;

  // Outputs into memory of the given sizes.
  std::vector<Bytes> run(const std::vector<Bytes>& inputs, const std::vector<size_t>& sizes,
                         std::vector<int64_t> symbols = {}, const int32_t* cancel = nullptr);
  void run_raw(const std::vector<vorab_input>& inputs, std::vector<vorab_output>& outputs,
               std::vector<int64_t> symbols = {}, const int32_t* cancel = nullptr);
  Bytes state(uint32_t index, size_t bytes);
  void set_state(uint32_t index, const Bytes& bytes);
  vorab_stats stats();
  vorab_session* session() { return session_; }

 private:
  void check(int status);

  std::vector<uint8_t> flatbuffer_;
  vorab_program view_{};
  vorab_session* session_ = nullptr;
  vorab_error error_{};
};

template <class T>
Bytes bytes_of(std::initializer_list<T> values) {
  const auto* data = reinterpret_cast<const std::byte*>(values.begin());
  return {data, data + values.size() * sizeof(T)};
}

// Bytes as floats, and the floats 0, 1, 2, ... as bytes.
std::vector<float> floats(const Bytes& bytes);
Bytes ramp(size_t n);

// What the backend says of body().
template <class Body>
int status_of(Body body) {
  try {
    body();
    return VORAB_OK;
  } catch (const BackendError& fault) {
    return fault.status;
  }
}

}  // namespace vorab::blas::test
