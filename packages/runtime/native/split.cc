#include "runtime/native/split.h"

#include <exception>
#include <memory>

#include "runtime/native/session.h"
#include "runtime/native/split_session.h"

namespace vorab::runtime {
namespace {

// No exception crosses the table.
template <class Body>
int guarded(vorab_error* error, const Body& body) {
  try {
    return body();
  } catch (const std::exception& problem) {
    return fail(*error, VORAB_MEMORY, problem.what());
  }
}

const char* describe() { return "{\"name\": \"split\"}"; }

void close(vorab_session* session) { const std::unique_ptr<vorab_session> owned(session); }

int prepare(vorab_session* session, uint32_t entry, const int64_t* symbols, vorab_error* error) {
  return guarded(error, [&] { return session->split.prepare(entry, symbols, *error); });
}

int run(vorab_session* session, uint32_t entry, const int64_t* symbols, const vorab_input* inputs,
        vorab_output* outputs, const int32_t* cancel, vorab_error* error) {
  return guarded(
      error, [&] { return session->split.run(entry, symbols, inputs, outputs, cancel, *error); });
}

int state_read(vorab_session* session, uint32_t state, void* destination, uint64_t bytes,
               vorab_error* error) {
  return guarded(error,
                 [&] { return session->split.state_read(state, destination, bytes, *error); });
}

int state_write(vorab_session* session, uint32_t state, const void* source, uint64_t bytes,
                vorab_error* error) {
  return guarded(error, [&] { return session->split.state_write(state, source, bytes, *error); });
}

int tensor_create(vorab_session* session, const vorab_type* type, const void* host,
                  vorab_tensor** tensor, vorab_error* error) {
  return guarded(error, [&] { return session->split.tensor_create(*type, host, tensor, *error); });
}

void tensor_release(vorab_session* session, vorab_tensor* tensor) {
  session->split.tensor_release(tensor);
}

int tensor_read(vorab_session* session, vorab_tensor* tensor, void* destination, uint64_t bytes,
                vorab_error* error) {
  return guarded(error,
                 [&] { return session->split.tensor_read(tensor, destination, bytes, *error); });
}

void stats(vorab_session* session, vorab_stats* stats) { *stats = session->split.stats(); }

size_t ledger(vorab_session* session, vorab_count* counts, size_t capacity) {
  return session->split.ledger(counts, capacity);
}

const char* profile(vorab_session* session) { return session->split.profile(); }

void tensor_type(const vorab_tensor* tensor, vorab_type* type) {
  tensor->backend->tensor_type(tensor->inner, type);
}

vorab_backend table(uint32_t flags) {
  vorab_backend made{};
  made.abi = VORAB_BACKEND_ABI;
  made.flags = flags;
  made.name = "split";
  made.describe = describe;
  made.close = close;
  made.prepare = prepare;
  made.run = run;
  made.state_read = state_read;
  made.state_write = state_write;
  made.tensor_create = tensor_create;
  made.tensor_release = tensor_release;
  made.tensor_type = tensor_type;
  made.tensor_read = tensor_read;
  made.stats = stats;
  made.profile = profile;
  made.ledger = ledger;
  return made;
}

}  // namespace

bool is_split(const vorab_program& program, uint32_t plan) {
  const fb::Program& of = *fb::GetProgram(program.flatbuffer);
  return items(of.plans()->Get(plan)->parts()).size() > 0;
}

int open_split(const std::vector<std::string>& libraries, const vorab_program& program,
               uint32_t plan, const char* options, vorab_session** session, vorab_error& error) {
  return guarded(&error, [&] {
    auto made = std::make_unique<vorab_session>(program, plan);
    const int opened = made->split.open(libraries, options, error);
    if (opened == VORAB_OK) *session = made.release();
    return opened;
  });
}

const vorab_backend& split_backend(const vorab_session* session) {
  static const vorab_backend anywhere = table(0);
  static const vorab_backend owned = table(VORAB_OWNER_THREAD);
  return session->split.owner_thread() ? owned : anywhere;
}

}  // namespace vorab::runtime
