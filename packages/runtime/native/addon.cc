// The addon's exports. TypeScript's view of them is Addon in src/native.ts; a test holds the two
// together.
#include <napi.h>

#include <memory>
#include <string>

#include "artifact/native/artifact.h"
#include "runtime/native/arguments.h"
#include "runtime/native/library.h"
#include "runtime/native/promise_task.h"
#include "runtime/native/session_object.h"

namespace vorab::runtime {
namespace {

using ArtifactPointer = std::shared_ptr<const Artifact>;

// Constructors of this environment.
struct Constructors {
  Napi::FunctionReference session;
};

// Maps and verifies on a pool thread: hashing large constants takes time.
class OpenArtifact final : public Napi::AsyncWorker {
 public:
  OpenArtifact(Napi::Env env, std::string path)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        path_(std::move(path)) {}
  OpenArtifact(Napi::Env env, const View& view)
      : Napi::AsyncWorker(env),
        deferred_(Napi::Promise::Deferred::New(env)),
        bytes_(static_cast<const uint8_t*>(view.data),
               static_cast<const uint8_t*>(view.data) + view.bytes) {}

  Napi::Promise promise() const { return deferred_.Promise(); }

 protected:
  void Execute() override {
    Result<Artifact> result =
        path_.empty() ? Artifact::open(std::span<const uint8_t>(bytes_)) : Artifact::open(path_);
    if (result) {
      artifact_ = std::make_shared<const Artifact>(std::move(result.value()));
    } else {
      fault_ = result.fault();
    }
  }

  void OnOK() override {
    if (!artifact_) {
      Napi::Object error =
          Napi::Value(Env(), make_error(Env(), VORAB_INVALID, fault_.message.c_str()))
              .As<Napi::Object>();
      error.Set("fault", fault_.code);
      deferred_.Reject(error);
      return;
    }
    const std::span<const uint8_t> flatbuffer = artifact_->flatbuffer();
    Napi::Object result = Napi::Object::New(Env());
    result.Set("program", Napi::Buffer<uint8_t>::Copy(Env(), flatbuffer.data(), flatbuffer.size()));
    result.Set("handle", Napi::External<ArtifactPointer>::New(
                             Env(), std::make_unique<ArtifactPointer>(artifact_).release(),
                             [](Napi::BasicEnv, ArtifactPointer* data) {
                               const std::unique_ptr<ArtifactPointer> owned(data);
                             }));
    deferred_.Resolve(result);
  }

  void OnError(const Napi::Error& error) override { deferred_.Reject(error.Value()); }

 private:
  Napi::Promise::Deferred deferred_;
  std::string path_;
  std::vector<uint8_t> bytes_;
  ArtifactPointer artifact_;
  Fault fault_;
};

// (source: string | Uint8Array): Promise<NativeArtifact>
Napi::Value open_artifact(const Napi::CallbackInfo& info) {
  View view;
  // Deletes itself when it has ended.
  const auto start = [](OpenArtifact* worker) {
    const Napi::Promise promise = worker->promise();
    worker->Queue();
    return promise;
  };
  if (read_view(info.Env(), info[0], view))
    return start(std::make_unique<OpenArtifact>(info.Env(), view).release());
  const std::string path = info[0].As<Napi::String>().Utf8Value();
  return start(std::make_unique<OpenArtifact>(info.Env(), path).release());
}

// (library: string): { name, ownerThread, description }
Napi::Value describe_backend(const Napi::CallbackInfo& info) {
  std::string problem;
  const vorab_backend* backend = load_backend(info[0].As<Napi::String>().Utf8Value(), problem);
  if (backend == nullptr) {
    throw Napi::Error(info.Env(), make_error(info.Env(), VORAB_UNSUPPORTED, problem.c_str()));
  }
  Napi::Object result = Napi::Object::New(info.Env());
  result.Set("name", backend->name);
  result.Set("ownerThread", (backend->flags & VORAB_OWNER_THREAD) != 0);
  result.Set("description", backend->describe());
  return result;
}

std::vector<std::string> libraries_of(const Napi::Value& value) {
  if (!value.IsArray()) return {value.As<Napi::String>().Utf8Value()};
  const Napi::Array list = value.As<Napi::Array>();
  std::vector<std::string> libraries;
  for (uint32_t i = 0; i < list.Length(); ++i)
    libraries.push_back(list.Get(i).As<Napi::String>().Utf8Value());
  return libraries;
}

// (artifact: NativeArtifact, libraries: string | string[], plan: number, options: string,
// queue: number):
// Promise<NativeSession>
Napi::Value open_session(const Napi::CallbackInfo& info) {
  const Napi::Env env = info.Env();
  OpenRequest request;
  request.artifact =
      *info[0].As<Napi::Object>().Get("handle").As<Napi::External<ArtifactPointer>>().Data();
  request.libraries = libraries_of(info[1]);
  if (request.libraries.empty()) throw Napi::Error(env, make_error(env, kArgument, "no library"));
  request.plan = info[2].As<Napi::Number>().Uint32Value();
  request.options = info[3].As<Napi::String>().Utf8Value();
  request.queue = info[4].As<Napi::Number>().Uint32Value();
  if (request.plan >= items(request.artifact->program().plans()).size()) {
    throw Napi::Error(env, make_error(env, kArgument, "no such plan"));
  }
  env.GetInstanceData<Constructors>()->session.New(
      {Napi::External<OpenRequest>::New(env, &request)});
  return Napi::Value(env, request.promise);
}

Napi::Object initialize(Napi::Env env, Napi::Object exports) {
  auto constructors = std::make_unique<Constructors>();
  constructors->session = Napi::Persistent(SessionObject::define(env));
  env.SetInstanceData(constructors.release());
  exports.Set("abi", Napi::Number::New(env, VORAB_BACKEND_ABI));
  exports.Set("openArtifact", Napi::Function::New<open_artifact>(env, "openArtifact"));
  exports.Set("describeBackend", Napi::Function::New<describe_backend>(env, "describeBackend"));
  exports.Set("openSession", Napi::Function::New<open_session>(env, "openSession"));
  return exports;
}

NODE_API_MODULE(NODE_GYP_MODULE_NAME, initialize)

}  // namespace
}  // namespace vorab::runtime
