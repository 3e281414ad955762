#include "runtime/native/entry_call.h"

#include <exception>

#include "runtime/native/arguments.h"
#include "runtime/native/run_task.h"

namespace vorab::runtime {
namespace {

constexpr int32_t kNotCancelled = 0;

napi_value make_doubles(napi_env env, size_t length, double** data, napi_ref* reference) {
  napi_value buffer = nullptr;
  napi_value array = nullptr;
  void* memory = nullptr;
  napi_create_arraybuffer(env, length * sizeof(double), &memory, &buffer);
  napi_create_typedarray(env, napi_float64_array, length, buffer, 0, &array);
  napi_create_reference(env, buffer, 1, reference);
  *data = static_cast<double*>(memory);
  return array;
}

void add_function(napi_env env, napi_value object, const char* name, napi_callback callback,
                  const std::shared_ptr<EntryCall>& call) {
  napi_value function = nullptr;
  napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, call.get(), &function);
  // The function keeps the binding alive.
  auto kept = std::make_unique<std::shared_ptr<EntryCall>>(call);
  const napi_finalize drop = [](napi_env, void* data, void*) {
    const std::unique_ptr<std::shared_ptr<EntryCall>> owned(
        static_cast<std::shared_ptr<EntryCall>*>(data));
  };
  if (napi_add_finalizer(env, function, kept.get(), drop, nullptr, nullptr) == napi_ok)
    kept.release();
  napi_set_named_property(env, object, name, function);
}

}  // namespace

EntryCall::EntryCall(napi_env env, std::shared_ptr<Host> host, uint32_t entry)
    : env_(env),
      host_(std::move(host)),
      entry_(entry),
      signature_(host_->session().program(), host_->session().plan(), entry) {
  arguments_.resize(signature_.inputs() + signature_.outputs());
  inputs_.resize(signature_.inputs());
  input_slots_.resize(signature_.inputs());
  outputs_.resize(signature_.outputs());
}

EntryCall::~EntryCall() {
  if (symbols_reference_ != nullptr) napi_delete_reference(env_, symbols_reference_);
  if (control_reference_ != nullptr) napi_delete_reference(env_, control_reference_);
}

napi_value EntryCall::bind(napi_env env, std::shared_ptr<Host> host, uint32_t entry) {
  const auto call = std::make_shared<EntryCall>(env, std::move(host), entry);
  napi_value object = nullptr;
  napi_create_object(env, &object);
  const size_t symbols = call->signature_.symbol_count();
  const size_t control = 1 + call->signature_.outputs();
  napi_set_named_property(env, object, "symbols",
                          make_doubles(env, symbols, &call->symbols_, &call->symbols_reference_));
  napi_set_named_property(env, object, "control",
                          make_doubles(env, control, &call->control_, &call->control_reference_));
  add_function(env, object, "sync", sync_callback, call);
  add_function(env, object, "start", start_callback, call);
  return object;
}

napi_value EntryCall::sync_callback(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto* call = static_cast<EntryCall*>(data);
  try {
    return call->read_arguments(env, info) ? call->sync(env) : nullptr;
  } catch (const std::exception& problem) {
    return throw_argument(env, problem.what());
  }
}

napi_value EntryCall::start_callback(napi_env env, napi_callback_info info) {
  void* data = nullptr;
  napi_get_cb_info(env, info, nullptr, nullptr, nullptr, &data);
  auto* call = static_cast<EntryCall*>(data);
  try {
    return call->read_arguments(env, info) ? call->start(env) : nullptr;
  } catch (const std::exception& problem) {
    return throw_argument(env, problem.what());
  }
}

bool EntryCall::refuse(napi_env env, const std::string& port, const std::string& problem) {
  throw_argument(env, signature_.name() + ": " + port + " " + problem);
  return false;
}

bool EntryCall::read_arguments(napi_env env, napi_callback_info info) {
  size_t count = arguments_.size();
  napi_get_cb_info(env, info, &count, arguments_.data(), nullptr, nullptr);
  if (host_->throw_if_closed()) return false;
  if (count != arguments_.size())
    return refuse(env, "call", "has " + std::to_string(count) + " arguments");
  std::string problem;
  if (!signature_.bind(symbols_, problem)) return refuse(env, "call", problem);
  for (size_t port = 0; port < signature_.inputs(); ++port) {
    if (!read_input(env, port)) return false;
  }
  for (size_t port = 0; port < signature_.outputs(); ++port) {
    if (!read_output(env, port)) return false;
  }
  return true;
}

bool EntryCall::read_input(napi_env env, size_t port) {
  const napi_value value = arguments_[port];
  const uint64_t expected = signature_.input_bytes(port);
  inputs_[port] = vorab_input{};
  input_slots_[port] = kNoSlot;
  View view;
  if (read_view(env, value, view)) {
    inputs_[port].host = view.data;
    if (view.bytes == expected) return true;
    return refuse(
        env, signature_.input_name(port),
        "has " + std::to_string(view.bytes) + " bytes, expected " + std::to_string(expected));
  }
  uint32_t slot = 0;
  if (!read_index(env, value, slot)) {
    return refuse(env, signature_.input_name(port), "is neither a typed array nor a tensor");
  }
  uint64_t bytes = 0;
  inputs_[port].tensor = host_->session().slots().peek(slot, &bytes);
  input_slots_[port] = slot;
  if (inputs_[port].tensor == nullptr)
    return refuse(env, signature_.input_name(port), "is a disposed tensor");
  if (bytes == expected) return true;
  return refuse(
      env, signature_.input_name(port),
      "is a tensor of " + std::to_string(bytes) + " bytes, expected " + std::to_string(expected));
}

bool EntryCall::read_output(napi_env env, size_t port) {
  const napi_value value = arguments_[signature_.inputs() + port];
  OutputRequest& request = outputs_[port];
  request = OutputRequest{};
  request.bytes = signature_.output_bytes(port);
  View view;
  if (read_view(env, value, view)) {
    request.output.host = view.data;
    if (view.bytes == request.bytes) return true;
    return refuse(env, signature_.output_name(port),
                  "has " + std::to_string(view.bytes) + " bytes to fill, expected " +
                      std::to_string(request.bytes));
  }
  if (is_undefined(env, value)) return true;
  request.output.skip = 1;
  return is_null(env, value) ||
         refuse(env, signature_.output_name(port), "is neither a typed array, undefined nor null");
}

napi_value EntryCall::sync(napi_env) {
  // A tensor that is an input cannot be released meanwhile: only this thread releases.
  const bool done = host_->sync([this](vorab_error& error) {
    return host_->session().run(entry_, signature_.symbols(), inputs_, outputs_, &kNotCancelled,
                                error);
  });
  if (!done) return nullptr;
  for (size_t port = 0; port < outputs_.size(); ++port) {
    control_[1 + port] =
        outputs_[port].slot == kNoSlot ? -1.0 : static_cast<double>(outputs_[port].slot);
  }
  host_->report_memory();
  return nullptr;
}

napi_value EntryCall::start(napi_env env) {
  auto task = std::make_unique<RunTask>(*host_, entry_, signature_);
  for (size_t port = 0; port < inputs_.size(); ++port) {
    task->add_input(inputs_[port], signature_.input_bytes(port), input_slots_[port]);
  }
  for (size_t port = 0; port < outputs_.size(); ++port) {
    task->add_output(env, outputs_[port], arguments_[signature_.inputs() + port]);
  }
  const napi_value promise = host_->post(std::move(task));
  control_[0] = static_cast<double>(host_->last_id());
  return promise;
}

}  // namespace vorab::runtime
