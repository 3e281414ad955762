// The backend through its C table, as the addon uses it.
#pragma once

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "runtime-mlx/native/test/program.h"

namespace vorab::test {

const vorab_backend& backend();

// An op's id by its name; throws when the registry does not have it.
uint16_t op(const std::string& name);

struct BackendError : std::runtime_error {
  BackendError(int code, const vorab_error& error)
      : std::runtime_error(error.message), status(code), step(error.step) {}
  int status;
  uint32_t step;
};

class Session {
 public:
  explicit Session(const Built& built, const std::string& options = "{}");
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Outputs into zeroed arrays of the given types.
  std::vector<Array> run(uint32_t entry, const std::vector<Array>& inputs,
                         std::vector<Array> outputs, const std::vector<int64_t>& symbols = {0});
  void run(uint32_t entry, const std::vector<vorab_input>& inputs,
           std::vector<vorab_output>& outputs, const std::vector<int64_t>& symbols = {0},
           const int32_t* cancel = nullptr);
  void prepare(uint32_t entry, const std::vector<int64_t>& symbols = {0});
  Array state(uint32_t index, Array into);
  void set_state(uint32_t index, const Array& value);
  vorab_tensor* tensor(const Array& value);
  Array read(vorab_tensor* tensor);
  void release(vorab_tensor* tensor) { backend().tensor_release(session_, tensor); }
  vorab_stats stats();
  // The counts of one cause, over all places.
  vorab_count count(vorab_cause cause);

 private:
  void check(int status) const;
  vorab_program program_;
  vorab_session* session_ = nullptr;
  mutable vorab_error error_{};
};

// One op on host arrays: the shortest program there is.
Array run_op(uint16_t op, const std::vector<Array>& inputs, Array output,
             Attributes attributes = {});

// Runs body, which must fail with this status and a message that contains text.
void expect_failure(const char* file, int line, int status, const std::string& text,
                    const std::function<void()>& body);

}  // namespace vorab::test
#define EXPECT_FAILURE(status, text, ...) \
  ::vorab::test::expect_failure(__FILE__, __LINE__, status, text, [&] { __VA_ARGS__; })
