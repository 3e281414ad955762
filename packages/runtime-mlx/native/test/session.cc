#include "runtime-mlx/native/test/session.h"

#include <functional>

#include "runtime-mlx/native/test/check.h"

extern "C" const vorab_backend* vorab_backend_v1();

namespace vorab::test {

const vorab_backend& backend() { return *vorab_backend_v1(); }

uint16_t op(const std::string& name) {
  for (uint32_t id = 0; id < 0xffff; ++id) {
    const OpInfo* info = find_op(static_cast<uint16_t>(id));
    if (info && info->name == name) return info->id;
  }
  throw std::runtime_error("the registry has no op " + name);
}

Session::Session(const Built& built, const std::string& options) : program_(built.program()) {
  check(backend().open(&program_, 0, options.c_str(), &session_, &error_));
}

Session::~Session() { backend().close(session_); }

void Session::check(int status) const {
  if (status != VORAB_OK) throw BackendError(status, error_);
}

std::vector<Array> Session::run(uint32_t entry, const std::vector<Array>& inputs,
                                std::vector<Array> outputs, const std::vector<int64_t>& symbols) {
  std::vector<vorab_input> in;
  std::vector<vorab_output> out;
  static uint8_t nothing;
  for (const Array& input : inputs) in.push_back({nullptr, input.bytes.data()});
  for (Array& output : outputs) {
    out.push_back({output.bytes.empty() ? &nothing : output.bytes.data(), nullptr, 0});
  }
  run(entry, in, out, symbols);
  return outputs;
}

void Session::run(uint32_t entry, const std::vector<vorab_input>& inputs,
                  std::vector<vorab_output>& outputs, const std::vector<int64_t>& symbols,
                  const int32_t* cancel) {
  check(backend().run(session_, entry, symbols.data(), inputs.data(), outputs.data(), cancel,
                      &error_));
}

void Session::prepare(uint32_t entry, const std::vector<int64_t>& symbols) {
  check(backend().prepare(session_, entry, symbols.data(), &error_));
}

Array Session::state(uint32_t index, Array into) {
  check(backend().state_read(session_, index, into.bytes.data(), into.bytes.size(), &error_));
  return into;
}

void Session::set_state(uint32_t index, const Array& value) {
  check(backend().state_write(session_, index, value.bytes.data(), value.bytes.size(), &error_));
}

vorab_tensor* Session::tensor(const Array& value) {
  vorab_type type{static_cast<uint8_t>(value.dtype), static_cast<uint8_t>(value.shape.size()), {}};
  std::copy(value.shape.begin(), value.shape.end(), type.shape);
  vorab_tensor* tensor = nullptr;
  check(backend().tensor_create(session_, &type, value.bytes.data(), &tensor, &error_));
  return tensor;
}

Array Session::read(vorab_tensor* tensor) {
  vorab_type type{};
  backend().tensor_type(tensor, &type);
  Array result = zeros(static_cast<fb::DType>(type.dtype), {type.shape, type.shape + type.rank});
  check(backend().tensor_read(session_, tensor, result.bytes.data(), result.bytes.size(), &error_));
  return result;
}

vorab_count Session::count(vorab_cause cause) {
  std::vector<vorab_count> counts(backend().ledger(session_, nullptr, 0));
  backend().ledger(session_, counts.data(), counts.size());
  vorab_count sum{};
  for (const vorab_count& each : counts) {
    if (each.cause != cause) continue;
    sum.count += each.count;
    sum.bytes += each.bytes;
  }
  return sum;
}

vorab_stats Session::stats() {
  vorab_stats stats{};
  backend().stats(session_, &stats);
  return stats;
}

Array run_op(uint16_t op, const std::vector<Array>& inputs, Array output, Attributes attributes) {
  ProgramBuilder program;
  EntryBuilder entry = program.entry("run");
  std::vector<uint32_t> operands;
  for (const Array& input : inputs) {
    operands.push_back(entry.input(program.type(input.dtype, input.shape)));
  }
  const uint32_t type = program.type(output.dtype, output.shape);
  entry.output(entry.apply(op, operands, type, std::move(attributes)));
  const Built built = program.finish();
  Session session(built);
  return session.run(0, inputs, {std::move(output)}).front();
}

void expect_failure(const char* file, int line, int status, const std::string& text,
                    const std::function<void()>& body) {
  try {
    body();
  } catch (const BackendError& error) {
    const bool right =
        error.status == status && std::string(error.what()).find(text) != std::string::npos;
    if (!right)
      fail(file, line,
           both(std::to_string(error.status) + ' ' + error.what(),
                std::to_string(status) + ' ' + text));
    return;
  }
  fail(file, line, "did not fail, expected " + text);
}

}  // namespace vorab::test
