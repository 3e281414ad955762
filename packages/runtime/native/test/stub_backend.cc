// A backend that computes nothing, for tests of queue, threads and ownership.
//
// What an entry does is its name:
//   sleep    sleeps for input 0 milliseconds (i32), one at a time, and honours cancel
//   stubborn the same without honouring cancel
//   fail     VORAB_FAILED at step 3, index [1, 4]
//   broken   VORAB_BROKEN
//   others   nothing
// Then output i is a copy of input i, or zeros; and every state that the entry writes grows by one
// (f32). It ends the process when two calls overlap or, with STUB_OWNER_THREAD, when one comes from
// another thread.
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "artifact/native/program.h"
#include "runtime/native/backend.h"
#include "runtime/native/ledger.h"

using vorab::Binding;
using vorab::items;
namespace fb = vorab::fb;

struct vorab_tensor {
  vorab_type type;
  std::vector<std::byte> data;
};

struct vorab_session {
  explicit vorab_session(const fb::Program& of) : program(&of), ledger(of) {}
  const fb::Program* program;
  vorab::Ledger ledger;
  std::vector<std::vector<std::byte>> states;
  vorab_stats stats{};
  std::thread::id owner = std::this_thread::get_id();
  std::atomic<bool> inside{false};
};

namespace {

[[noreturn]] void die(const char* why) {
  std::fprintf(stderr, "stub backend: %s\n", why);
  std::abort();
}

// One call at a time, on the right thread.
class Inside {
 public:
  explicit Inside(vorab_session* session) : session_(session) {
    if (session_->inside.exchange(true)) die("two calls overlap");
#ifdef STUB_OWNER_THREAD
    if (session_->owner != std::this_thread::get_id()) die("called from another thread");
#endif
  }
  Inside(const Inside&) = delete;
  Inside& operator=(const Inside&) = delete;
  ~Inside() { session_->inside.store(false); }

