/* Two CUDA devices for machines that have none, so that what unmush does on a GPU can be run
 * anywhere: UNMUSH_TENSOR_LIBRARY=build/libunmush_pretended.so in the environment of any program.
 * Needs a libtorch without CUDA. Like real devices,
 *   - their memory is out of the processor's reach: whoever touches it dies of it at once, and what
 *     was not written yet is NaN;
 *   - operations want all their tensors on one device (single values may lie on the processor);
 *   - gradients are computed by a thread of each device;
 *   - copies that need not be waited for, from and to pinned memory, happen late: values are read
 *     at the device's next work, and arrive when an event behind the copy has happened.
 * The arithmetic is the processor's: of speed, rounding and kernels it tells nothing. */
#include <ATen/ATen.h>
#include <ATen/EmptyTensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/stack.h>
#include <ATen/detail/CUDAHooksInterface.h>
#include <c10/core/impl/DeviceGuardImplInterface.h>
#include <torch/csrc/api/include/torch/version.h>
#include <torch/library.h>

#include <sys/mman.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <utility>
#include <vector>

namespace
{

#if TORCH_VERSION_MAJOR < 2 || (TORCH_VERSION_MAJOR == 2 && TORCH_VERSION_MINOR < 2)
using c10::nullopt;
using c10::optional;
#else
using std::nullopt;
using std::optional;
#endif

constexpr size_t REGION = size_t{1} << 38; /* of addresses; pages come when they are written */
constexpr c10::DeviceIndex DEVICES = 2;

std::recursive_mutex lock;
using Locked = std::lock_guard<std::recursive_mutex>;

/* Memory that the processor sees at `seen`, and that tensors have at `named`. */
class Memory
{
  public:
    explicit Memory(bool hidden)
    {
        int file = memfd_create("device", 0);
        TORCH_CHECK(file >= 0 && ftruncate(file, static_cast<off_t>(REGION)) == 0, "no memory");
        seen = map(file, PROT_READ | PROT_WRITE);
        named = hidden ? map(file, PROT_NONE) : seen;
        close(file);
    }

    void *take(size_t bytes)
    {
        Locked guard(lock);
        size_t size = 512;
        while (size < bytes)
            size *= 2;
        std::vector<size_t> &free = unused[size];
        size_t at = top;
        if (free.empty()) {
            top += size;
        } else {
            at = free.back();
            free.pop_back();
        }
        sizes[at] = size;
        std::memset(seen + at, 0xff, bytes); /* NaN */
        return named + at;
    }

    void give_back(void *p)
    {
        Locked guard(lock);
        size_t at = static_cast<size_t>(static_cast<char *>(p) - named);
        unused[sizes.at(at)].push_back(at);
    }

    bool holds(const void *p) const
    {
        return p >= named && p < named + REGION;
    }

    void *reach(const void *p) const
    {
        return seen + (static_cast<const char *>(p) - named);
    }

  private:
    static char *map(int file, int rights)
    {
        void *p = mmap(nullptr, REGION, rights, MAP_SHARED | MAP_NORESERVE, file, 0);
        TORCH_CHECK(p != MAP_FAILED, "no addresses");
        return static_cast<char *>(p);
    }

