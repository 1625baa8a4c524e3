/* The library's table, its start, and what it says about itself. */
#include <ATen/Parallel.h>
#include <c10/core/impl/VirtualGuardImpl.h>

#include <torch/csrc/api/include/torch/version.h>
#include <torch/cuda.h>

#include <dlfcn.h>

#if defined(_OPENMP)
#include <omp.h>
#endif

#include <cstdio>
#include <cstring>
#include <exception>
#include <new>
#include <string>
#include <vector>

#include "core/memory_text.h"
#include "tensor/shim.h"

namespace shim
{

const TensorHost *host;
at::Device device = at::kCPU;

int begin(const TensorHost *callbacks, int threads, const char *device_name, int local_rank)
{
    bool first = !host;
    host = callbacks;
    return run("tensor_begin", {}, -1, [&] {
        if (first && host->owns_process)
            use_region();
        bool cuda = torch::cuda::is_available();
        if (std::strcmp(device_name, "cuda") == 0 && !cuda)
            return host->error_set(ERROR_TENSOR, "device: this libtorch has no CUDA device");
        if (cuda && std::strcmp(device_name, "cpu") != 0) {
            auto devices = static_cast<int>(torch::cuda::device_count());
            device = at::Device(at::kCUDA, static_cast<at::DeviceIndex>(local_rank % devices));
            c10::impl::VirtualGuardImpl(at::kCUDA).setDevice(device);
            at::globalContext().setAllowTF32CuDNN(false); /* fp32 is fp32 */
            at::globalContext().setDeterministicCuDNN(true);
        } else {
            device = at::Device(at::kCPU);
        }
        if (host->owns_process) /* a guest says it for each of its calls: tensor_threads */
            at::set_num_threads(threads);
        return 0;
    });
}

int tensor_threads(int count)
{
    /* Also with an error pending: the number before has to be restored then, too. */
#if defined(_OPENMP)
    int before = omp_get_max_threads();
    at::get_num_threads(); /* a thread's first call of libtorch sets the number of the process */
    omp_set_num_threads(count);
    /* libtorch's threads make what they keep for themselves now, not in the midst of a picture:
     * without memory for it they would end the process. */
    at::parallel_for(0, count, 1, [](int64_t, int64_t) {});
#else
    int before = at::get_num_threads();
    at::set_num_threads(count);
#endif
    return before;
}

void report_exception(const char *operation) noexcept
{
    try {
        throw;
    } catch (const c10::Error &e) {
        std::string text = e.what_without_backtrace();
        host->error_set(memory_text(text.c_str()) ? ERROR_MEMORY : ERROR_TENSOR, "%s: %s",
                        operation, text.c_str());
    } catch (const std::bad_alloc &) {
        host->error_set(ERROR_MEMORY, "%s: out of memory", operation);
    } catch (const std::exception &e) {
        host->error_set(ERROR_TENSOR, "%s: %s", operation, e.what());
    } catch (...) {
        host->error_set(ERROR_TENSOR, "%s: unknown failure", operation);
    }
}

bool present(const char *operation, std::initializer_list<const Tensor *> operands)
{
    for (const Tensor *t : operands) {
        if (!t) {
            host->error_set(ERROR_TENSOR, "%s: an operand is missing", operation);
            return false;
        }
    }
    return true;
}

const char *tensor_version()
{
    static thread_local char text[96];
    snprintf(text, sizeof text, "libtorch %d.%d.%d (%s)", TORCH_VERSION_MAJOR, TORCH_VERSION_MINOR,
             TORCH_VERSION_PATCH, device.is_cuda() ? "cuda" : "cpu");
    return text;
}

/* A function of the driver, so that no CUDA headers are needed to build; null if there is none. */
template <typename Function> static Function *driver_function(const char *name)
{
    void *driver = dlopen("libcuda.so.1", RTLD_LAZY);
    void *symbol = driver ? dlsym(driver, name) : nullptr;
    Function *function = nullptr;
    std::memcpy(&function, &symbol, sizeof function);
    return function;
}

int64_t tensor_device_memory_free()
{
    return run("tensor_device_memory_free", {}, int64_t{0}, [&]() -> int64_t {
        if (!device.is_cuda())
            return 0;
        at::Tensor context = at::empty({1}, device);
        auto *get = driver_function<int(size_t *, size_t *)>("cuMemGetInfo_v2");
        size_t available = 0, total = 0;
        return get && get(&available, &total) == 0 ? static_cast<int64_t>(available) : 0;
    });
}

/* From compute capability 8 (Ampere) on; cuDNN has no bf16 convolutions for older ones. */
static bool device_bf16_is_fast()
{
    enum { COMPUTE_CAPABILITY_MAJOR = 75 };
    auto *get = driver_function<int(int *, int, int)>("cuDeviceGetAttribute");
    int major = 0;
    return get && get(&major, COMPUTE_CAPABILITY_MAJOR, device.index()) == 0 && major >= 8;
}

bool tensor_bf16_is_fast()
{
    if (device.is_cuda())
        return device_bf16_is_fast();
#if defined(__x86_64__)
    /* AVX512_BF16 (and with it AMX): CPUID leaf 7, subleaf 1, EAX bit 5. */
    unsigned a = 7, b, c = 1, d;
    __asm__("cpuid" : "+a"(a), "=b"(b), "+c"(c), "=d"(d));
    return (a >> 5 & 1) && __builtin_cpu_supports("avx512f");
#else
    return false;
#endif
}

} // namespace shim

extern "C" __attribute__((visibility("default"))) const TensorLibrary *tensor_library(void)
{
    static const TensorLibrary LIBRARY = {
        shim::begin,       shim::scope_begin,   shim::scope_end,
        shim::free_handle, shim::no_grad_begin, shim::no_grad_end,
#define X(result, name, parameters, arguments, failed) shim::name,
#include "tensor/operations.def"
#undef X
    };
    return &LIBRARY;
}
