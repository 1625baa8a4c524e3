/* Pictures in windows, and attention within them. */
#include <ATen/TensorIndexing.h>

#include <cmath>
#include <vector>

#include "tensor/shim.h"

namespace shim
{
namespace
{

const double APART = -100; /* the bias between pixels that only the picture's border joins */

/* 0, 1, ... count - 1 where tensors live: what is made there, nobody waits for. */
at::Tensor numbers(int64_t count)
{
    return at::arange(count, at::device(device).dtype(at::kLong));
}

/* Places 0, 1, ... count - 1 of an axis mirrored at its ends without repeating them. */
at::Tensor mirrored_places(int64_t extent, int64_t count)
{
    int64_t period = extent > 1 ? 2 * (extent - 1) : 1;
    at::Tensor place = numbers(count).remainder(period);
    return at::minimum(place, period - place);
}

/* x at places of an axis. Going back, what falls on one place is added in one order; libtorch's
 * index_select does so only on the processor. */
at::Tensor take(const at::Tensor &x, int axis, const at::Tensor &places)
{
    if (x.device().is_cpu())
        return x.index_select(axis, places);
    std::vector<at::indexing::TensorIndex> where(static_cast<size_t>(axis), at::indexing::Slice());
    where.emplace_back(places);
    return x.index(where);
}

at::Tensor pad_axis(const at::Tensor &x, int axis, int64_t multiple)
{
    int64_t extent = x.size(axis), count = (extent + multiple - 1) / multiple * multiple;
    return count == extent ? x : take(x, axis, mirrored_places(extent, count));
}

/* Place in the bias table for every pair of a window's pixels. */
at::Tensor relative_places(int64_t side)
{
    at::Tensor place = numbers(side * side), x = place.remainder(side);
    at::Tensor y = place.sub(x).floor_divide(side);
    auto distances = [&](const at::Tensor &t) { return t.unsqueeze(1) - t + (side - 1); };
    return (distances(y) * (2 * side - 1) + distances(x)).flatten();
}

/* 0 before the last windows of an axis, 1 in them, 2 in their part that is the picture's
 * beginning. */
at::Tensor zones(int64_t extent, const Windows &o)
{
    at::Tensor place = numbers(extent);
    return at::ge(place, extent - o.side).to(at::kLong) +
           at::ge(place, extent - o.shift).to(at::kLong);
}

/* (H / side * W / side, 1, side^2, side^2): APART between pixels of opposite borders, else 0. */
at::Tensor border_mask(int64_t h, int64_t w, const Windows &o)
{
    int64_t side = o.side;
    at::Tensor zone = zones(h, o).unsqueeze(1) * 3 + zones(w, o);
    zone = zone.view({h / side, side, w / side, side}).transpose(1, 2);
    zone = zone.reshape({-1, 1, side * side});
    return at::ne(zone.unsqueeze(3), zone.unsqueeze(2)).to(at::kFloat).mul_(APART);
}

/* The definition, in libtorch's operations. */
at::Tensor attend(const at::Tensor &qkv, const at::Tensor &table, const Windows &o)
{
    int64_t n = qkv.size(0), c = qkv.size(1) / 3, h = qkv.size(2), w = qkv.size(3), side = o.side;
    int64_t down = h / side, across = w / side, area = side * side, d = c / o.heads;
    at::Tensor pixels = qkv.permute({0, 2, 3, 1});
    if (o.shift)
        pixels = pixels.roll({-o.shift, -o.shift}, {1, 2});
    at::Tensor parts = pixels.reshape({n, down, side, across, side, 3, o.heads, d})
                           .permute({5, 0, 1, 3, 6, 2, 4, 7})
                           .reshape({3, n, down * across, o.heads, area, d});
    at::Tensor scores =
        at::matmul(parts[0] / std::sqrt(static_cast<double>(d)), parts[1].transpose(-2, -1));
    at::Tensor bias = take(table, 0, relative_places(side)).t().reshape({-1, area, area});
    if (o.shift)
        bias = bias + border_mask(h, w, o).to(table.scalar_type());
    at::Tensor seen = at::matmul((scores + bias.to(scores.scalar_type())).softmax(-1), parts[2]);
    at::Tensor joined = seen.reshape({n, down, across, o.heads, side, side, d})
                            .permute({0, 1, 4, 2, 5, 3, 6})
                            .reshape({n, h, w, c});
    if (o.shift)
        joined = joined.roll({o.shift, o.shift}, {1, 2});
    return joined.permute({0, 3, 1, 2});
}

} // namespace

Tensor *tensor_pad_to_multiple(Tensor *x, int multiple)
{
    return make("tensor_pad_to_multiple", {x}, [&] {
        at::Tensor padded = pad_axis(pad_axis(x->value, 2, multiple), 3, multiple);
        return padded.contiguous(at::MemoryFormat::ChannelsLast);
    });
}

Tensor *tensor_window_attention(Tensor *qkv, Tensor *table, Windows windows)
{
    return make("tensor_window_attention", {qkv, table},
                [&] { return attend(qkv->value, table->value, windows); });
}

} // namespace shim
