/* Memory of tensors in a region of its own. In malloc's heap the many small things that live long
 * (shapes, autograd's nodes) lie between activations that come and go, so that a training step took
 * half as much again as was ever alive at once. Here freed places join with their neighbours, and
 * the smallest that fits is taken. */
#include <c10/core/CPUAllocator.h>

#include <sys/mman.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <new>
#include <set>
#include <utility>

#include "tensor/shim.h"

namespace shim
{
namespace
{

constexpr size_t REGION = size_t{1} << 40; /* of addresses; pages come when they are written */
constexpr size_t SMALL = size_t{1} << 16;  /* less is malloc's */
constexpr size_t GRAIN = 64;

class Region
{
  public:
    bool open()
    {
        void *p = mmap(nullptr, REGION, PROT_READ | PROT_WRITE,
                       MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED)
            return false;
        madvise(p, REGION, MADV_HUGEPAGE); /* a wish: faster by 2 % where it is granted */
        base = static_cast<char *>(p);
        return true;
    }

    bool holds(const void *p) const
    {
        return base && p >= base && p < base + REGION;
    }

    void *take(size_t bytes)
    {
        std::lock_guard<std::mutex> lock(mutex);
        bytes = (bytes + GRAIN - 1) / GRAIN * GRAIN;
        if (limit > 0 && alive + bytes > limit)
            return nullptr;
        auto fit = by_size.lower_bound({bytes, 0});
        size_t at = fit == by_size.end() ? extend(bytes) : fit->second;
        if (at == REGION)
            return nullptr;
        if (fit != by_size.end()) {
            size_t rest = fit->first - bytes;
            remove(at, fit->first);
            if (rest > 0)
                insert(at + bytes, rest);
        }
        taken[at] = bytes;
        alive += bytes;
        most = std::max(most, alive);
        return base + at;
    }

    void give_back(void *p)
    {
        std::lock_guard<std::mutex> lock(mutex);
        size_t at = static_cast<size_t>(static_cast<char *>(p) - base);
        auto place = taken.find(at);
        size_t bytes = place->second;
        taken.erase(place);
        alive -= bytes;
        auto next = by_place.lower_bound(at);
        if (next != by_place.end() && next->first == at + bytes) {
            size_t more = next->second;
            remove(at + bytes, more);
            bytes += more;
        }
        auto before = by_place.lower_bound(at);
        if (before != by_place.begin()) {
            --before;
            if (before->first + before->second == at) {
                size_t first = before->first, more = before->second;
                remove(first, more);
                at = first;
                bytes += more;
            }
        }
        if (at + bytes == top)
            top = at;
        else
            insert(at, bytes);
    }

    void limit_to(size_t bytes)
    {
        std::lock_guard<std::mutex> lock(mutex);
        limit = bytes > 0 ? alive + bytes : 0;
    }

    /* The most bytes taken at once; with `restart`, from now on. */
    size_t most_alive(bool restart)
    {
        std::lock_guard<std::mutex> lock(mutex);
        size_t result = most;
        if (restart)
            most = alive;
        return result;
    }

  private:
    size_t extend(size_t bytes)
    {
        if (bytes > REGION - top)
            return REGION;
        size_t at = top;
        top += bytes;
        return at;
    }

    void insert(size_t at, size_t bytes)
    {
        by_place[at] = bytes;
        by_size.insert({bytes, at});
    }

    void remove(size_t at, size_t bytes)
    {
        by_place.erase(at);
        by_size.erase({bytes, at});
    }

    char *base = nullptr;
    size_t alive = 0, most = 0; /* bytes */
    size_t limit = 0;           /* of what may be alive; 0: none */
    size_t top = 0;             /* nothing is taken from here on */
    std::mutex mutex;
    std::map<size_t, size_t> taken, by_place;    /* place -> bytes, of what is taken and free */
    std::set<std::pair<size_t, size_t>> by_size; /* (bytes, place) of what is free */
};

Region region;

void release(void *p)
{
    if (region.holds(p))
        region.give_back(p);
    else
        std::free(p);
}

void *obtain(size_t bytes)
{
    void *p = nullptr;
    if (bytes >= SMALL)
        p = region.take(bytes);
    else if (posix_memalign(&p, GRAIN, std::max(bytes, GRAIN)) != 0)
        p = nullptr;
    if (!p)
        throw std::bad_alloc();
    return p;
}

/* Versions of libtorch differ in what is const, and in copy_data: what fits overrides. */
struct RegionAllocator : c10::Allocator {
    static c10::DataPtr data(size_t bytes)
    {
        void *p = bytes ? obtain(bytes) : nullptr;
        return {p, p, &release, at::Device(at::kCPU)};
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
        return &release;
    }
    void copy_data(void *to, const void *from, size_t count) const
    {
        std::memcpy(to, from, count);
    }
};

} // namespace

void use_region()
{
#if !defined(__SANITIZE_ADDRESS__)
    static RegionAllocator allocator;
    if (region.open())
        c10::SetCPUAllocator(&allocator, 1);
#endif
}

int tensor_limit_memory(int64_t bytes)
{
    region.limit_to(bytes > 0 ? static_cast<size_t>(bytes) : 0);
    return 0;
}

int64_t tensor_memory_most(bool restart)
{
    return device.is_cpu() ? static_cast<int64_t>(region.most_alive(restart)) : 0;
}

} // namespace shim
