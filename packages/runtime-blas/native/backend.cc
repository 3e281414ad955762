// The C table: every call guarded, so that no exception crosses.
#include "backend.h"

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>

#include "session/describe.h"
#include "session/session.h"

namespace vorab::blas {
namespace {

int report(vorab_error* error, vorab_status status, uint32_t step, const char* message) {
  if (error != nullptr) {
    error->step = step;
    error->index_rank = 0;
    std::strncpy(error->message, message, sizeof error->message - 1);
    error->message[sizeof error->message - 1] = '\0';
  }
  return status;
}

int report(vorab_error* error, const Failure& failure) {
  const int status = report(error, failure.status, failure.step, failure.what());
  if (error) {
    const auto& index = failure.index;
    error->index_rank = static_cast<uint32_t>(std::min<size_t>(index.size(), VORAB_MAX_RANK));
    std::copy_n(index.begin(), error->index_rank, error->index);
  }
  return status;
}

template <class Body>
int guarded(vorab_error* error, Body body) try {
  body();
  return VORAB_OK;
} catch (const Failure& fault) {
  return report(error, fault);
} catch (const std::bad_alloc&) {
  return report(error, VORAB_MEMORY, VORAB_NO_STEP, "out of memory");
} catch (const BadPlan& fault) {
  return report(error, VORAB_INVALID, VORAB_NO_STEP, fault.what());
} catch (const Unsupported& fault) {
  return report(error, VORAB_UNSUPPORTED, VORAB_NO_STEP, fault.what());
} catch (const std::exception& fault) {
  return report(error, VORAB_FAILED, VORAB_NO_STEP, fault.what());
}

const char* describe() {
  static const std::string text = describe_backend();
  return text.c_str();
}

int open(const vorab_program* program, uint32_t plan, const char* options, vorab_session** session,
         vorab_error* error) {
  return guarded(error, [&] {
    *session = new vorab_session{Session(*program, plan, parse_options(options ? options : ""))};
  });
}

void close(vorab_session* session) { const std::unique_ptr<vorab_session> owned(session); }

int prepare(vorab_session* session, uint32_t entry, const int64_t* symbols, vorab_error* error) {
  return guarded(error, [&] { session->session.prepare(entry, symbols); });
}

int run(vorab_session* session, uint32_t entry, const int64_t* symbols, const vorab_input* inputs,
        vorab_output* outputs, const int32_t* cancel, vorab_error* error) {
  return guarded(error, [&] { session->session.run(entry, symbols, inputs, outputs, cancel); });
}

int state_read(vorab_session* session, uint32_t state, void* destination, uint64_t bytes,
               vorab_error* error) {
  return guarded(error, [&] { session->session.state_read(state, destination, bytes); });
}

int state_write(vorab_session* session, uint32_t state, const void* source, uint64_t bytes,
                vorab_error* error) {
  return guarded(error, [&] { session->session.state_write(state, source, bytes); });
}

int tensor_create(vorab_session* session, const vorab_type* type, const void* host,
                  vorab_tensor** tensor, vorab_error* error) {
  return guarded(error, [&] { *tensor = session->session.tensor_create(*type, host); });
}

void tensor_release(vorab_session* session, vorab_tensor* tensor) {
  session->session.tensor_release(tensor);
}

void tensor_type(const vorab_tensor* tensor, vorab_type* type) { *type = tensor->type; }

int tensor_read(vorab_session* session, vorab_tensor* tensor, void* destination, uint64_t bytes,
                vorab_error* error) {
  return guarded(error, [&] { session->session.tensor_read(*tensor, destination, bytes); });
}

void stats(vorab_session* session, vorab_stats* stats) { *stats = session->session.stats(); }

size_t ledger(vorab_session* session, vorab_count* counts, size_t capacity) {
  return session->session.ledger().read(counts, capacity);
}

const char* profile(vorab_session* session) { return session->session.profile(); }

constexpr vorab_backend kBackend = {
    VORAB_BACKEND_ABI, 0,           "blas",     describe,    open,          close,
    prepare,           run,         state_read, state_write, tensor_create, tensor_release,
    tensor_type,       tensor_read, stats,      profile,     ledger,        nullptr,
    nullptr,
};

}  // namespace
}  // namespace vorab::blas

extern "C" __attribute__((visibility("default"))) const vorab_backend* vorab_backend_v1() {
  return &vorab::blas::kBackend;
}