    char *seen, *named;
    size_t top = 0;
    std::map<size_t, size_t> sizes;
    std::map<size_t, std::vector<size_t>> unused;
};

Memory &device_memory()
{
    static Memory *memory = new Memory(true);
    return *memory;
}

Memory &pinned_memory()
{
    static Memory *memory = new Memory(false);
    return *memory;
}

void free_device(void *p)
{
    device_memory().give_back(p);
}

void free_pinned(void *p)
{
    pinned_memory().give_back(p);
}

thread_local c10::DeviceIndex current;

/* Versions of libtorch differ in what is const, virtual and there: what fits overrides. */
struct DeviceAllocator : c10::Allocator {
    static c10::DataPtr data(size_t bytes)
    {
        void *p = device_memory().take(bytes);
        return {p, p, &free_device, at::Device(at::kCUDA, current)};
    }
    c10::DataPtr allocate(size_t bytes) const
    {
        return data(bytes);
    }
    c10::DataPtr allocate(size_t bytes)
    {
        return data(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override
    {
        return &free_device;
    }
    void copy_data(void *to, const void *from, size_t count) const
    {
        std::memcpy(device_memory().reach(to), device_memory().reach(from), count);
    }
};

struct PinnedAllocator : c10::Allocator {
    static c10::DataPtr data(size_t bytes)
    {
        void *p = pinned_memory().take(bytes);
        return {p, p, &free_pinned, at::Device(at::kCPU)};
    }
    c10::DataPtr allocate(size_t bytes) const
    {
        return data(bytes);
    }
    c10::DataPtr allocate(size_t bytes)
    {
        return data(bytes);
    }
    c10::DeleterFnPtr raw_deleter() const override
    {
        return &free_pinned;
    }
    void copy_data(void *to, const void *from, size_t count) const
    {
        std::memcpy(to, from, count);
    }
};

DeviceAllocator device_allocator;
PinnedAllocator pinned_allocator;

/* ---- Copies that are under way --------------------------------------------------------------- */

std::vector<std::function<void()>> uploads, deliveries;

void run_all(std::vector<std::function<void()>> &jobs)
{
    std::vector<std::function<void()>> now;
    std::swap(now, jobs);
    for (auto &job : now)
        job();
}

void synchronise()
{
    Locked guard(lock);
    run_all(uploads);
    run_all(deliveries);
}

/* ---- The devices ----------------------------------------------------------------------------- */

struct Event {
    int asked = 0;
};

struct Guard : c10::impl::DeviceGuardImplInterface {
    static c10::Stream stream(c10::DeviceIndex index)
    {
        return c10::Stream(c10::Stream::DEFAULT,
                           at::Device(at::kCUDA, index < 0 ? current : index));
    }
    c10::DeviceType type() const override
    {
        return at::kCUDA;
    }
    at::Device exchangeDevice(at::Device d) const override
    {
        at::Device before = getDevice();
        current = d.index();
        return before;
    }
    at::Device getDevice() const override
    {
        return {at::kCUDA, current};
    }
    void setDevice(at::Device d) const override
    {
        TORCH_CHECK(d.index() >= 0 && d.index() < DEVICES, "no device ", d);
        current = d.index();
    }
    void uncheckedSetDevice(at::Device d) const noexcept override
    {
        current = d.index();
    }
    c10::Stream getStream(at::Device d) const noexcept override
    {
        return stream(d.index());
    }
    c10::Stream getDefaultStream(at::Device d) const override
    {
        return stream(d.index());
    }
    c10::Stream exchangeStream(c10::Stream s) const noexcept override
    {
        return stream(s.device_index());
    }
    c10::DeviceIndex deviceCount() const noexcept override
    {
        return DEVICES;
    }
    void record(void **event, const c10::Stream &, c10::DeviceIndex, c10::EventFlag) const override
    {
        if (!*event)
            *event = new Event;
        static_cast<Event *>(*event)->asked = 0;
    }
    void block(void *, const c10::Stream &) const override {}
    bool queryEvent(void *event) const override
    {
        Locked guard(lock);
        if (event && static_cast<Event *>(event)->asked++ < 2)
            return false;
        synchronise();
        return true;
    }
    void destroyEvent(void *event, c10::DeviceIndex) const noexcept override
    {
        delete static_cast<Event *>(event);
    }
    bool queryStream(const c10::Stream &) const override
    {
        return true;
    }
    void synchronizeStream(const c10::Stream &) const override
    {
        synchronise();
    }
};

C10_REGISTER_GUARD_IMPL(CUDA, Guard)

} // namespace

namespace at
{

/* libtorch looks for a class of this name. */
struct CUDAHooks : CUDAHooksInterface {
    explicit CUDAHooks(CUDAHooksArgs) {}
    void init() const {}
    void initCUDA() const {}
    bool hasCUDA() const override
    {
        return true;
    }
    bool hasPrimaryContext(int64_t) const
    {
        return true;
    }
    bool hasPrimaryContext(c10::DeviceIndex) const
    {
        return true;
    }
    bool isPinnedPtr(void *p) const
    {
        return pinned_memory().holds(p);
    }
    bool isPinnedPtr(const void *p) const
    {
        return pinned_memory().holds(p);
    }
    Allocator *getPinnedMemoryAllocator() const override
    {
        return &pinned_allocator;
    }
    int getNumGPUs() const override
    {
        return DEVICES;
    }
    c10::DeviceIndex deviceCount() const
    {
        return DEVICES;
    }
};

REGISTER_CUDA_HOOKS(CUDAHooks)

} // namespace at

namespace
{

/* ---- Operations: the processor's, on the same memory ------------------------------------------
 */

at::Tensor tensor_over(c10::Storage storage, c10::DispatchKey key, const at::Tensor &like)
{
    at::Tensor t = at::detail::make_tensor<c10::TensorImpl>(std::move(storage),
                                                            c10::DispatchKeySet(key), like.dtype());
    t.unsafeGetTensorImpl()->set_storage_offset(like.storage_offset());
    t.unsafeGetTensorImpl()->set_sizes_and_strides(like.sizes(), like.strides());
    return t;
}

char *address(const c10::Storage &s)
{
    return static_cast<char *>(const_cast<void *>(static_cast<const void *>(s.data_ptr().get())));
}

/* One operation: its operands as the processor sees them, its results as devices have them. */
class Call
{
  public:
    explicit Call(std::string n) : name(std::move(n)) {}

