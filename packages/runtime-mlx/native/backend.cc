// The C table: every call guarded, so that no exception crosses.
#include "backend.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "runtime-mlx/native/describe.h"
#include "runtime-mlx/native/failure.h"
#include "runtime-mlx/native/session.h"
#include "runtime-mlx/native/staging.h"

namespace vorab::on_mlx {
namespace {

int report(vorab_error* error, vorab_status status, uint32_t step, const char* message) {
  if (error) {
    error->step = step;
    error->index_rank = 0;
    std::strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return status;
}

int report(vorab_error* error, const Failure& failure) {
  const int status = report(error, failure.status(), failure.step(), failure.what());
  if (error) {
    const auto& index = failure.index();
    error->index_rank = static_cast<uint32_t>(std::min<size_t>(index.size(), VORAB_MAX_RANK));
    std::copy_n(index.begin(), error->index_rank, error->index);
  }
  return status;
}

template <class Body>
int guarded(vorab_error* error, Body body) try {
  body();
  return VORAB_OK;
} catch (const Failure& failure) {
  return report(error, failure);
} catch (const std::bad_alloc&) {
  return report(error, VORAB_MEMORY, VORAB_NO_STEP, "out of memory");
} catch (const std::exception& other) {
  const vorab_status status = is_memory_error(other) ? VORAB_MEMORY : VORAB_FAILED;
  return report(error, status, VORAB_NO_STEP, other.what());
}

const char* describe() {
  // Memory figures change between calls; the text stays until this thread asks again.
  thread_local std::string text;
  try {
    text = describe_backend();
  } catch (const std::exception& error) {
    text = "{\"name\": \"mlx\"}";
  }
  return text.c_str();
}

int open(const vorab_program* program, uint32_t plan, const char* options, vorab_session** session,
         vorab_error* error) {
  return guarded(error, [&] {
    const Options parsed = parse_options(options ? options : "");
    if (!decide_tf32(parsed.tf32)) {
      throw Failure(VORAB_UNSUPPORTED,
                    "option tf32: another session of this process has decided otherwise");
    }
    *session = std::make_unique<vorab_session>(*program, plan, parsed).release();
  });
}

void close(vorab_session* session) { const std::unique_ptr<vorab_session> owned(session); }

int prepare(vorab_session* session, uint32_t entry, const int64_t* symbols, vorab_error* error) {
  return guarded(error, [&] { session->prepare(entry, symbols); });
}

int run(vorab_session* session, uint32_t entry, const int64_t* symbols, const vorab_input* inputs,
        vorab_output* outputs, const int32_t* cancel, vorab_error* error) {
  return guarded(error, [&] { session->run(entry, symbols, inputs, outputs, Cancel{cancel}); });
}

int state_read(vorab_session* session, uint32_t state, void* destination, uint64_t bytes,
               vorab_error* error) {
  return guarded(error, [&] { session->state_read(state, destination, bytes); });
}

int state_write(vorab_session* session, uint32_t state, const void* source, uint64_t bytes,
                vorab_error* error) {
  return guarded(error, [&] { session->state_write(state, source, bytes); });
}

int tensor_create(vorab_session* session, const vorab_type* type, const void* host,
                  vorab_tensor** tensor, vorab_error* error) {
  return guarded(error, [&] { *tensor = session->tensor_create(*type, host); });
}

void tensor_release(vorab_session* session, vorab_tensor* tensor) {
  session->tensor_release(tensor);
}

void tensor_type(const vorab_tensor* tensor, vorab_type* type) {
  const mx::array& value = tensor->value;
  type->dtype = static_cast<uint8_t>(from_mlx(value.dtype()));
  type->rank = static_cast<uint8_t>(value.ndim());
  for (size_t axis = 0; axis < value.ndim(); ++axis) type->shape[axis] = value.shape()[axis];
}

int tensor_read(vorab_session* session, vorab_tensor* tensor, void* destination, uint64_t bytes,
                vorab_error* error) {
  return guarded(error, [&] { session->tensor_read(tensor, destination, bytes); });
}

void stats(vorab_session* session, vorab_stats* stats) { *stats = session->stats(); }

size_t ledger(vorab_session* session, vorab_count* counts, size_t capacity) {
  return session->ledger().read(counts, capacity);
}

// NULL: there is no memory, and the caller's own does as well.
vorab_staged* stage_memory(uint64_t bytes, void** memory) try {
  return stage(bytes, memory);
} catch (const std::exception&) {
  return nullptr;
}

constexpr vorab_backend kBackend = {
    VORAB_BACKEND_ABI,
    VORAB_OWNER_THREAD,
    "mlx",
    describe,
    open,
    close,
    prepare,
    run,
    state_read,
    state_write,
    tensor_create,
    tensor_release,
    tensor_type,
    tensor_read,
    stats,
    nullptr,  // an entry is one function: its steps have no times of their own
    ledger,
    stage_memory,
    unstage,
};

}  // namespace
}  // namespace vorab::on_mlx

extern "C" __attribute__((visibility("default"))) const vorab_backend* vorab_backend_v1() {
  return &vorab::on_mlx::kBackend;
}
