#include "runtime/native/session_object.h"

#include <cstring>

#include "artifact/native/program.h"
#include "runtime/native/arguments.h"
#include "runtime/native/entry_call.h"
#include "runtime/native/transfer_tasks.h"

namespace vorab::runtime {
namespace {

class OpenTask final : public PromiseTask {
 public:
  OpenTask(Host& host, Napi::Object object, const OpenRequest& request)
      : PromiseTask(host.shared_session()),
        host_(host),
        object_(Napi::Persistent(object)),
        options_(request.options) {}

 protected:
  int work(vorab_error& error) override {
    const int status = session().open(options_, error);
    opened_ = status == VORAB_OK;
    return status;
  }
  napi_value value(napi_env) override { return object_.Value(); }
  void cleanup(napi_env) override {
    if (!opened_) host_.abandon();
  }

 private:
  Host& host_;
  Napi::ObjectReference object_;
  const std::string options_;
  bool opened_ = false;
};

Napi::Error argument_error(Napi::Env env, const std::string& message) {
  return Napi::Error(env, make_error(env, kArgument, message.c_str()));
}

View view_of(const Napi::CallbackInfo& info, size_t position, uint64_t expected) {
  View view;
  if (!read_view(info.Env(), info[position], view))
    throw argument_error(info.Env(), "expected a typed array");
  if (view.bytes == expected) return view;
  throw argument_error(info.Env(), "the array has " + std::to_string(view.bytes) +
                                       " bytes, expected " + std::to_string(expected));
}

}  // namespace

Napi::Function SessionObject::define(Napi::Env env) {
  return DefineClass(env, "NativeSession",
                     {
                         InstanceMethod<&SessionObject::bind_entry>("bindEntry"),
                         InstanceMethod<&SessionObject::prepare>("prepare"),
                         InstanceMethod<&SessionObject::read_state>("readState"),
                         InstanceMethod<&SessionObject::read_state_sync>("readStateSync"),
                         InstanceMethod<&SessionObject::write_state>("writeState"),
                         InstanceMethod<&SessionObject::write_state_sync>("writeStateSync"),
                         InstanceMethod<&SessionObject::create_tensor>("createTensor"),
                         InstanceMethod<&SessionObject::read_tensor>("readTensor"),
                         InstanceMethod<&SessionObject::read_tensor_sync>("readTensorSync"),
                         InstanceMethod<&SessionObject::release_tensor>("releaseTensor"),
                         InstanceMethod<&SessionObject::bytes_to_line>("bytesToLine"),
                         InstanceMethod<&SessionObject::stats>("stats"),
                         InstanceMethod<&SessionObject::stats_sync>("statsSync"),
                         InstanceMethod<&SessionObject::ledger>("ledger"),
                         InstanceMethod<&SessionObject::ledger_sync>("ledgerSync"),
                         InstanceMethod<&SessionObject::profile>("profile"),
                         InstanceMethod<&SessionObject::abort>("abort"),
                         InstanceMethod<&SessionObject::close>("close"),
                         InstanceMethod<&SessionObject::outstanding>("outstanding"),
                         InstanceMethod<&SessionObject::live_tensors>("liveTensors"),
                     });
}

SessionObject::SessionObject(const Napi::CallbackInfo& info)
    : Napi::ObjectWrap<SessionObject>(info) {
  if (!info[0].IsExternal()) throw argument_error(info.Env(), "use openSession");
  OpenRequest& request = *info[0].As<Napi::External<OpenRequest>>().Data();
  host_ = std::make_shared<Host>(
      info.Env(), std::make_shared<Session>(request.artifact, request.libraries, request.plan),
      request.queue);
  // A session whose promises wait must not be collected: its end would cancel them.
  host_->on_pending([this](bool pending) {
    if (pending) {
      Ref();
    } else {
      Unref();
    }
  });
  request.promise =
      host_->post(std::make_unique<OpenTask>(*host_, info.This().As<Napi::Object>(), request));
}

void SessionObject::Finalize(Napi::BasicEnv) {
  if (host_) host_->abandon();
}

uint32_t SessionObject::index(const Napi::CallbackInfo& info, size_t position, uint32_t end,
                              const char* what) {
  uint32_t index = 0;
  if (read_index(info.Env(), info[position], index) && index < end) return index;
  throw argument_error(info.Env(), std::string("no such ") + what);
}

uint32_t SessionObject::state(const Napi::CallbackInfo& info) {
  return index(info, 0, items(program().states()).size(), "state");
}

uint64_t SessionObject::state_bytes(uint32_t state) const {
  std::vector<int64_t> symbols;
  for (const fb::Symbol* symbol : items(program().symbols())) symbols.push_back(symbol->min());
  const Binding binding(program(), symbols.data());
  return static_cast<uint64_t>(
      byte_size(type_at(program(), program().states()->Get(state)->type()), binding));
}

Napi::Value SessionObject::bind_entry(const Napi::CallbackInfo& info) {
  const uint32_t entry = index(info, 0, items(program().entries()).size(), "entry");
  return Napi::Value(info.Env(), EntryCall::bind(info.Env(), host_, entry));
}

Napi::Value SessionObject::prepare(const Napi::CallbackInfo& info) {
  const uint32_t entry = index(info, 0, items(program().entries()).size(), "entry");
  Signature signature(program(), host_->session().plan(), entry);
  const View view = view_of(info, 1, signature.symbol_count() * sizeof(double));
  std::string problem;
  if (!signature.bind(static_cast<const double*>(view.data), problem))
    throw argument_error(info.Env(), problem);
  std::vector<int64_t> symbols(signature.symbols(), signature.symbols() + signature.symbol_count());
  return Napi::Value(info.Env(), host_->post(prepare_task(*host_, entry, std::move(symbols))));
}

Napi::Value SessionObject::read_state(const Napi::CallbackInfo& info) {
  const uint32_t number = state(info);
  return Napi::Value(info.Env(),
                     host_->post(read_state_task(info.Env(), *host_, number, state_bytes(number))));
}

Napi::Value SessionObject::read_state_sync(const Napi::CallbackInfo& info) {
  const uint32_t number = state(info);
  const uint64_t bytes = state_bytes(number);
  void* data = nullptr;
  const napi_value buffer = make_buffer(info.Env(), bytes, &data);
  const bool done = host_->sync(
      [&](vorab_error& error) { return host_->session().state_read(number, data, bytes, error); });
  return done ? Napi::Value(info.Env(), buffer) : Napi::Value();
}

Napi::Value SessionObject::write_state(const Napi::CallbackInfo& info) {
  const uint32_t number = state(info);
  const View view = view_of(info, 1, state_bytes(number));
  return Napi::Value(info.Env(),
                     host_->post(write_state_task(*host_, number, view.data, view.bytes)));
}

Napi::Value SessionObject::write_state_sync(const Napi::CallbackInfo& info) {
  const uint32_t number = state(info);
  const View view = view_of(info, 1, state_bytes(number));
  host_->sync([&](vorab_error& error) {
    return host_->session().state_write(number, view.data, view.bytes, error);
  });
  return Napi::Value();
}

// (dtype, shape: Float64Array, data)
Napi::Value SessionObject::create_tensor(const Napi::CallbackInfo& info) {
  vorab_type type{};
  const uint32_t last_dtype = static_cast<uint32_t>(fb::DType::MAX);
  type.dtype = static_cast<uint8_t>(index(info, 0, last_dtype + 1, "dtype"));
  View shape;
  if (!read_view(info.Env(), info[1], shape) || shape.bytes > VORAB_MAX_RANK * sizeof(double)) {
    throw argument_error(info.Env(), "expected a shape of rank 8 or less");
  }
  type.rank = static_cast<uint8_t>(shape.bytes / sizeof(double));
  double bytes = static_cast<double>(dtype_size(static_cast<fb::DType>(type.dtype)));
  for (uint8_t axis = 0; axis < type.rank; ++axis) {
    const double extent = static_cast<const double*>(shape.data)[axis];
    if (!(extent >= 0 && extent <= 2147483647.0))
      throw argument_error(info.Env(), "expected a legal extent");
    type.shape[axis] = static_cast<int64_t>(extent);
    bytes *= static_cast<double>(type.shape[axis]);
  }
  View data;
  if (!read_view(info.Env(), info[2], data) || static_cast<double>(data.bytes) != bytes) {
    throw argument_error(info.Env(), "expected a typed array of the shape's size");
  }
  return Napi::Value(info.Env(),
                     host_->post(create_tensor_task(*host_, type, data.data, data.bytes)));
}

Napi::Value SessionObject::read_tensor(const Napi::CallbackInfo& info) {
  const uint32_t slot = index(info, 0, kNoSlot, "tensor");
  if (host_->throw_if_closed()) return Napi::Value();
  if (host_->session().slots().peek(slot) == nullptr)
    throw argument_error(info.Env(), "the tensor is disposed");
  return Napi::Value(info.Env(), host_->post(read_tensor_task(info.Env(), *host_, slot)));
}

Napi::Value SessionObject::read_tensor_sync(const Napi::CallbackInfo& info) {
  const uint32_t slot = index(info, 0, kNoSlot, "tensor");
  if (host_->throw_if_closed()) return Napi::Value();
  uint64_t bytes = 0;
  vorab_tensor* tensor = host_->session().slots().peek(slot, &bytes);
  if (tensor == nullptr) throw argument_error(info.Env(), "the tensor is disposed");
  void* data = nullptr;
  const napi_value buffer = make_buffer(info.Env(), bytes, &data);
  const bool done = host_->sync(
      [&](vorab_error& error) { return host_->session().tensor_read(tensor, data, bytes, error); });
  return done ? Napi::Value(info.Env(), buffer) : Napi::Value();
}

Napi::Value SessionObject::release_tensor(const Napi::CallbackInfo& info) {
  host_->release(index(info, 0, kNoSlot, "tensor"));
  return Napi::Value();
}

Napi::Value SessionObject::stats(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), host_->post(stats_task(*host_)));
}