    at::Tensor seen(const at::Tensor &t)
    {
        if (!t.defined())
            return t;
        if (t.is_cpu()) {
            TORCH_CHECK(t.dim() == 0, name, ": an operand of ", t.sizes(),
                        " values lies on the processor, others on a device");
            return t;
        }
        TORCH_CHECK(t.is_cuda(), name, ": an operand on ", t.device());
        TORCH_CHECK(device < 0 || device == t.device().index(), name, ": operands on two devices");
        device = t.device().index();
        c10::Storage own = t.storage();
        for (const Operand &o : operands)
            if (o.own.unsafeGetTensorImpl() == t.unsafeGetTensorImpl())
                return o.alias;
        c10::Storage storage = alias_of(own);
        at::Tensor alias = tensor_over(storage, c10::DispatchKey::CPU, t);
        operands.push_back({t, alias});
        return alias;
    }

    at::Tensor named(const at::Tensor &t)
    {
        if (!t.defined())
            return t;
        for (const Operand &o : operands)
            if (o.alias.unsafeGetTensorImpl() == t.unsafeGetTensorImpl()) {
                adopt(o);
                return o.own;
            }
        for (const auto &s : storages)
            if (s.second.unsafeGetStorageImpl() == t.storage().unsafeGetStorageImpl())
                return tensor_over(s.first, c10::DispatchKey::CUDA, t);
        return tensor_over(moved(t), c10::DispatchKey::CUDA, t);
    }

  private:
    struct Operand {
        at::Tensor own, alias;
    };

    c10::Storage alias_of(const c10::Storage &own)
    {
        for (const auto &s : storages)
            if (s.first.unsafeGetStorageImpl() == own.unsafeGetStorageImpl())
                return s.second;
        c10::DataPtr data(device_memory().reach(address(own)), at::Device(at::kCPU));
        c10::Storage alias(c10::Storage::use_byte_size_t(), own.nbytes(), std::move(data),
                           c10::GetAllocator(at::kCPU), true);
        storages.emplace_back(own, alias);
        return alias;
    }

    /* The values of a result on the processor, on the device. */
    c10::Storage moved(const at::Tensor &t)
    {
        size_t bytes = t.storage().nbytes();
        c10::DeviceIndex before = current;
        current = device < 0 ? current : device;
        c10::Storage to(c10::Storage::use_byte_size_t(), bytes, device_allocator.allocate(bytes),
                        &device_allocator, true);
        current = before;
        const void *from = address(t.storage()); /* none for libtorch's zeros without memory */
        if (bytes > 0 && from)
            std::memcpy(device_memory().reach(address(to)), from, bytes);
        else if (bytes > 0)
            std::memset(device_memory().reach(address(to)), 0, bytes);
        return to;
    }

    /* An operation may give a result that it was handed another shape, and more memory. */
    void adopt(const Operand &o)
    {
        bool elsewhere =
            o.alias.storage().nbytes() > o.own.storage().nbytes() && o.alias.numel() > 0;
        c10::TensorImpl *own = o.own.unsafeGetTensorImpl();
        if (elsewhere)
            own->set_storage_keep_dtype(moved(o.alias));
        if (o.own.sizes() != o.alias.sizes() || o.own.strides() != o.alias.strides())
            own->set_sizes_and_strides(o.alias.sizes(), o.alias.strides());
    }