 private:
  vorab_session* session_;
};

int fail(vorab_error* error, int status, uint32_t step, const char* message) {
  error->step = step;
  error->index_rank = 0;
  std::snprintf(error->message, sizeof error->message, "%s", message);
  return status;
}

vorab_type type_of(const fb::TensorType& type, const Binding& binding) {
  const vorab::Shape shape = vorab::shape(type, binding);
  vorab_type result{};
  result.dtype = static_cast<uint8_t>(type.dtype());
  result.rank = static_cast<uint8_t>(shape.rank);
  std::copy(shape.begin(), shape.end(), result.shape);
  return result;
}

std::vector<int64_t> least_symbols(const fb::Program& program) {
  std::vector<int64_t> symbols;
  for (const fb::Symbol* symbol : items(program.symbols())) symbols.push_back(symbol->min());
  return symbols;
}

const char* describe() { return "{\"version\":\"1\",\"device\":\"none\"}"; }

int open(const vorab_program* program, uint32_t, const char* options, vorab_session** session,
         vorab_error* error) {
  if (std::string_view(options).find("\"threads\":13") != std::string_view::npos) {
    return fail(error, VORAB_UNSUPPORTED, VORAB_NO_STEP, "13 threads are not supported");
  }
  auto made = std::make_unique<vorab_session>(*fb::GetProgram(program->flatbuffer));
  const std::vector<int64_t> symbols = least_symbols(*made->program);
  const Binding binding(*made->program, symbols.data());
  for (const fb::State* state : items(made->program->states())) {
    made->states.emplace_back(
        vorab::byte_size(vorab::type_at(*made->program, state->type()), binding));
  }
  *session = made.release();
  return VORAB_OK;
}

void close(vorab_session* session) {
  if (session->stats.tensors_live != 0) die("closed with live tensors");
  const std::unique_ptr<vorab_session> owned(session);
}

int prepare(vorab_session* session, uint32_t entry, const int64_t*, vorab_error*) {
  const Inside inside(session);
  session->ledger.add(VORAB_CAUSE_BUILD, entry, 0);
  return VORAB_OK;
}

const void* data_of(const vorab_input& input) {
  return input.tensor ? input.tensor->data.data() : input.host;
}

bool slept(const vorab_input& input, const int32_t* cancel, bool honour) {
  int32_t milliseconds = 0;
  std::memcpy(&milliseconds, data_of(input), sizeof milliseconds);
  for (int32_t i = 0; i < milliseconds; ++i) {
    if (honour && __atomic_load_n(cancel, __ATOMIC_ACQUIRE) != 0) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  return true;
}

void grow(std::vector<std::byte>& state) {
  for (size_t at = 0; at + sizeof(float) <= state.size(); at += sizeof(float)) {
    float value = 0;
    std::memcpy(&value, &state[at], sizeof value);
    value += 1;
    std::memcpy(&state[at], &value, sizeof value);
  }
}

int run(vorab_session* session, uint32_t entry_index, const int64_t* symbols,
        const vorab_input* inputs, vorab_output* outputs, const int32_t* cancel,
        vorab_error* error) {
  const Inside inside(session);
  const fb::Program& program = *session->program;
  const fb::Entry& entry = *program.entries()->Get(entry_index);
  const std::string_view name = vorab::text(entry.name());
  if (name == "fail") {
    const int status = fail(error, VORAB_FAILED, 3, "the matrix is singular\nuse another");
    error->index_rank = 2;
    error->index[0] = 1;
    error->index[1] = 4;
    return status;
  }
  if (name == "broken") return fail(error, VORAB_BROKEN, 1, "lost the device");
  if ((name == "sleep" || name == "stubborn") && !slept(inputs[0], cancel, name == "sleep")) {
    return fail(error, VORAB_ABORTED, 0, "cancelled");
  }
  session->ledger.add(VORAB_CAUSE_RUN, entry_index, 0);
  const Binding binding(program, symbols);
  for (uint32_t i = 0; i < items(entry.outputs()).size(); ++i) {
    if (outputs[i].skip != 0) continue;
    const fb::TensorType& type = vorab::type_at(program, entry.outputs()->Get(i)->type());
    const auto bytes = static_cast<size_t>(vorab::byte_size(type, binding));
    std::vector<std::byte> data(bytes);
    if (i < items(entry.inputs()).size()) {
      const fb::TensorType& source = vorab::type_at(program, entry.inputs()->Get(i)->type());
      const auto available = static_cast<size_t>(vorab::byte_size(source, binding));
      if (const size_t length = std::min(bytes, available); length != 0) {
        std::memcpy(data.data(), data_of(inputs[i]), length);
      }
    }
    if (outputs[i].host != nullptr) {
      if (bytes != 0) std::memcpy(outputs[i].host, data.data(), bytes);
      session->ledger.add(VORAB_CAUSE_OUTPUT_FILLED, entry_index, i, bytes);
      continue;
    }
    outputs[i].tensor =
        std::make_unique<vorab_tensor>(vorab_tensor{type_of(type, binding), std::move(data)})
            .release();
    ++session->stats.tensors_live;
  }
  for (const uint32_t state : items(entry.writes())) grow(session->states[state]);
  return VORAB_OK;
}

int state_read(vorab_session* session, uint32_t state, void* destination, uint64_t bytes,
               vorab_error* error) {
  const Inside inside(session);
  const auto& data = session->states[state];
  if (bytes != data.size()) return fail(error, VORAB_INVALID, VORAB_NO_STEP, "wrong size");
  if (bytes != 0) std::memcpy(destination, data.data(), bytes);
  return VORAB_OK;
}

int state_write(vorab_session* session, uint32_t state, const void* source, uint64_t bytes,
                vorab_error* error) {
  const Inside inside(session);
  auto& data = session->states[state];
  if (bytes != data.size()) return fail(error, VORAB_INVALID, VORAB_NO_STEP, "wrong size");
  if (bytes != 0) std::memcpy(data.data(), source, bytes);
  return VORAB_OK;
}

int tensor_create(vorab_session* session, const vorab_type* type, const void* host,
                  vorab_tensor** tensor, vorab_error*) {
  const Inside inside(session);
  auto bytes = static_cast<size_t>(vorab::dtype_size(static_cast<fb::DType>(type->dtype)));
  for (uint8_t axis = 0; axis < type->rank; ++axis) bytes *= static_cast<size_t>(type->shape[axis]);
  auto made = std::make_unique<vorab_tensor>(vorab_tensor{*type, std::vector<std::byte>(bytes)});
  if (bytes != 0) std::memcpy(made->data.data(), host, bytes);
  *tensor = made.release();
  ++session->stats.tensors_live;
  return VORAB_OK;
}

void tensor_release(vorab_session* session, vorab_tensor* tensor) {
  const Inside inside(session);
  --session->stats.tensors_live;
  const std::unique_ptr<vorab_tensor> owned(tensor);
}

void tensor_type(const vorab_tensor* tensor, vorab_type* type) { *type = tensor->type; }

int tensor_read(vorab_session* session, vorab_tensor* tensor, void* destination, uint64_t bytes,
                vorab_error* error) {
  const Inside inside(session);
  if (bytes != tensor->data.size()) return fail(error, VORAB_INVALID, VORAB_NO_STEP, "wrong size");
  if (bytes != 0) std::memcpy(destination, tensor->data.data(), bytes);
  return VORAB_OK;
}

void stats(vorab_session* session, vorab_stats* result) {
  const Inside inside(session);
  *result = session->stats;
  session->ledger.sum(*result);
}

size_t ledger(vorab_session* session, vorab_count* counts, size_t capacity) {
  const Inside inside(session);
  return session->ledger.read(counts, capacity);
}

#ifdef STUB_OWNER_THREAD
constexpr uint32_t kFlags = VORAB_OWNER_THREAD;
constexpr const char* kName = "stub_owner";
#else
constexpr uint32_t kFlags = 0;
constexpr const char* kName = "stub";
#endif

constexpr vorab_backend kBackend = {VORAB_BACKEND_ABI,
                                    kFlags,
                                    kName,
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
                                    nullptr,
                                    ledger,
                                    nullptr,
                                    nullptr};

}  // namespace

extern "C" __attribute__((visibility("default"))) const vorab_backend* vorab_backend_v1() {
  return &kBackend;
}