Napi::Value SessionObject::stats_sync(const Napi::CallbackInfo& info) {
  vorab_stats stats;
  const bool done =
      host_->sync([&](vorab_error& error) { return host_->session().stats(stats, error); });
  return done ? Napi::Value(info.Env(), stats_array(info.Env(), stats)) : Napi::Value();
}

Napi::Value SessionObject::ledger(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), host_->post(ledger_task(*host_)));
}

Napi::Value SessionObject::ledger_sync(const Napi::CallbackInfo& info) {
  std::vector<vorab_count> counts;
  const bool done =
      host_->sync([&](vorab_error& error) { return host_->session().ledger(counts, error); });
  return done ? Napi::Value(info.Env(), ledger_buffer(info.Env(), counts)) : Napi::Value();
}

Napi::Value SessionObject::profile(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), host_->post(profile_task(*host_)));
}

Napi::Value SessionObject::abort(const Napi::CallbackInfo& info) {
  host_->abort(static_cast<uint64_t>(info[0].As<Napi::Number>().Int64Value()));
  return Napi::Value();
}

Napi::Value SessionObject::close(const Napi::CallbackInfo& info) {
  return Napi::Value(info.Env(), host_->close());
}

Napi::Value SessionObject::bytes_to_line(const Napi::CallbackInfo& info) {
  constexpr uintptr_t kLine = 64;
  if (!info[0].IsArrayBuffer()) throw argument_error(info.Env(), "not an ArrayBuffer");
  const auto at = reinterpret_cast<uintptr_t>(info[0].As<Napi::ArrayBuffer>().Data());
  return Napi::Number::New(info.Env(), static_cast<double>((kLine - at % kLine) % kLine));
}

Napi::Value SessionObject::outstanding(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(host_->outstanding()));
}

Napi::Value SessionObject::live_tensors(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), host_->session().slots().live());
}

}  // namespace vorab::runtime