    std::string name;
    c10::DeviceIndex device = -1;
    std::vector<Operand> operands;
    std::vector<std::pair<c10::Storage, c10::Storage>> storages; /* own, alias */
};

void replace(c10::IValue &value, const std::function<at::Tensor(const at::Tensor &)> &by)
{
    if (value.isTensor()) {
        value = by(value.toTensor());
    } else if (value.isTensorList()) {
        std::vector<at::Tensor> list;
        for (const at::Tensor &t : value.toTensorVector())
            list.push_back(by(t));
        value = c10::IValue(std::move(list));
    } else if (value.isOptionalTensorList()) {
        c10::List<optional<at::Tensor>> list;
        for (const optional<at::Tensor> &t : value.toOptionalTensorVector())
            list.push_back(t ? optional<at::Tensor>(by(*t)) : nullopt);
        value = c10::IValue(std::move(list));
    } else if (value.isDevice()) {
        value = at::Device(at::kCPU);
    }
}

void compute(const c10::OperatorHandle &operation, torch::jit::Stack *stack)
{
    Locked guard(lock);
    at::AutoDispatchBelowADInplaceOrView below;
    const c10::FunctionSchema &schema = operation.schema();
    run_all(uploads);
    if (schema.name() == "aten::_local_scalar_dense")
        synchronise();
    Call call(schema.name());
    for (size_t i = stack->size() - schema.arguments().size(); i < stack->size(); i++)
        replace((*stack)[i], [&](const at::Tensor &t) { return call.seen(t); });
    operation.callBoxed(stack);
    for (size_t i = stack->size() - schema.returns().size(); i < stack->size(); i++)
        replace((*stack)[i], [&](const at::Tensor &t) { return call.named(t); });
}

bool pinned(const at::Tensor &t)
{
    return pinned_memory().holds(t.data_ptr());
}

/* Values leave the device now and arrive later; till then nobody knows what is there. */
void begin_download(const at::Tensor &to, const at::Tensor &values)
{
    at::Tensor kept = values.to(to.scalar_type(), false, true);
    std::memset(to.data_ptr(), 0xff, to.nbytes());
    deliveries.push_back([to, kept] { to.copy_(kept); });
}

at::Tensor &copy(at::Tensor &to, const at::Tensor &from, bool asynchronous)
{
    Locked guard(lock);
    at::AutoDispatchBelowADInplaceOrView below;
    run_all(uploads);
    if (to.is_cuda() && from.is_cuda()) {
        Call there("copy_"), here("copy_");
        there.seen(to).copy_(here.seen(from));
    } else if (to.is_cuda()) {
        auto job = [to, from] {
            Call there("copy_");
            there.seen(to).copy_(from);
        };
        if (asynchronous && pinned(from)) {
            uploads.push_back(job);
        } else {
            synchronise();
            job();
        }
    } else {
        Call here("copy_");
        at::Tensor values = here.seen(from);
        if (asynchronous && pinned(to) && to.is_contiguous()) {
            begin_download(to, values);
        } else {
            synchronise();
            to.copy_(values);
        }
    }
    return to;
}

void switch_to(optional<at::Device> device)
{
    if (device && device->has_index())
        current = device->index();
}

at::Tensor empty(at::IntArrayRef sizes, optional<at::ScalarType> type, optional<at::Layout>,
                 optional<at::Device> device, optional<bool>, optional<at::MemoryFormat> format)
{
    c10::DeviceIndex before = current;
    switch_to(device);
    at::Tensor t = at::detail::empty_generic(sizes, &device_allocator,
                                             c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                             type.value_or(at::kFloat), format);
    current = before;
    return t;
}

at::Tensor empty_strided(at::IntArrayRef sizes, at::IntArrayRef strides,
                         optional<at::ScalarType> type, optional<at::Layout>,
                         optional<at::Device> device, optional<bool>)
{
    c10::DeviceIndex before = current;
    switch_to(device);
    at::Tensor t = at::detail::empty_strided_generic(sizes, strides, &device_allocator,
                                                     c10::DispatchKeySet(c10::DispatchKey::CUDA),
                                                     type.value_or(at::kFloat));
    current = before;
    return t;
}

TORCH_LIBRARY_IMPL(_, CUDA, m)
{
    m.fallback(torch::CppFunction::makeFromBoxedFunction<&compute>());
}

TORCH_LIBRARY_IMPL(aten, CUDA, m)
{
    m.impl("empty.memory_format", &empty);
    m.impl("empty_strided", &empty_strided);
    m.impl("copy_", &copy);
    /* Of these there are general versions that ask which library a device has. */
    m.impl("convolution", torch::CppFunction::makeFromBoxedFunction<&compute>());
    m.impl("convolution_backward", torch::CppFunction::makeFromBoxedFunction<&compute>());
}

} // namespace
